"""Where each piece of the caller's sound belongs: by the carrier's clock (`media.timestamp`), not by when it came.

The running position is what the bytes add up to. A timestamp within the jitter of it changes nothing; one ahead of
it is a hole, one behind it a double. `chunk` tells how many pieces a hole held. Holes are told as Gap, doubles are
dropped, both are counted.
"""

from typing import Final

import msgspec

from ivr.units import BYTES_PER_MS, FRAME_MS, Millis
from ivr.wire.messages import MediaFrame

BURST_MS: Final = 8_000
"""This much sound may come at once: what a stalled network may hold back before we give the call up."""
JITTER_MS: Final = 10
"""How far a timestamp may lie from the truth to either side."""
SETTLING_FRAMES: Final = 10
"""Until so many pieces came the first one's own jitter is not known, and more is forgiven."""
LONGEST_GAP_MS: Final = 60_000
MOST_HOLES: Final = 500
"""So many are told with their place; the others are counted."""
STALE_FRAMES: Final = 25
"""So many pieces behind the position in a row are no doubles: the carrier began its clock anew."""
SILENCE: Final = b"\xff"
"""µ-law of a sample without sound."""


class Frame(msgspec.Struct, frozen=True, gc=False):
    """A piece of the caller's sound where it belongs: `at_ms` since the first piece began."""

    at_ms: Millis
    mulaw: bytes


class Gap(msgspec.Struct, frozen=True, gc=False):
    """Sound that never came: `ms` of it, to be taken for silence."""

    at_ms: Millis
    ms: Millis


class Sound:
    """The caller's sound put in its place."""

    def __init__(self) -> None:
        self.frames = self.gaps = self.lost_ms = self.duplicates = 0
        self.holes: list[tuple[int, int]] = []
        """Where sound is missing, and how many milliseconds of it."""
        self._bytes = 0
        self._origin_ms: float | None = None  # the timestamp at which the position was 0
        self._lean_ms = 0.0  # how far the timestamps lie from the position on the whole, within the jitter
        self._last_chunk: int | None = None
        self._piece_ms: float = FRAME_MS
        self._stale_in_a_row = 0
        self._began_at_ms: int | None = None

    @property
    def position_ms(self) -> Millis:
        return Millis(self._bytes // BYTES_PER_MS)

    def place(self, piece: MediaFrame, *, again: bool, now_ms: int) -> list[Frame | Gap]:
        if self._began_at_ms is None:
            self._began_at_ms = now_ms
        if again:
            self.duplicates += 1
            return []
        gap = self._gap_before(piece, now_ms)
        if gap is None:
            self.duplicates += 1
            return []
        self.frames += 1
        if piece.chunk is not None:
            self._last_chunk = piece.chunk
        if piece.payload:
            self._piece_ms = len(piece.payload) / BYTES_PER_MS
        placed: list[Frame | Gap] = []
        if gap:
            placed.append(Gap(self.position_ms, Millis(gap)))
            if len(self.holes) < MOST_HOLES:
                self.holes.append((self.position_ms, gap))
            self.gaps += 1
            self.lost_ms += gap
            self._bytes += gap * BYTES_PER_MS
        if piece.payload:
            placed.append(Frame(Millis(self._bytes // BYTES_PER_MS), piece.payload))
            self._bytes += len(piece.payload)
        return placed

    def _gap_before(self, piece: MediaFrame, now_ms: int) -> int | None:
        """Milliseconds missing before the piece; None when it is a double of what we have."""
        if piece.at_ms is None:
            return 0
        position_ms = self._bytes / BYTES_PER_MS
        if self._origin_ms is None:
            self._origin_ms = piece.at_ms - position_ms
            return 0
        beyond_ms = piece.at_ms - self._origin_ms - position_ms - self._lean_ms
        lost_ms = self._lost_chunks(piece) * self._piece_ms
        margin_ms = 1.5 * JITTER_MS if self.frames > SETTLING_FRAMES else 2.5 * JITTER_MS
        if beyond_ms < -margin_ms:
            return self._behind(piece, position_ms)
        self._stale_in_a_row = 0
        if lost_ms and abs(beyond_ms - lost_ms) <= margin_ms:
            return self._bounded(lost_ms, beyond_ms, now_ms)
        if beyond_ms > margin_ms:
            return self._bounded(self._whole_pieces(beyond_ms), beyond_ms, now_ms)
        if beyond_ms:
            self._lean_ms = min(JITTER_MS, max(-JITTER_MS, self._lean_ms + beyond_ms / min(self.frames + 1, 32)))
        return 0

    def _lost_chunks(self, piece: MediaFrame) -> int:
        if piece.chunk is None or self._last_chunk is None or piece.chunk <= self._last_chunk:
            return 0
        return piece.chunk - self._last_chunk - 1

    def _whole_pieces(self, ms: float) -> float:
        """A hole is most likely a number of pieces, its exact length jitter."""
        whole_ms = round(ms / self._piece_ms) * self._piece_ms
        return whole_ms if whole_ms and abs(ms - whole_ms) <= JITTER_MS else ms

    def _bounded(self, gap_ms: float, beyond_ms: float, now_ms: int) -> int:
        """Never more silence than time has passed: a timestamp may be anything."""
        assert self._began_at_ms is not None and self._origin_ms is not None
        room_ms = now_ms - self._began_at_ms + BURST_MS - self._bytes / BYTES_PER_MS
        bounded_ms = min(gap_ms, LONGEST_GAP_MS, max(0.0, room_ms))
        if bounded_ms < gap_ms:
            self._origin_ms += beyond_ms - bounded_ms
        return int(bounded_ms)

    def _behind(self, piece: MediaFrame, position_ms: float) -> int | None:
        self._stale_in_a_row += 1
        if self._stale_in_a_row <= STALE_FRAMES:
            return None
        self._stale_in_a_row, self._lean_ms = 0, 0.0
        assert piece.at_ms is not None
        self._origin_ms = piece.at_ms - position_ms
        return 0
