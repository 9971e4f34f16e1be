"""The sixteen key tones, made (ITU-T Q.23)."""

import numpy as np

from ivr.audio.pcm import Pcm
from ivr.units import LINE_RATE_HZ

LOW_HZ = (697, 770, 852, 941)
HIGH_HZ = (1209, 1336, 1477, 1633)
KEYS = ("123A", "456B", "789C", "*0#D")

PAIRS = {KEYS[row][column]: (LOW_HZ[row], HIGH_HZ[column]) for row in range(4) for column in range(4)}
"""The two frequencies of each key."""

TONE_DBFS = -13.0
"""Level of each of the two tones."""


def tone(digit: str, ms: int, rate_hz: int = LINE_RATE_HZ) -> Pcm:
    """One key, held for so long. `digit` is one of 0-9, *, #, A-D; another is our own misuse."""
    at = np.arange(ms * rate_hz // 1000) / rate_hz
    peak = 32767 * 10 ** (TONE_DBFS / 20) * np.sqrt(2)
    return Pcm.of(sum(peak * np.sin(2 * np.pi * hz * at) for hz in PAIRS[digit]), rate_hz)
