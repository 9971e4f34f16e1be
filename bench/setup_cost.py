"""python -m bench.setup_cost: what one short call costs the server in CPU: webhook, stream, first sound, hang-up.

Shown by thread, since the store and the journal have their own.
"""

import argparse
import asyncio
import shutil
import tempfile
from collections import Counter
from pathlib import Path

import uvloop

from bench.load import Figures, LoadCall
from bench.wheel import Wheel
from ivr.sim.served import Served

WARM_UP = 10
APART_S = 0.03
SETTLE_S = 0.5


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.setup_cost", description=__doc__)
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--database", default=None, help="DATABASE_URL of the server; else SQLite")
    options = parser.parse_args()
    costs = uvloop.run(_run(options.calls, database=options.database))
    for name, seconds in costs.most_common():
        print(f"{seconds / options.calls * 1000:7.2f} ms  {name}")
    print(f"{sum(costs.values()) / options.calls * 1000:7.2f} ms  of CPU a call, {options.calls} calls")
    return 0


async def _run(calls: int, *, database: str | None) -> Counter[str]:
    """CPU seconds by thread."""
    data, wheel = tempfile.mkdtemp(prefix="ivr-setup-"), Wheel()
    environment = {
        "IVR_DATA_DIR": data,
        "IVR_MAX_CALLS": "200",
        "IVR_LATE_MS": "10000",
        "TWILIO_AUTH_TOKEN": None,
        "DATABASE_URL": database,
    }
    try:
        async with Served(["--engines", "instant", "--flow", "bench"], environment=environment) as served:
            before: Counter[str] = Counter()
            for number in range(WARM_UP + calls):
                if number == WARM_UP:
                    await asyncio.sleep(SETTLE_S)
                    before = _threads(served.pid)
                await _call(served.url, wheel)
            await asyncio.sleep(SETTLE_S)
            return _threads(served.pid) - before
    finally:
        wheel.stop()
        shutil.rmtree(data, ignore_errors=True)


async def _call(url: str, wheel: Wheel) -> None:
    call = LoadCall([], Figures(), wheel, tick_phase_s=0.0, turn_phase_s=0.0)
    await call.open(url)
    async with asyncio.timeout(10):
        await call.sounded.wait()
    call.hang_up()
    await asyncio.sleep(APART_S)


def _threads(pid: int) -> Counter[str]:
    """CPU seconds so far: of the event loop's thread, and of all others together."""
    seconds: Counter[str] = Counter()
    for thread in Path(f"/proc/{pid}/task").iterdir():
        name = "event loop" if thread.name == str(pid) else "other threads"
        seconds[name] += int((thread / "schedstat").read_text().split()[0]) / 1e9
    return seconds


if __name__ == "__main__":
    raise SystemExit(main())
