"""Conferences as the carrier holds them: who is in which, and when one is over."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

LOOK_S: Final = 0.02


@dataclass(slots=True)
class Room:
    """`over` is set when somebody leaves whose leaving ends it."""

    name: str
    inside: set[str] = field(default_factory=set)
    ever: set[str] = field(default_factory=set)
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Rooms:
    def __init__(self) -> None:
        self._open: dict[str, Room] = {}
        self.held: list[frozenset[str]] = []
        """Of rooms that are over: all who were ever inside."""

    async def sit(self, name: str, call_sid: str, out: asyncio.Event, *, ends: bool, stays_s: float | None) -> str:
        """Until the room is over (`ended`), or this party leaves it (`left`): hangs up, is sent elsewhere (`out`), or
        has been there with somebody for `stays_s`. `ends`: it is over for all then."""
        room = self._open.setdefault(name, Room(name))
        room.inside.add(call_sid)
        room.ever.add(call_sid)
        try:
            return await self._stay(room, out, stays_s)
        finally:
            room.inside.discard(call_sid)
            if ends or not room.inside:
                self._close(room)

    async def _stay(self, room: Room, out: asyncio.Event, stays_s: float | None) -> str:
        talked_s = 0.0
        while not out.is_set():
            if room.over.is_set():
                return "ended"
            if stays_s is not None and talked_s >= stays_s:
                return "left"
            await asyncio.sleep(LOOK_S)
            talked_s += LOOK_S if len(room.inside) > 1 else 0.0
        return "left"

    def _close(self, room: Room) -> None:
        if self._open.get(room.name) is room:
            del self._open[room.name]
            self.held.append(frozenset(room.ever))
        room.over.set()
