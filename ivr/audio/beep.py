"""Single tones on the line: the beep behind a machine's greeting, and the tone by which a fax says that it is one.

A voice has many tones at once, a key two, the tones of a network two or none above 800 Hz: what is nearly all at one
pitch, and stays there, is neither.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ivr.audio import mulaw
from ivr.units import LINE_RATE_HZ

BLOCK: Final = 160
"""20 ms."""
_BLOCK_MS: Final = BLOCK * 1000 // LINE_RATE_HZ
_PADDED: Final = 1024
_HZ_PER_BIN: Final = LINE_RATE_HZ / _PADDED
_NEAR_BINS: Final = 16
"""The width of one tone in a block of 20 ms."""
_SHARE: Final = 0.85
"""Of the sound that lies at one pitch."""
_LEAST_RMS: Final = 400
_SAME_HZ: Final = 30.0
_LOWEST_HZ, _HIGHEST_HZ = 800.0, 2250.0
_FAX_HZ: Final = 2050.0
"""From here up it is the answer tone of a fax or a modem (2100 Hz), once it lasts."""
_BEEP_MS: Final = 150
_LONGEST_BEEP_MS: Final = 3_000
_FAX_MS: Final = 1_000
_WINDOW: Final = np.hanning(BLOCK)


class BeepFinder:
    """µ-law in, of any length; `beeps` counts those that are over, `fax` is set once its tone has lasted."""

    def __init__(self) -> None:
        self.beeps = 0
        self.fax = False
        self._rest = b""
        self._hz = 0.0
        self._lasts_ms = 0

    def feed(self, sound: bytes) -> None:
        whole = self._rest + sound
        full = len(whole) - len(whole) % BLOCK
        self._rest = whole[full:]
        for at in range(0, full, BLOCK):
            self._block(mulaw.decode(whole[at : at + BLOCK]).array())

    def _block(self, samples: NDArray[np.int16]) -> None:
        hz = _pitch(samples)
        if hz is not None and self._lasts_ms and abs(hz - self._hz) <= _SAME_HZ:
            self._lasts_ms += _BLOCK_MS
            self.fax = self.fax or (hz >= _FAX_HZ and self._lasts_ms >= _FAX_MS)
            return
        if _BEEP_MS <= self._lasts_ms <= _LONGEST_BEEP_MS and self._hz < _FAX_HZ:
            self.beeps += 1
        self._hz, self._lasts_ms = (0.0, 0) if hz is None else (hz, _BLOCK_MS)


def _pitch(samples: NDArray[np.int16]) -> float | None:
    """Of the one tone there is; None: there is none, or not one alone."""
    values = samples.astype(np.float64)
    values -= values.mean()
    if np.sqrt(np.mean(values**2)) < _LEAST_RMS:
        return None
    power = np.abs(np.fft.rfft(values * _WINDOW, _PADDED)) ** 2
    peak = int(np.argmax(power))
    hz = peak * _HZ_PER_BIN
    if not _LOWEST_HZ <= hz <= _HIGHEST_HZ:
        return None
    near = power[max(0, peak - _NEAR_BINS) : peak + _NEAR_BINS + 1].sum()
    return hz if near >= _SHARE * power.sum() else None
