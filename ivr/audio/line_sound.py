"""What the bytes of the line themselves tell of it: samples at full scale, lost pieces, a wrong encoding, an offset.

All of it is read off µ-law as it came, a second at a time, in a few microseconds.
"""

from collections.abc import Iterator
from typing import Final

from ivr.audio import mulaw
from ivr.units import FRAME_BYTES

SILENT_FRAME: Final = mulaw.SILENCE * FRAME_BYTES
"""What stands in the place of a lost piece: on no real line are 20 ms without any noise."""
SILENT_SECOND: Final = 50 * SILENT_FRAME
LONGEST_HOLE_FRAMES: Final = 5
"""A longer silence may be the caller's own."""
EDGE_SAMPLES: Final = 40
"""5 ms on each side of a hole, a pitch of a low voice,"""
EDGE_CODE: Final = 0x60
"""in which a sample must be louder than this code (372 of 32768, -39 dBFS): sound that was cut, not one that ended. So
a good half of the pieces lost in speech are found."""

_LOUDEST: Final = (b"\x00", b"\x80")
_NEAR_ZERO: Final = bytes((0xFF, 0x7F, 0xFE, 0x7E))
"""The codes of the softest samples in µ-law,"""
_NEAR_ZERO_ALAW: Final = bytes((0xD5, 0x55, 0xD4, 0x54))
"""and in A-law, where they are what a pause is made of (G.711)."""


def clipped(sound: bytes | bytearray) -> int:
    """How many samples stand at the end of the scale."""
    return sound.count(_LOUDEST[0]) + sound.count(_LOUDEST[1])


def holes(sound: bytes | bytearray) -> Iterator[int]:
    """Which 20 ms, counted from the beginning of `sound`, are silence that cuts into sound: pieces that were lost
    before they came to us. Those at either end of `sound` are not told."""
    if SILENT_FRAME not in sound or sound == SILENT_SECOND:
        return
    last = len(sound) // FRAME_BYTES - 1
    at = 1
    while at < last:
        end = at
        while end < last and sound[end * FRAME_BYTES : (end + 1) * FRAME_BYTES] == SILENT_FRAME:
            end += 1
        if 0 < end - at <= LONGEST_HOLE_FRAMES and _cut(sound, at * FRAME_BYTES, end * FRAME_BYTES):
            yield from range(at, end)
        at = end + 1


def zeros(sound: bytes | bytearray) -> tuple[int, int]:
    """How many of the softest samples there are if this is µ-law, and how many if it is A-law."""
    told = bytes(sound)
    return len(told) - len(told.translate(None, _NEAR_ZERO)), len(told) - len(told.translate(None, _NEAR_ZERO_ALAW))


def _cut(sound: bytes | bytearray, begin: int, end: int) -> bool:
    before, after = sound[begin - EDGE_SAMPLES : begin], sound[end : end + EDGE_SAMPLES]
    return all(min(code & 0x7F for code in edge) < EDGE_CODE for edge in (before, after))
