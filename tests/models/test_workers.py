import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from ivr.errors import ModelUnavailable
from ivr.models.deadline import due_in
from ivr.models.workers import Job, Workers


class Gate:
    """Work that is held until it is let go, and tells that it has begun."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.open = threading.Event()
        self.job: Job | None = None

    def __call__(self, job: Job) -> str:
        self.job = job
        self.begun.set()
        self.open.wait(10)
        return "done"


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
async def workers(gate: Gate) -> AsyncIterator[Workers]:
    made = Workers("the test's work", threads=1, waiting=1)
    yield made
    gate.open.set()
    await made.close()


async def test_work_is_done_and_its_error_comes_back(workers: Workers) -> None:
    assert await workers.run(lambda job: 7, due_in(5000)) == 7

    def fails(_job: Job) -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await workers.run(fails, due_in(5000))


async def test_what_does_not_fit_is_refused_at_once(workers: Workers, gate: Gate) -> None:
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(workers.run(gate, due_in(10_000)))
        await asyncio.to_thread(gate.begun.wait)
        second = tasks.create_task(workers.run(lambda job: 2, due_in(10_000)))
        await asyncio.sleep(0)
        with pytest.raises(ModelUnavailable, match="no more fit"):
            await workers.run(lambda job: 3, due_in(10_000))
        gate.open.set()
    assert (first.result(), second.result()) == ("done", 2)
    assert await workers.run(lambda job: 4, due_in(5000)) == 4  # there is room again


async def test_late_work_is_not_begun(workers: Workers, gate: Gate) -> None:
    begun: list[int] = []
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(workers.run(gate, due_in(10_000)))
        await asyncio.to_thread(gate.begun.wait)
        with pytest.raises(ModelUnavailable, match="deadline"):
            await workers.run(lambda job: begun.append(1), due_in(20))
        gate.open.set()
    await workers.run(lambda job: None, due_in(5000))
    assert begun == []


async def test_work_sees_that_nobody_waits_any_more(workers: Workers, gate: Gate) -> None:
    task = asyncio.get_running_loop().create_task(workers.run(gate, due_in(10_000)))
    await asyncio.to_thread(gate.begun.wait)
    assert gate.job is not None and not gate.job.abandoned
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert gate.job.abandoned


async def test_a_cancelled_request_leaves_the_queue(workers: Workers, gate: Gate) -> None:
    begun: list[int] = []
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(workers.run(gate, due_in(10_000)))
        await asyncio.to_thread(gate.begun.wait)
        waiting = tasks.create_task(workers.run(lambda job: begun.append(1), due_in(10_000)))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        other = tasks.create_task(workers.run(lambda job: 5, due_in(10_000)))  # its place is free
        await asyncio.sleep(0)
        gate.open.set()
    assert other.result() == 5 and begun == []


async def test_after_closing_there_is_no_work() -> None:
    workers = Workers("the test's work", threads=1, waiting=1)
    await workers.close()
    for _ in range(3):
        with pytest.raises(ModelUnavailable, match="closed"):
            await workers.run(lambda job: 1, due_in(1000))
