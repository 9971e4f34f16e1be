"""A server whose event loop is kept busy: new callers hear busy, the call in progress goes on, and then it recovers."""

import asyncio
import time
from pathlib import Path

from ivr.models.engines import Engines
from tests.server.carrier import new_sid
from tests.server.conftest import serving, settings_in

LATE_MS = 60


async def keep_busy(seconds: float) -> None:
    """What no part of the server may do: long steps, one after the other, on the loop that serves the calls."""
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        time.sleep(0.15)  # noqa: ASYNC251  the fault that is tried
        await asyncio.sleep(0)


async def test_a_late_server_takes_no_new_calls_and_keeps_those_it_has(tmp_path: Path, quick: Engines) -> None:
    async with (
        serving(settings_in(tmp_path, late_ms=LATE_MS), quick) as server,
        server.carrier.call() as (_, stream),
        asyncio.TaskGroup() as tasks,
    ):
        carrier = server.carrier
        living = tasks.create_task(stream.live())
        async with asyncio.timeout(20):
            while (ready := await carrier.client.get("/readyz")).status_code == 200:
                await keep_busy(1)
        assert "late" in ready.json()["why"]
        assert 'reason="busy"' in await carrier.ask("/twilio/voice", new_sid(), CallStatus="ringing")
        assert 'ivr_calls_refused_total{why="late"}' in (await carrier.client.get("/metrics")).text
        async with asyncio.timeout(30):
            while (await carrier.client.get("/readyz")).status_code != 200:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        assert await carrier.voice(new_sid())  # a token for its stream
        await stream.asked("1")
        living.cancel()
