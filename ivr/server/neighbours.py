"""What the other workers have in hand, as the store knows it: so that calls at once are counted over all of them, and a
seat given here to a call whose stream opened there is free again."""

import asyncio
from typing import Final

import structlog

from ivr.errors import StoreError
from ivr.live.clock import Clock
from ivr.server.admission import Admission
from ivr.store import Holders

log = structlog.get_logger("ivr.server")

LOOK_EVERY_S: Final = 1.0


class Neighbours:
    """Told to `admission`. Asked before a call is let in, and every second while seats wait here for a stream."""

    def __init__(self, holders: Holders, admission: Admission, clock: Clock) -> None:
        self._holders = holders
        self._admission = admission
        self._clock = clock

    async def look(self) -> None:
        """Raises: StoreError."""
        awaited = self._admission.awaited(self._clock.now_ms())
        found = await self._holders.elsewhere(awaited, now=self._clock.wall())
        self._admission.held_elsewhere(found.held)
        for call_sid in found.over:
            self._admission.gone(call_sid)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if self._admission.awaited(self._clock.now_ms()):
                try:
                    await self.look()
                except StoreError as fault:
                    log.error("what other workers have in hand is not known", why=str(fault))
