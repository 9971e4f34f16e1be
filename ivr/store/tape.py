"""The files of one recording, as the writer thread holds them: pairs of µ-law bytes at their place, and the side file.

What is not there yet is filled with silence before anything behind it is written, so every prefix of the file can be
read. The first error of the disk ends the recording; the call goes on.
"""

import json
import os
from pathlib import Path
from typing import Final

import numpy as np

SILENCE: Final = 0xFF
PAIR_BYTES: Final = 2
FILL_PAIRS: Final = 8000
OPEN_FLAGS: Final = os.O_NOFOLLOW | os.O_CLOEXEC


class Tape:
    """`fault` is set once the disk has failed."""

    def __init__(self, sound: Path, side: Path) -> None:
        self._sound_path = sound
        self._side_path = side
        self._sound: int | None = None
        self._side: int | None = None
        self._pairs = 0
        self.fault: str | None = None

    def write(self, at: int, pairs: bytes) -> None:
        """Pairs, at a place counted in pairs from the start of the call."""
        if self.fault is not None:
            return
        try:
            self._lay_down(at, pairs)
        except OSError as fault:
            self._fail(at, fault)

    def patch(self, at: int, channel: int, mulaw: bytes) -> None:
        """One side of what was written already: sound that was known late."""
        if self.fault is not None:
            return
        try:
            file = self._open_sound()
            inside = os.pread(file, len(mulaw) * PAIR_BYTES, at * PAIR_BYTES)
            pairs = np.full((len(mulaw), PAIR_BYTES), SILENCE, np.uint8)
            flat = pairs.reshape(-1)
            flat[: len(inside)] = np.frombuffer(inside, np.uint8)
            pairs[:, channel] = np.frombuffer(mulaw, np.uint8)
            self._lay_down(at, pairs.tobytes())
        except OSError as fault:
            self._fail(at, fault)

    def note(self, line: dict[str, object]) -> None:
        try:
            if self._side is None:
                self._side_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._side = os.open(self._side_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | OPEN_FLAGS, 0o600)
            os.write(self._side, json.dumps(line).encode() + b"\n")
        except OSError as fault:
            self.fault = self.fault or _told(self._side_path, fault)

    def close(self) -> int:
        """Pairs in the file."""
        for file in (self._sound, self._side):
            if file is not None:
                os.close(file)
        self._sound = self._side = None
        return self._pairs

    def _lay_down(self, at: int, pairs: bytes) -> None:
        file = self._open_sound()
        while self._pairs < at:
            fill = min(FILL_PAIRS, at - self._pairs)
            self._write_all(file, self._pairs, bytes([SILENCE]) * (fill * PAIR_BYTES))
        self._write_all(file, at, pairs)

    def _write_all(self, file: int, at: int, pairs: bytes) -> None:
        written = 0
        while written < len(pairs):
            written += os.pwrite(file, pairs[written:], at * PAIR_BYTES + written)
        self._pairs = max(self._pairs, at + len(pairs) // PAIR_BYTES)

    def _open_sound(self) -> int:
        if self._sound is None:
            self._sound_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._sound = os.open(self._sound_path, os.O_RDWR | os.O_CREAT | OPEN_FLAGS, 0o600)
            self._pairs = os.fstat(self._sound).st_size // PAIR_BYTES
        return self._sound

    def _fail(self, at: int, fault: OSError) -> None:
        self.fault = _told(self._sound_path, fault)
        self.note({"side": "both", "from": min(at, self._pairs), "to": None, "why": "disk"})


def _told(path: Path, fault: OSError) -> str:
    return f"{path}: {fault.strerror}: free some space or look at the disk"
