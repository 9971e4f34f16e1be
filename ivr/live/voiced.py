"""Sound that came with a model's words, by the name of its piece, from when it arrives until nobody can ask for it."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from ivr.flow.state import asked_of
from ivr.models.prompt_cache import PIECE_MS, Sound, cut
from ivr.units import BYTES_PER_MS

FIRST_BYTES = 200 * BYTES_PER_MS
"""With so much sound a piece begins to leave."""


@dataclass(slots=True)
class _Coming:
    mulaw: bytearray = field(default_factory=bytearray)
    whole: bool = False
    over: bool = False
    """No more of it comes, whole or not."""
    more: asyncio.Event = field(default_factory=asyncio.Event)


class VoicedReplies:
    """Of one call. The sound of the last two replies is kept: one may still be played while the next is made."""

    def __init__(self) -> None:
        self._pieces: dict[str, _Coming] = {}

    def begin(self, asked: str) -> None:
        """A reply to this AskModel is made; of those before it only the last is still of use."""
        known = list(dict.fromkeys(asked_of(name) for name in self._pieces))
        for old in [name for name in self._pieces if asked_of(name) not in (*known[-1:], asked)]:
            gone = self._pieces.pop(old)
            gone.over = True
            gone.more.set()

    def open(self, name: str) -> None:
        self._pieces[name] = _Coming()

    def feed(self, name: str, mulaw: bytes) -> None:
        piece = self._pieces.get(name)
        if piece is not None:
            piece.mulaw += mulaw
            piece.more.set()

    def close(self, name: str) -> None:
        """It has all its sound."""
        piece = self._pieces.get(name)
        if piece is not None:
            piece.whole = piece.over = True
            piece.more.set()

    def close_all(self, asked: str) -> None:
        """Nothing more comes of this reply, however it ended. What was not closed before is not whole."""
        for name in [name for name in self._pieces if asked_of(name) == asked]:
            self._pieces[name].over = True
            self._pieces[name].more.set()

    def has(self, name: str) -> bool:
        return name in self._pieces

    def is_whole(self, name: str) -> bool:
        """Whether all its sound came; only then is all of it heard by whoever hears that sound."""
        piece = self._pieces.get(name)
        return piece is not None and piece.whole

    def all_of(self, name: str, from_ms: int = 0) -> Sound | None:
        """From there to its end; None: that has not come yet."""
        piece = self._pieces[name]
        return cut(bytes(piece.mulaw[from_ms * BYTES_PER_MS :])) if piece.whole else None

    async def sound(self, name: str, from_ms: int = 0) -> AsyncGenerator[Sound, None]:
        """From there on, as it comes; the first of it is short, and none of it longer than PIECE_MS in a message."""
        piece = self._pieces[name]
        at, first = from_ms * BYTES_PER_MS, True
        while True:
            ready = len(piece.mulaw) - at
            if ready >= (FIRST_BYTES if first else 1) or (piece.over and ready > 0):
                sound = bytes(piece.mulaw[at:])
                at += len(sound)
                yield cut(sound, FIRST_BYTES // BYTES_PER_MS if first else PIECE_MS)
                first = False
            elif piece.over:
                return
            else:
                piece.more.clear()
                await piece.more.wait()
