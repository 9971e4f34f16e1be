"""Clerks: threads that have a connection each and do one transaction at a time, start to end.

A whole transaction is one hop to a clerk and one back, and nothing is awaited inside one. With SQLite a process has one
clerk who writes, so that only processes compete for the file's lock; who finds it taken tries again at random short
times, which favours nobody. Jobs are done in the order they were asked for, but for those that may stay behind: they
let others past for half a second. Nobody waits for ever: a job not done in time is a StoreUnavailable to who asked.
"""

import asyncio
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ivr.errors import StoreError, StoreUnavailable
from ivr.store.engines import passes, store_error

T = TypeVar("T")

PATIENCE_S: Final = 5.0
_STUCK_S: Final = 1.0
"""So much later a clerk who does not come back from the database is not waited for any more."""
_LET_PAST_S: Final = 0.5
MOST_WAITING: Final = 2000
_RETRY_S: Final = (0.0003, 0.003)
_RECONNECT_S: Final = (0.05, 0.2)


@dataclass(slots=True, eq=False)
class _Job:
    work: Callable[[Connection], Any]
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Any]"
    until: float
    turn: float
    """Its place in the order of jobs: when it was asked for, or later if it may stay behind."""
    tries: int = field(default=0)

    def settle(self, result: object, fault: Exception | None) -> None:
        try:
            self.loop.call_soon_threadsafe(_settle, self.future, result, fault)
        except RuntimeError:  # that loop is closed: nobody waits there any more
            return


def _settle(future: "asyncio.Future[Any]", result: object, fault: Exception | None) -> None:
    if future.done():
        return
    if fault is None:
        future.set_result(result)
    else:
        future.set_exception(fault)


class Clerks:
    """`connect` gives a clerk its connection, and another when that one broke. `where`: the database, for errors."""

    def __init__(self, name: str, connect: Callable[[], Connection], *, how_many: int, where: str) -> None:
        self._name = name
        self._connect = connect
        self._how_many = how_many
        self._where = where
        self._changed = threading.Condition()
        self._first: deque[_Job] = deque()
        self._behind: deque[_Job] = deque()
        self._threads: list[threading.Thread] = []
        self._closing = False

    async def do(self, work: Callable[[Connection], T], *, behind: bool = False) -> T:
        """What `work` returns, once its transaction is committed. It runs in a clerk's thread and may run again, from
        the start, after a transaction that was rolled back: it does nothing but use its connection.

        Raises:
            StoreUnavailable: not done in time; asking again may help.
            StoreError: the database refused.
        """
        loop, now = asyncio.get_running_loop(), time.monotonic()
        future: asyncio.Future[T] = loop.create_future()
        job = _Job(work, loop, future, now + PATIENCE_S, now + _LET_PAST_S if behind else now)
        with self._changed:
            if self._closing:
                raise StoreError(f"{self._where}: closed")
            if len(self._first) + len(self._behind) >= MOST_WAITING:
                raise StoreUnavailable(f"{self._where}: too many wait for it")
            (self._behind if behind else self._first).append(job)
            if not self._threads:
                self._begin()
            self._changed.notify()
        stuck = loop.call_later(PATIENCE_S + _STUCK_S, _settle, future, None, self._late())
        try:
            return await future
        finally:
            stuck.cancel()

    def close(self) -> None:
        """What was asked for is done first. Blocks, for some seconds at most."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(PATIENCE_S + _STUCK_S)

    def _begin(self) -> None:
        self._threads = [
            threading.Thread(target=self._serve, name=self._name, daemon=True) for _clerk in range(self._how_many)
        ]
        for thread in self._threads:
            thread.start()

    def _serve(self) -> None:
        connection: Connection | None = None
        while (job := self._next()) is not None:
            connection = self._perform(job, connection)
        _part_with(connection)

    def _next(self) -> _Job | None:
        with self._changed:
            while not self._first and not self._behind:
                if self._closing:
                    return None
                self._changed.wait()
            if not self._first or (self._behind and self._behind[0].turn < self._first[0].turn):
                return self._behind.popleft()
            return self._first.popleft()

    def _perform(self, job: _Job, connection: Connection | None) -> Connection | None:
        if job.future.done():  # nobody waits for it any more
            return connection
        if time.monotonic() > job.until:
            job.settle(None, self._late())
            return connection
        while True:
            try:
                if connection is None:
                    connection = self._connect()
                with connection.begin():
                    result = job.work(connection)
            except DBAPIError as fault:
                lost = connection is None or fault.connection_invalidated
                if lost:
                    _part_with(connection)
                    connection = None
                pause_s = random.uniform(*(_RECONNECT_S if lost else _RETRY_S))
                if passes(fault) and time.monotonic() + pause_s < job.until:
                    time.sleep(pause_s)
                    continue
                job.settle(None, store_error(self._where, fault))
            except Exception as fault:  # it goes to who asked, as if they had done it themselves
                job.settle(None, fault)
            else:
                job.settle(result, None)
            return connection

    def _late(self) -> StoreUnavailable:
        return StoreUnavailable(f"{self._where}: did not answer within {PATIENCE_S:.0f} s")


def _part_with(connection: Connection | None) -> None:
    if connection is not None:
        try:
            connection.close()
        except SQLAlchemyError:  # it failed before: that was told already
            return
