"""python -m ivr.sim.model_house: the house on a port of this machine, with the embedded recogniser and voice.

What it hears it repeats. Set OPENAI_BASE_URL and OPENAI_API_KEY as it says, or name its address in a profile.
"""

import argparse
import asyncio
import socket
import sys
from collections.abc import Sequence

import uvicorn

from ivr.models.engines import Engines
from ivr.sim.model_house.ears import Recognised
from ivr.sim.model_house.faults import FAULTS
from ivr.sim.model_house.house import DEMO_KEY, PATHS, House
from ivr.sim.model_house.voices import Spoken


def main(arguments: Sequence[str] | None = None) -> None:
    wanted = argparse.ArgumentParser(prog="python -m ivr.sim.model_house", description="Models without a key.")
    wanted.add_argument("--port", type=int, default=0, help="0 takes any free one")
    wanted.add_argument("--fault", choices=sorted(FAULTS), help="how every request is answered")
    given = wanted.parse_args(arguments)
    asyncio.run(_serve(given.port, given.fault))


async def _serve(port: int, fault: str | None) -> None:
    engines = Engines.of("embedded")
    await engines.start()
    house = House(ears=Recognised(engines.transcriber), voice=Spoken(engines.synthesizer))
    if fault is not None:
        for endpoint in PATHS:
            house.always(endpoint, FAULTS[fault])
    try:
        with socket.socket(proto=socket.IPPROTO_TCP) as listening:  # named, so that small messages leave at once
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(("127.0.0.1", port))
            listening.listen(64)
            at = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
            sys.stdout.write(f"models at {at}\nexport OPENAI_BASE_URL={at} OPENAI_API_KEY={DEMO_KEY}\n")
            sys.stdout.flush()
            # Whoever breaks off an answer on purpose is no fault to be told of.
            config = uvicorn.Config(house.app, log_level="critical", lifespan="off", access_log=False)
            await uvicorn.Server(config).serve([listening])
    finally:
        await engines.close()


if __name__ == "__main__":
    main()
