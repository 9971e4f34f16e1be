"""Where journal entries wait while their database does not answer: length, CRC32, bytes, over and over in one file.

The process that writes a spool holds a lock on it. A spool that can be locked belongs to a process that is dead.
"""

import fcntl
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Self

_FRAME: Final = struct.Struct("<II")
_PATTERN: Final = "journal-*.spool"


class Spool:
    """Open for appending, locked. `drained` removes it."""

    def __init__(self, path: Path, file: int) -> None:
        self.path = path
        self._file = file
        self._good_bytes = os.fstat(file).st_size

    @classmethod
    def create(cls, folder: Path) -> Self:
        """Raises: OSError."""
        path = folder / f"journal-{os.getpid()}-{os.urandom(4).hex()}.spool"
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        return cls(path, file)

    @classmethod
    def left_behind(cls, folder: Path) -> Iterator[Self]:
        """Those of dead processes, each locked for us."""
        for path in sorted(folder.glob(_PATTERN)):
            file = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(file)
                continue
            yield cls(path, file)

    def append(self, payloads: Sequence[bytes]) -> None:
        """All of them on the disk, or none (what a failed write left is cut off). Raises: OSError."""
        framed = b"".join(_FRAME.pack(len(one), zlib.crc32(one)) + one for one in payloads)
        try:
            written = 0
            while written < len(framed):
                written += os.pwrite(self._file, framed[written:], self._good_bytes + written)
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, self._good_bytes)
            raise
        self._good_bytes += len(framed)

    def payloads(self) -> list[bytes]:
        return list(_payloads(os.pread(self._file, os.fstat(self._file).st_size, 0)))

    def drained(self) -> None:
        self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        os.close(self._file)


def read_spools(folder: Path) -> Iterator[bytes]:
    """What waits in any spool, of living processes too."""
    for path in sorted(folder.glob(_PATTERN)):
        try:
            yield from _payloads(path.read_bytes())
        except FileNotFoundError:  # drained since we looked
            continue


def _payloads(data: bytes) -> Iterator[bytes]:
    """Up to the first frame that is not whole: a kill in mid-write leaves one."""
    at = 0
    while at + _FRAME.size <= len(data):
        length, crc = _FRAME.unpack_from(data, at)
        payload = data[at + _FRAME.size : at + _FRAME.size + length]
        if len(payload) < length or zlib.crc32(payload) != crc:
            return
        yield payload
        at += _FRAME.size + length
