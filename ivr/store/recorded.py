"""Recordings as they are read: WAV made on the way, from whole files and from those of killed processes alike."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ivr.audio import mulaw
from ivr.audio.wav import WavFormat, header
from ivr.errors import StoreError
from ivr.store.recordings import recording_path, side_path
from ivr.store.tape import OPEN_FLAGS, PAIR_BYTES
from ivr.units import BYTES_PER_MS, LINE_RATE_HZ, CallId, Millis

_PIECE_BYTES: Final = 64_000


@dataclass(frozen=True, slots=True)
class Blank:
    """A stretch of a recording without its sound. `to_ms` None: to the end."""

    side: str
    from_ms: Millis
    to_ms: Millis | None
    why: str


@dataclass(frozen=True, slots=True)
class RecordingReader:
    """A recording as it stood when it was opened; one that is still being made reads up to there."""

    path: Path
    side: Path
    samples: int

    @property
    def ms(self) -> Millis:
        return Millis(self.samples // BYTES_PER_MS)

    def wav(self) -> bytes:
        """Two channels of µ-law (format 7): caller left, bot right."""
        return b"".join(self.wav_pieces())

    def wav_pieces(self) -> Iterator[bytes]:
        yield header(WavFormat.MULAW, 2, LINE_RATE_HZ, self.samples * PAIR_BYTES)
        yield from self._pieces()

    def pcm16_wav(self) -> bytes:
        """Two channels of 16-bit samples, for players that do not know µ-law."""
        return b"".join(self.pcm16_pieces())

    def pcm16_pieces(self) -> Iterator[bytes]:
        yield header(WavFormat.PCM16, 2, LINE_RATE_HZ, self.samples * PAIR_BYTES * 2)
        for piece in self._pieces():
            yield mulaw.samples(piece)

    def sides(self) -> tuple[bytes, bytes]:
        """µ-law of the caller, µ-law of the bot."""
        pairs = b"".join(self._pieces())
        return pairs[0::2], pairs[1::2]

    def caller_between(self, from_ms: int, to_ms: int) -> bytes:
        """µ-law of the caller, as far as the recording goes."""
        first, last = max(0, from_ms) * BYTES_PER_MS, min(self.samples, max(0, to_ms) * BYTES_PER_MS)
        with os.fdopen(_open(self.path), "rb") as file:
            file.seek(first * PAIR_BYTES)
            return file.read(max(0, last - first) * PAIR_BYTES)[0::2]

    def blanks(self) -> list[Blank]:
        """Gaps and pauses, in the order they were noted; a line a kill cut short is left out."""
        try:
            lines = self.side.read_text().splitlines()
        except FileNotFoundError:
            return []
        return [blank for line in lines if (blank := _blank(line)) is not None]

    def _pieces(self) -> Iterator[bytes]:
        left = self.samples * PAIR_BYTES
        with os.fdopen(_open(self.path), "rb") as file:
            while left and (piece := file.read(min(_PIECE_BYTES, left))):
                left -= len(piece)
                yield piece


def open_recording(folder: Path, call_id: CallId) -> RecordingReader:
    """Raises: StoreError where there is none."""
    path = folder / recording_path(call_id)
    file = _open(path)
    try:
        samples = os.fstat(file).st_size // PAIR_BYTES
    finally:
        os.close(file)
    return RecordingReader(path, folder / side_path(call_id), samples)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | OPEN_FLAGS)
    except FileNotFoundError as fault:
        raise StoreError("this call has no recording") from fault
    except OSError as fault:
        raise StoreError(f"{path}: {fault.strerror}") from fault


def _blank(line: str) -> Blank | None:
    try:
        kept = json.loads(line)
    except json.JSONDecodeError:
        return None
    to = kept["to"]
    return Blank(
        kept["side"],
        Millis(kept["from"] // BYTES_PER_MS),
        None if to is None else Millis(to // BYTES_PER_MS),
        kept["why"],
    )
