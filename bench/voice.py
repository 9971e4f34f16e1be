"""What a caller of the load tests says: the offline voice over a telephone's line, made before the call."""

import base64
from typing import Final

import py_nanotts

from ivr.audio.pcm import Pcm
from ivr.sim import caller_speech
from ivr.units import FRAME_BYTES

RATE_HZ: Final = 16_000
LINE: Final = "I want to know how much of it is still there"
"""Its end is heard within a few ms wherever it falls on the detector's windows. A line that ends in a soft sound does
not do: half of the time its end is heard 50 ms early, and the answer comes before its pause is over."""


def spoken(line: str) -> bytes:
    """µ-law at the line's rate."""
    return caller_speech(Pcm(py_nanotts.NanoTTS().speak(line, voice="en-US"), RATE_HZ))


def line_frames(line: str = LINE) -> list[bytes]:
    """Its frames in base64. All are full, so that the end of the last is the end of speech."""
    sound = spoken(line)
    places = range(0, len(sound) - FRAME_BYTES + 1, FRAME_BYTES)
    return [base64.b64encode(sound[at : at + FRAME_BYTES]) for at in places]
