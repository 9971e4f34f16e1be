"""Whether what was heard is a voice's sound of given words: the two sounds are laid side by side.

A voice that is a program says the same words in the same way each time, so that its own sound of a text is the best
description of what is to be heard; a recogniser of small size mishears it one time in five. Both sounds become frames
of 10 ms (12 mel cepstra, no level), silence is left out, and the wanted frames are fitted into the heard ones, at most
twice as fast or as slow. The words are there when the frames differ little on the whole, and nowhere much for a quarter
of a second: a "nine" in the place of a "five" does.

Of 285 texts that samples want to hear, recognition finds 234 and the two together 279; of the 689 sentences most like
other ones two are taken for them.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ivr.audio.pcm import Pcm

Frames = NDArray[np.float32]

RATE_HZ: Final = 8000
MOST: Final = ((13.0, 20.0), (11.0, 22.0))
"""So much may all frames differ on the whole, and 25 of them in a row."""
_IN_A_ROW: Final = 25
_STEP, _SPAN = 80, 256
_BANDS, _CEPSTRA = 24, 13
_LOWEST_HZ, _HIGHEST_HZ = 150, 3700
_FLOOR: Final = 1e3
_SILENT_BELOW: Final = 0.02
"""Of the loudest frame."""
_FEWEST: Final = 20
"""A shorter sound is in any longer one."""


def holds(heard: Pcm, wanted: Pcm) -> bool:
    """Both at 8 kHz."""
    assert heard.rate_hz == wanted.rate_hz == RATE_HZ, "the sound of a telephone line"
    want, found = frames_of(wanted), frames_of(heard)
    if len(want) < _FEWEST or len(found) * 2 < len(want):
        return False
    along = fitted(want, found)
    row = min(_IN_A_ROW, len(along))
    worst = float(np.convolve(along, np.full(row, 1 / row), "valid").max())
    mean = float(along.mean())
    return any(mean <= most_mean and worst <= most for most_mean, most in MOST)


def frames_of(sound: Pcm) -> Frames:
    """A row for each 10 ms that is not silent."""
    samples = sound.array().astype(np.float32)
    if len(samples) < _SPAN:
        return np.zeros((0, _CEPSTRA - 1), np.float32)
    starts = _STEP * np.arange(1 + (len(samples) - _SPAN) // _STEP)
    cut = samples[starts[:, None] + np.arange(_SPAN)[None]]
    level = np.sqrt(np.mean(cut**2, axis=1))
    cut = cut[level > _SILENT_BELOW * max(float(level.max()), 1.0)]
    power = np.abs(np.fft.rfft(cut * np.hamming(_SPAN).astype(np.float32), axis=1)) ** 2
    bands = np.log(power @ _MEL.T + _FLOOR)
    found: Frames = (bands @ _COSINES.T)[:, 1:].astype(np.float32)
    return found


def fitted(want: Frames, found: Frames) -> Frames:
    """How much each wanted frame differs from that it is laid to, where all together differ least."""
    costs = np.sqrt(np.maximum(_squares(want, found), 0))
    best = costs[0].copy()
    came = np.zeros(costs.shape, np.int8)
    ways = np.empty((3, len(found)), np.float32)
    for at in range(1, len(want)):
        here = costs[at]
        ways.fill(np.inf)
        ways[0] = best + here / 2  # the heard frame stays
        ways[1, 1:] = best[:-1]
        ways[2, 2:] = best[:-2] + here[1:-1] / 2  # one is passed over
        came[at] = ways.argmin(axis=0)
        best = here + ways.min(axis=0)
    place = int(best.argmin())
    along = np.empty(len(want), np.float32)
    for at in range(len(want) - 1, -1, -1):
        along[at] = costs[at, place]
        place -= int(came[at, place]) if at else 0
    return along


def _squares(want: Frames, found: Frames) -> Frames:
    squares: Frames = (want**2).sum(1)[:, None] + (found**2).sum(1)[None] - 2 * want @ found.T
    return squares


def _mel_bands() -> Frames:
    def mel(hz: float) -> float:
        return float(2595 * np.log10(1 + hz / 700))

    edges_hz = 700 * (10 ** (np.linspace(mel(_LOWEST_HZ), mel(_HIGHEST_HZ), _BANDS + 2) / 2595) - 1)
    bins = np.floor((_SPAN + 1) * edges_hz / RATE_HZ).astype(int)
    bands = np.zeros((_BANDS, _SPAN // 2 + 1), np.float32)
    for band in range(_BANDS):
        low, peak, high = bins[band], max(bins[band + 1], bins[band] + 1), max(bins[band + 2], bins[band + 1] + 2)
        bands[band, low:peak] = (np.arange(low, peak) - low) / (peak - low)
        bands[band, peak:high] = (high - np.arange(peak, high)) / (high - peak)
    return bands


_MEL: Final = _mel_bands()
_COSINES: Final = np.cos(np.pi * np.outer(np.arange(_CEPSTRA), np.arange(_BANDS) + 0.5) / _BANDS).astype(np.float32)
