"""Tells the other processes of the installation that this one lives, and closes the calls of those that do not."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from ivr import metrics
from ivr.errors import StoreError
from ivr.live.clock import Clock
from ivr.store import HEARTBEAT_EVERY, RESUME_GRACE, Database, Journal, Leases, recover
from ivr.units import CallId

log = structlog.get_logger("ivr.live")

AFTER_TROUBLE_S = 20.0
"""So long after the database was away nobody is taken for dead: the others could not show that they live either."""


class Heartbeat:
    def __init__(self, database: Database, journal: Journal, clock: Clock) -> None:
        self._database = database
        self._journal = journal
        self._clock = clock
        self._leases = Leases(database)
        self._judging_from_ms = 0

    async def begin(self) -> None:
        """From here on the others know of this process. Raises: StoreError."""
        self.lease = await self._leases.take(self._clock.wall())
        """The holder of this process's calls."""

    async def alive(self) -> list[str]:
        """Leases of the processes that live. Raises: StoreError."""
        return list(await self._leases.alive(self._clock.wall()))

    async def give_back(self) -> None:
        try:
            await self._leases.give_back(self.lease)
        except StoreError as fault:
            log.error("the lease was not given back", why=str(fault))

    async def run(
        self, taken_for_dead: Callable[[], None], recovered: Callable[[list[CallId]], Awaitable[None]]
    ) -> None:
        """For ever. `taken_for_dead`: this process was, and has another lease now. `recovered`: is told of calls that
        nobody went on with."""
        while True:
            await asyncio.sleep(HEARTBEAT_EVERY.total_seconds())
            metrics.JOURNAL_TROUBLE.set(self._journal.trouble is not None)
            try:
                if not await self._leases.keep(self.lease, self._clock.wall()):
                    await self._start_anew()
                    taken_for_dead()
                await self._database.tidy()
                if self._clock.now_ms() > self._judging_from_ms:
                    await recovered(await self.recover())
            except StoreError as fault:
                self._judging_from_ms = self._clock.now_ms() + int(AFTER_TROUBLE_S * 1000)
                log.error("the lease was not renewed", why=str(fault))

    async def recover(self) -> list[CallId]:
        """Closes calls nobody goes on with; which. Raises: StoreError."""
        lost = await recover(self._database, now=self._clock.wall(), grace=RESUME_GRACE)
        if lost:
            log.warning("calls that nobody went on with were closed", calls=len(lost))
        return lost

    async def _start_anew(self) -> None:
        log.error("this process was taken for dead: its streams are given up, and their carriers ask how they go on")
        await self.begin()
