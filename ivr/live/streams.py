"""Which streams of calls are open in this process, and how a call changes over from one stream to the next.

One stream at a time drives a call, here or in another process: `store/holders` says how that is agreed upon.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Protocol
from weakref import WeakValueDictionary

from ivr.errors import StoreError
from ivr.live.clock import Clock
from ivr.live.conductor import Conductor
from ivr.store import Calls, Holders
from ivr.units import CallId

LOSE_STREAM_S = 15.0
"""A tool that was under way when the stream was lost has answered by then."""
LOOK_EVERY_S = 0.05
CLAIMED_EVERY_S = 0.25


class OnLine(Protocol):
    """A call while this process drives it."""

    call_id: CallId
    closed: asyncio.Event
    """Nothing more will be written down for it here."""

    def stream_lost(self) -> None:
        """It is to be given up, as soon as may be."""
        ...


class Streams:
    def __init__(self, calls: Calls, holders: Holders, clock: Clock) -> None:
        self._calls = calls
        self._holders = holders
        self._clock = clock
        self._on_line: WeakValueDictionary[CallId, OnLine] = WeakValueDictionary()
        """The latest stream of each call, for as long as somebody holds it."""

    def opened(self, conductor: OnLine) -> None:
        self._on_line[conductor.call_id] = conductor

    def on_phone(self, call_id: CallId) -> Conductor | None:
        """The call's stream, if it is open here."""
        found = self._on_line.get(call_id)
        return found if isinstance(found, Conductor) and not found.closed.is_set() else None

    def lose_all(self) -> None:
        for conductor in list(self._on_line.values()):
            conductor.stream_lost()

    async def take(self, call_id: CallId) -> int:
        """From here on no other process drives the call: gives the number of the taking (see store.holders). A stream
        of it that is open here or elsewhere is given up first, within a second. Raises: StoreError."""
        await self._lose(call_id)
        try:
            async with asyncio.timeout(LOSE_STREAM_S):
                while (stream := await self._holders.take(call_id, self._clock.wall())) is None:
                    row = await self._calls.by_id(call_id)
                    if row is None or row.ended_at is not None:
                        raise StoreError("the call is over")
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError as fault:
            raise StoreError("another process has the call and does not let go of it") from fault
        return stream

    @asynccontextmanager
    async def holding(self, call_id: CallId) -> AsyncIterator[int]:
        """A call without a stream is this process's alone inside; gives the number of the taking.
        Raises: StoreError."""
        stream = await self.take(call_id)
        try:
            yield stream
        finally:
            await self._holders.release(call_id, stream)

    async def let_go(self) -> None:
        """For ever: calls that others are to go on with. The carrier has come back for them elsewhere, so their streams
        here are lost, whatever their sockets say."""
        while True:
            await asyncio.sleep(CLAIMED_EVERY_S)
            with suppress(StoreError):  # told by the heartbeat
                for call_id, stream in await self._holders.claimed():
                    conductor = self._on_line.get(call_id)
                    if conductor is None:
                        await self._holders.release(call_id, stream)
                    else:
                        conductor.stream_lost()

    async def _lose(self, call_id: CallId) -> None:
        earlier = self._on_line.get(call_id)
        if earlier is None:
            return
        earlier.stream_lost()
        try:
            async with asyncio.timeout(LOSE_STREAM_S):
                await earlier.closed.wait()
        except TimeoutError as fault:
            raise StoreError("the call's earlier stream has work under way that does not end") from fault
