"""Sentences of flows as files: each is a header line, what it is of, and its µ-law.

A file's name is made of all that its sound depends on: the sentence, the voice, the rate, the engine that spoke it and
what we do to its sound. What is damaged, of another kind or of another time is a file that is not there, and is
replaced. Several processes share a folder: a file appears whole or not at all. Nothing here ever raises over a disk.
"""

import hashlib
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final
from zlib import crc32

import msgspec
import structlog

from ivr.models.ports import Voice

log = structlog.get_logger("ivr.models")

MAGIC: Final = b"ivr-prompt/1 "
SUFFIX: Final = ".prompt"
LONGEST_BYTES: Final = 8_000_000
"""A sentence of a quarter of an hour: more is no sentence."""
HEADER_BYTES: Final = 1000
ROOM: Final = 0.9
"""What is too much is cut back to this share of the bound."""
TOUCHED_AFTER_S: Final = 86_400
"""A file that is used tells so once a day: the least lately used goes first."""
LOOK_AFTER: Final = 64
"""Writes after which the folder is looked at again, for what other processes wrote."""
STALE_S: Final = 3_600
"""A part of a file that is older belongs to a process that died."""


class _Header(msgspec.Struct, frozen=True):
    of: str
    """The whole digest the name is made of."""
    bytes: int
    crc: int


class PromptFiles:
    """`made_by` names the voice, its version and what becomes of its sound: another one finds nothing of this one's."""

    def __init__(self, folder: Path, made_by: str, max_bytes: int) -> None:
        self._folder = folder
        self._made_by = made_by
        self._max_bytes = max_bytes
        self._size: int | None = None
        """What the folder holds, as far as this process knows; None: not looked yet."""
        self._writes = 0
        self._told = False

    def read(self, sentence: str, voice: Voice, rate_hz: int) -> bytes | None:
        """µ-law; None: not there."""
        digest = self._digest(sentence, voice, rate_hz)
        path = self._path(digest)
        try:
            with path.open("rb") as file:
                header, sound = file.readline(HEADER_BYTES), file.read(LONGEST_BYTES + 1)
                age_s = time.time() - os.fstat(file.fileno()).st_mtime
        except OSError:
            return None
        if not _is_whole(header, sound, digest):
            log.warning("a kept prompt is damaged and is made again", file=path.name)
            with suppress(OSError):
                path.unlink()
            return None
        if age_s > TOUCHED_AFTER_S:
            with suppress(OSError):
                os.utime(path)
        return sound

    def write(self, sentence: str, voice: Voice, sound: bytes, rate_hz: int) -> None:
        if not sound or len(sound) > min(LONGEST_BYTES, self._max_bytes):
            return
        digest = self._digest(sentence, voice, rate_hz)
        header = MAGIC + msgspec.json.encode(_Header(digest, len(sound), crc32(sound))) + b"\n"
        try:
            self._write(self._path(digest), header + sound)
            self._bound(len(header) + len(sound))
        except OSError as fault:
            if not self._told:
                self._told = True
                log.warning("prompts cannot be kept on disk: they are made anew at each start", why=fault.strerror)

    def _write(self, path: Path, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        descriptor, part = tempfile.mkstemp(".part", dir=self._folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            Path(part).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(part).unlink()
            raise

    def _bound(self, more: int) -> None:
        self._writes += 1
        if self._size is None or self._size + more > self._max_bytes or self._writes % LOOK_AFTER == 0:
            self._size = self._cleared()
        else:
            self._size += more

    def _cleared(self) -> int:
        """Looks at the whole folder, which others write to as well, and makes room; what is left."""
        files: list[tuple[float, int, Path]] = []
        for entry in os.scandir(self._folder):
            with suppress(OSError):  # another process made room too
                about = entry.stat(follow_symlinks=False)
                if entry.name.endswith(SUFFIX):
                    files.append((about.st_mtime, about.st_size, Path(entry.path)))
                elif entry.name.endswith(".part") and time.time() - about.st_mtime > STALE_S:
                    Path(entry.path).unlink()
        size = sum(bytes_ for _, bytes_, _ in files)
        if size <= self._max_bytes:
            return size
        for _, bytes_, path in sorted(files, key=lambda file: file[0]):
            if size <= ROOM * self._max_bytes:
                break
            with suppress(OSError):
                path.unlink()
            size -= bytes_
        return size

    def _digest(self, sentence: str, voice: Voice, rate_hz: int) -> str:
        told = (self._made_by, voice.name, voice.language, rate_hz, sentence)
        return hashlib.sha256(msgspec.json.encode(told)).hexdigest()

    def _path(self, digest: str) -> Path:
        return self._folder / (digest[:40] + SUFFIX)


def _is_whole(header: bytes, sound: bytes, digest: str) -> bool:
    if not header.startswith(MAGIC):
        return False
    try:
        told = msgspec.json.decode(header.removeprefix(MAGIC), type=_Header)
    except msgspec.DecodeError:
        return False
    return (told.of, told.bytes, told.crc) == (digest, len(sound), crc32(sound))
