"""Slow computing on a few threads, behind a queue with a bound: what does not fit is refused at once, and what would
be late when its turn comes is not begun."""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from ivr.errors import ModelUnavailable
from ivr.models.deadline import left_s
from ivr.units import Millis

Answer = TypeVar("Answer")


def cores() -> int:
    """Processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Job:
    """What a piece of work can ask: does anybody still wait for me?"""

    __slots__ = ("_dropped", "deadline")

    def __init__(self, deadline: Millis) -> None:
        self.deadline = deadline
        self._dropped = False

    def drop(self) -> None:
        self._dropped = True

    @property
    def abandoned(self) -> bool:
        return self._dropped or left_s(self.deadline) <= 0


class Workers:
    """`threads` at work and `waiting` in the queue, shared by every call and every event loop of the process."""

    def __init__(self, name: str, *, threads: int, waiting: int) -> None:
        self._name = name
        self._threads = threads
        self._room = threads + waiting
        self._taken = 0
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    @property
    def idle(self) -> bool:
        """Whether a thread has nothing to do."""
        return self._taken < self._threads

    async def run(self, work: Callable[[Job], Answer], deadline: Millis) -> Answer:
        """Does the work on a thread. Cancelling takes it out of the queue, or lets it see that it is abandoned.

        Raises:
            ModelUnavailable: the queue is full, or the deadline passed.
        """
        job = Job(deadline)
        future = self._submit(job, work)
        try:
            async with asyncio.timeout(left_s(deadline)):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            raise self._late() from None
        finally:
            job.drop()

    async def close(self) -> None:
        """Refuses what waits, and returns when the work at hand is done."""
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)

    def _submit(self, job: Job, work: Callable[[Job], Answer]) -> Future[Answer]:
        with self._lock:
            if self._taken >= self._room:
                raise ModelUnavailable(f"{self._name}: {self._room} requests are at work or waiting, no more fit")
            self._taken += 1
        try:
            future = self._pool.submit(self._begin, job, work)
        except RuntimeError as error:
            self._release()
            raise ModelUnavailable(f"{self._name} is closed") from error
        future.add_done_callback(lambda _: self._release())
        return future

    def _begin(self, job: Job, work: Callable[[Job], Answer]) -> Answer:
        if job.abandoned:
            raise self._late()
        return work(job)

    def _release(self) -> None:
        with self._lock:
            self._taken -= 1

    def _late(self) -> ModelUnavailable:
        return ModelUnavailable(f"{self._name} could not answer by the deadline")
