"""Sound of a far end as it comes: samples, or a WAV file where samples were asked for, cut anywhere."""

import struct
from typing import Final

import numpy as np

from ivr.audio.pcm import Pcm

RATE_HZ: Final = 24_000
"""Of samples without a header: mono, 16 bits, little-endian."""
_RIFF: Final = 12
_LONGEST_HEADER: Final = 65_536
_PACKED: Final = (b"ID3", b"OggS", b"fLaC")
"""Marks of packed sound that no voice begins with by chance."""
_EXTENSIBLE: Final = 0xFFFE


class NoSound(ValueError):
    """These bytes are not sound that can be played as it comes; the text says why."""


class SoundPieces:
    """Pieces of bytes in, whole samples out. A first piece that begins as WAV is one; the sizes in its header may be
    wrong, so it ends where the bytes end. Packed sound is none, as far as its first
    bytes tell."""

    def __init__(self, rate_hz: int = RATE_HZ) -> None:
        self.rate_hz = rate_hz
        self._head: bytearray | None = bytearray()
        """None: the sound has begun."""
        self._left = b""
        """Less than a whole sample of all channels."""
        self._channels = 1

    def feed(self, piece: bytes) -> Pcm | None:
        """What is new, if it is a whole sample at least. Raises: NoSound."""
        if self._head is not None:
            self._head += piece
            begun = self._begin(bytes(self._head))
            if begun is None:
                return None
            self._head, piece = None, begun
        data = self._left + piece if self._left else piece
        width = 2 * self._channels
        whole = len(data) - len(data) % width
        self._left = data[whole:]
        if not whole:
            return None
        return self._mono(data[:whole])

    def flush(self) -> Pcm | None:
        """What was so short that it could have been a header. Half a sample is dropped. Raises: NoSound."""
        if self._head is None or not self._head:
            return None
        data, self._head = bytes(self._head), None
        if data[:4] == b"RIFF":
            raise NoSound("a WAV file without data")
        whole = len(data) - len(data) % 2
        return Pcm(data[:whole], self.rate_hz) if whole else None

    def _mono(self, data: bytes) -> Pcm:
        if self._channels == 1:
            return Pcm(data, self.rate_hz)
        return Pcm.of(np.frombuffer(data, "<i2").reshape(-1, self._channels).mean(axis=1), self.rate_hz)

    def _begin(self, head: bytes) -> bytes | None:
        """The first sound; None: too little came to tell."""
        if len(head) < 4:
            return None
        if any(head.startswith(mark) for mark in _PACKED):
            raise NoSound("packed sound where samples were asked for")
        if head[:4] != b"RIFF":
            return head
        if len(head) < _RIFF:
            return None
        if head[8:_RIFF] != b"WAVE":
            return head
        return self._after_header(head)

    def _after_header(self, head: bytes) -> bytes | None:
        at = _RIFF
        while at + 8 <= len(head):
            name, size = head[at : at + 4], int.from_bytes(head[at + 4 : at + 8], "little")
            at += 8
            if name == b"data":
                return head[at:]
            if at + size > _LONGEST_HEADER:
                raise NoSound("a WAV file without data")
            if name == b"fmt ":
                if at + size > len(head):
                    return None
                self._shaped(head[at : at + size])
            at += size + size % 2
        return None

    def _shaped(self, shape: bytes) -> None:
        if len(shape) < 16:
            raise NoSound("a WAV file with a format that is too short")
        form, channels, rate_hz, _, _, bits = struct.unpack("<HHIIHH", shape[:16])
        if form == _EXTENSIBLE and len(shape) >= 26:
            form = int.from_bytes(shape[24:26], "little")
        if form != 1 or bits != 16 or not 1 <= channels <= 8 or not 4_000 <= rate_hz <= 192_000:
            raise NoSound(f"a WAV file of format {form}, {bits} bits, {channels} channels at {rate_hz} Hz")
        self.rate_hz, self._channels = rate_hz, channels
