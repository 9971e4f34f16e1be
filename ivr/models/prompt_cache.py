"""Sentences that stand in a flow, kept as they leave: µ-law in pieces with the tail of each one's message.

    memory   all that calls asked for or a flow was warmed with, the least lately used goes first
    disk     what flows were warmed with, for the next start and for the other processes of the installation

Only `warm` reaches the disk: a sentence that came about in a call, whatever is in it, never does.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from ivr.models.ports import Voice
from ivr.models.prompt_files import PromptFiles
from ivr.units import BYTES_PER_MS, LINE_RATE_HZ
from ivr.wire import encode

PIECE_MS = 500
"""A mark stands behind each piece: for longer than this the ledger of what was heard must not go by time alone."""
_ENTRY_BYTES = 200
"""What an entry takes beside its sound and its text, roughly."""
_PIECE_BYTES = 250


@dataclass(frozen=True, slots=True)
class Piece:
    """Sound as it leaves in one message."""

    mulaw: bytes
    tail: str
    """The end of its message, the same on every stream."""

    @classmethod
    def of(cls, mulaw: bytes) -> "Piece":
        return cls(mulaw, encode.media_tail(mulaw))


Sound = tuple[Piece, ...]


def cut(mulaw: bytes, first_ms: int = PIECE_MS) -> Sound:
    """In pieces of PIECE_MS at most; the first one may be shorter, to leave sooner."""
    if not mulaw:
        return ()
    head, piece = first_ms * BYTES_PER_MS, PIECE_MS * BYTES_PER_MS
    begins = [0, *range(head, len(mulaw), piece)]
    return tuple(Piece.of(mulaw[at:to]) for at, to in zip(begins, [*begins[1:], len(mulaw)], strict=True))


class PromptCache:
    """The sentences used last, up to `max_bytes` in all; one that alone is larger than that is not kept. `files`: where
    those of flows are kept beyond this process; None: nowhere."""

    def __init__(self, max_bytes: int, files: PromptFiles | None = None) -> None:
        self.max_bytes = max_bytes
        self.size_bytes = 0
        self._files = files
        self._kept: OrderedDict[tuple[str, Voice, int], Sound] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, sentence: str, voice: Voice, rate_hz: int = LINE_RATE_HZ) -> Sound | None:
        """None: not kept (or no longer)."""
        key = (sentence, voice, rate_hz)
        sound = self._kept.get(key)
        if sound is not None:
            self._kept.move_to_end(key)
        return sound

    def put(self, sentence: str, voice: Voice, sound: Sound, rate_hz: int = LINE_RATE_HZ) -> None:
        """Kept in memory."""
        key = (sentence, voice, rate_hz)
        if (old := self._kept.pop(key, None)) is not None:
            self.size_bytes -= _cost(sentence, old)
        cost = _cost(sentence, sound)
        if cost > self.max_bytes:
            return
        self._kept[key] = sound
        self.size_bytes += cost
        while self.size_bytes > self.max_bytes:
            (gone, _, _), forgotten = self._kept.popitem(last=False)
            self.size_bytes -= _cost(gone, forgotten)

    async def fetch(self, sentences: Sequence[str], voice: Voice, rate_hz: int = LINE_RATE_HZ) -> list[str]:
        """Takes what the disk has into memory; gives what is now in neither."""
        missing = [sentence for sentence in sentences if self.get(sentence, voice, rate_hz) is None]
        files = self._files
        if files is None or not missing:
            return missing

        def read() -> dict[str, Sound]:
            found = ((sentence, files.read(sentence, voice, rate_hz)) for sentence in missing)
            return {sentence: cut(sound) for sentence, sound in found if sound is not None}

        there = await asyncio.to_thread(read)
        for sentence, sound in there.items():
            self.put(sentence, voice, sound, rate_hz)
        return [sentence for sentence in missing if sentence not in there]

    async def keep(self, sentence: str, voice: Voice, sound: Sound, rate_hz: int = LINE_RATE_HZ) -> None:
        """In memory and, for the next start, on disk: a sentence that stands in a flow."""
        self.put(sentence, voice, sound, rate_hz)
        if self._files is not None:
            whole = b"".join(piece.mulaw for piece in sound)
            await asyncio.to_thread(self._files.write, sentence, voice, whole, rate_hz)


def _cost(sentence: str, sound: Sound) -> int:
    held = sum(len(piece.mulaw) + len(piece.tail) + _PIECE_BYTES for piece in sound)
    return _ENTRY_BYTES + 2 * len(sentence) + held
