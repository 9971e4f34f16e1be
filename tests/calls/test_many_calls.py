"""Short calls in a row leave nothing behind: no task, no file handle, no row of the detector, no memory to speak of."""

import asyncio
import gc
import signal
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ivr.models.engines import Engines
from ivr.server.main import run
from ivr.settings import Settings
from ivr.sim import Dialling, Phone

HANDLES = Path("/proc/self/fd")
WARM_UP, CALLS, AT_ONCE = 20, 40, 10
BYTES_A_CALL = 20_000
"""The least thing of a call that could stay behind, its recording's window or its flow's state, is larger."""

pytestmark = pytest.mark.skipif(not HANDLES.exists(), reason="handles are read from /proc")


@dataclass(frozen=True, slots=True)
class Held:
    """What the process holds."""

    handles: int
    traced_bytes: int


def held() -> Held:
    gc.collect()
    return Held(len(list(HANDLES.iterdir())), tracemalloc.get_traced_memory()[0])


@asynccontextmanager
async def served(data: Path, engines: Engines) -> AsyncIterator[str]:
    settings = Settings.model_validate(
        {"port": 0, "data_dir": data, "flow": "bench", "max_calls": AT_ONCE, "late_ms": 60_000}  # tracing makes it late
    )
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(run(settings, ready.set_result, engines))
    first: list[asyncio.Future[Any]] = [task, ready]
    await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    try:
        yield ready.result()
    finally:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)  # now
        await task


@pytest.fixture
def trace() -> Iterator[Callable[[], None]]:
    """Called where the count of memory is to begin; it makes all slow."""
    yield tracemalloc.start
    tracemalloc.stop()


async def test_forty_short_calls_leave_nothing_behind(tmp_path: Path, trace: Callable[[], None]) -> None:
    engines = Engines.of("instant")

    def busy() -> tuple[int, int]:
        return len(asyncio.all_tasks()), engines.silero.rows

    async with served(tmp_path, engines) as url:
        begun = busy()  # sounds may still be made ready
        await calls(url, WARM_UP)  # what is made once is made, the database's connections are open
        await until(lambda: busy()[0] <= begun[0] and busy()[1] == begun[1])
        idle = busy()
        trace()
        before = held()
        await calls(url, CALLS)
        await until(lambda: busy() == idle)

        def released() -> bool:
            after = held()
            handles, traced_bytes = after.handles - before.handles, after.traced_bytes - before.traced_bytes
            return handles <= 2 and traced_bytes < CALLS * BYTES_A_CALL

        # A closed connection's timers hold what was on it until they are due, up to 20 s.
        assert await comes_true(released, within_s=30), (before, held(), biggest())


async def calls(url: str, count: int) -> None:
    for _ in range(0, count, AT_ONCE):
        async with asyncio.TaskGroup() as tasks:
            for _ in range(AT_ONCE):
                tasks.create_task(short_call(url))


async def short_call(url: str) -> None:
    """Hangs up at the first sound."""
    phone = Phone(Dialling(url))
    async with asyncio.TaskGroup() as tasks:
        calling = tasks.create_task(phone.call())
        await until(lambda: phone.playback.end_ms > 0)
        phone.hang_up()
        end = await calling
    assert (end.how, phone.faults) == ("caller_left", [])


async def until(holds: Callable[[], bool]) -> None:
    assert await comes_true(holds, within_s=10)


async def comes_true(holds: Callable[[], bool], within_s: float) -> bool:
    """Looked at again and again, since what a process holds tells nobody when it changes."""
    loop = asyncio.get_running_loop()
    until_s = loop.time() + within_s
    while not holds():
        if loop.time() > until_s:
            return False
        await asyncio.sleep(0.02)
    return True


def biggest() -> list[str]:
    """Where the memory that is held now was asked for."""
    return [str(place) for place in tracemalloc.take_snapshot().statistics("lineno")[:8]]
