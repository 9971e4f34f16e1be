"""The carrier's playback buffer, and with it the truth about what the caller heard and when.

Sound is played at 8 bytes a millisecond from the moment it arrives, or from the end of what waits before it. Times are
milliseconds of the call's clock and only ever grow; nothing here reads a clock.

An *underrun* is a hole inside one stretch of speech: the buffer ran dry for more than 20 ms, and less than 500 ms later
more came, and in between the server sent no `clear` and the caller did nothing that would have called for a new answer
(`caller_acted`). A longer pause, or one that follows such an act, is a pause the server meant.
"""

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import Final

from ivr.units import BYTES_PER_MS

SHORTEST_UNDERRUN_MS: Final = 20
LONGEST_UNDERRUN_MS: Final = 500
CAPACITY_MS: Final = 600_000
"""The carrier holds ten minutes and drops the rest."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Sound that was, or is about to be, played from `at_ms` on."""

    at_ms: float
    payload: bytes

    @property
    def end_ms(self) -> float:
        return self.at_ms + len(self.payload) / BYTES_PER_MS


@dataclass(frozen=True, slots=True)
class Underrun:
    at_ms: float
    lasted_ms: float


class Playback:
    """The buffer of one call; it outlives a stream, so that the call's whole sound stays on one clock."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []
        self._marks: deque[tuple[float, str]] = deque()
        self._end_ms = 0.0
        self._stretch_open = False
        self.underruns: list[Underrun] = []
        self.clears: list[float] = []
        """When a `clear` took back sound that was waiting."""
        self.dropped_bytes = 0
        """What came on top of ten minutes."""

    @property
    def end_ms(self) -> float:
        """When what has arrived will have been played."""
        return self._end_ms

    def add(self, payload: bytes, now_ms: float) -> bool:
        """Puts sound behind what waits; False if the buffer was full and some of it was dropped."""
        room = int((CAPACITY_MS - max(0.0, self._end_ms - now_ms)) * BYTES_PER_MS)
        kept = payload[: max(0, room)]
        self.dropped_bytes += len(payload) - len(kept)
        if kept:
            self._note_gap(now_ms)
            self._pieces.append(Piece(max(now_ms, self._end_ms), kept))
            self._end_ms = self._pieces[-1].end_ms
        return len(kept) == len(payload)

    def mark(self, name: str, now_ms: float) -> list[str]:
        """Queues a mark behind the sound so far; the names to be sent back at once (all due, if nothing waits)."""
        self._marks.append((self._end_ms, name))
        return self.due_marks(now_ms)

    def due_marks(self, now_ms: float) -> list[str]:
        """The marks whose sound has been played by now; each is returned once, in the order they came."""
        due = []
        while self._marks and self._marks[0][0] <= now_ms:
            due.append(self._marks.popleft()[1])
        return due

    def next_mark_ms(self) -> float | None:
        """When the next mark will be due."""
        return self._marks[0][0] if self._marks else None

    def clear(self, now_ms: float) -> list[str]:
        """Drops what is not yet played; every mark that waits comes back at once."""
        if self._end_ms > now_ms:
            self.clears.append(now_ms)
        while self._pieces and self._pieces[-1].at_ms >= now_ms:
            self._pieces.pop()
        if self._pieces and self._pieces[-1].end_ms > now_ms:
            last = self._pieces[-1]
            self._pieces[-1] = Piece(last.at_ms, last.payload[: int((now_ms - last.at_ms) * BYTES_PER_MS)])
        self._end_ms = min(self._end_ms, now_ms)
        self._stretch_open = False
        names = [name for _, name in self._marks]
        self._marks.clear()
        return names

    def stop(self, now_ms: float) -> None:
        """The stream ended: what is unplayed will never be heard, and no mark comes back."""
        cleared = len(self.clears)
        self.clear(now_ms)
        del self.clears[cleared:]

    def caller_acted(self) -> None:
        """The caller finished speaking or pressed a key: what comes next may be a new answer."""
        self._stretch_open = False

    def waiting_ms(self, now_ms: float) -> float:
        """How much sound is still to be played."""
        return max(0.0, self._end_ms - now_ms)

    def played(self, now_ms: float, *, since_ms: float = 0.0) -> list[Piece]:
        """What was really played between two moments, cut to them."""
        found = []
        first_no = bisect_right(self._pieces, since_ms, key=lambda piece: piece.end_ms)
        for piece in islice(self._pieces, first_no, None):
            if piece.at_ms >= now_ms:
                break
            start, end = max(piece.at_ms, since_ms), min(piece.end_ms, now_ms)
            first, last = (int((edge - piece.at_ms) * BYTES_PER_MS) for edge in (start, end))
            if last > first:
                found.append(Piece(piece.at_ms + first / BYTES_PER_MS, piece.payload[first:last]))
        return found

    def played_ms(self, now_ms: float) -> float:
        return sum(len(piece.payload) for piece in self.played(now_ms)) / BYTES_PER_MS

    def _note_gap(self, now_ms: float) -> None:
        gap_ms = now_ms - self._end_ms
        if self._stretch_open and SHORTEST_UNDERRUN_MS < gap_ms < LONGEST_UNDERRUN_MS:
            self.underruns.append(Underrun(self._end_ms, gap_ms))
        self._stretch_open = True
