"""What a caller of the load tests says: the offline voice over a telephone's line, made before the call."""

import py_nanotts

from ivr.audio.pcm import Pcm
from ivr.sim import caller_speech

RATE_HZ = 16_000


def spoken(line: str) -> bytes:
    """µ-law at the line's rate."""
    return caller_speech(Pcm(py_nanotts.NanoTTS().speak(line, voice="en-US"), RATE_HZ))
