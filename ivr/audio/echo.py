"""Whether what comes back on the line is our own voice: the caller's sound compared with what was just played.

A speaker-phone gives back what it plays, later, softer, coloured by its room and bent by its amplifier. Two measures
find it. The waveform: where along the played sound the caller's correlates best, and how much of the caller's energy a
short filter of the played sound explains there. The contour: how the loudness of the bands rises and falls, which
survives what the waveform does not (a coder on the way, a distorting loudspeaker). What neither explains is the
caller's own. Levels and positions are of 8 kHz sound; lags are how much later the sound comes back than it was played.
"""

from dataclasses import dataclass
from math import log10, sqrt

import numpy as np
from numpy.typing import NDArray

from ivr.audio import mulaw
from ivr.units import BYTES_PER_MS

LEAST_LAG_MS = -40
"""When sound was played is reckoned from marks, which come back late themselves."""
MOST_LAG_MS = 640
NEAR_MS = 24
"""A lag that is known is looked for within so much of it."""
OVER_DB = 2.5
"""What the played sound does not explain is so much louder than the whole of the echo known: somebody speaks over it.
Of an echo alone it stays a decibel below, however coloured or bent."""
MOST_NOISE = 0.4
"""So much of the energy is put down to noise at most."""
CLEAR, UNCLEAR = 0.5, 0.16
"""Shares explained from which the contour need not be asked, and up to which it knows the lag better."""
STEP_MS = 10

LEAST = 1e-4
"""A share of energy that is none."""

_BEFORE, _TAPS = 8, 32
"""The filter: so many samples before the best lag, so many in all (4 ms)."""
_APART = np.abs(np.subtract.outer(np.arange(_TAPS), np.arange(_TAPS)))
_SOONER = np.minimum.outer(np.arange(_TAPS), np.arange(_TAPS))
_LATER = np.add.outer(np.arange(_TAPS), np.arange(_TAPS))
_FRAME = 256
_BAND_EDGES = np.array([10, 14, 19, 25, 33, 43, 57, 76, 108])
"""Bins of a 256-point transform, 312 to 3375 Hz, in eight bands as wide as hearing has them."""
_RANGE_DB = 30.0
_HANN = np.hanning(_FRAME).astype(np.float32)

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Echo:
    """How our voice comes back on this line."""

    lag_ms: float
    gain_db: float
    """How loud it is against what was played; negative: softer."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like the played sound the caller's is, at the lag that fits best."""

    echo: Echo
    explained: float
    """Share of the caller's energy, the noise of the line apart, that the filtered played sound explains: 0 to 1."""
    contour: float | None
    """Correlation of the bands' loudness, -1 to 1; None: the waveform tells all."""
    own_rms: float
    """What it does not explain, in differences of neighbours."""

    @property
    def explained_db(self) -> float:
        """How loud what is explained is against what was played: the echo is no softer."""
        return self.echo.gain_db + 10 * log10(max(LEAST, self.explained))

    @property
    def own_db(self) -> float:
        """How loud what is not explained is against what was played, the noise of the line apart."""
        return self.echo.gain_db + 10 * log10(max(LEAST, 1 - self.explained))


def played_span_ms(begin_ms: float, end_ms: float) -> tuple[float, float]:
    """Which of the played sound `compare` wants for a caller's sound from `begin_ms` to `end_ms`."""
    return begin_ms - MOST_LAG_MS, end_ms - LEAST_LAG_MS


def compare(caller: bytes, played: bytes, known: Echo | None = None, noise_rms: float = 0.0) -> Likeness | None:
    """Both µ-law; `played` is of `played_span_ms`. `known`: the lag is near this one's. `noise_rms`: of the line, in
    differences of neighbours. None: nothing was played."""
    x, y = _sharp(caller), _sharp(played)
    if len(y) <= len(x) or not np.any(y) or not np.any(x):
        return None
    first, last = 0, len(y) - len(x)
    if known is not None:
        centre = int((MOST_LAG_MS - known.lag_ms) * BYTES_PER_MS)
        first = min(last, max(0, centre - NEAR_MS * BYTES_PER_MS))
        last = max(first, min(last, centre + NEAR_MS * BYTES_PER_MS))
    at = _best_start(x, y, first, last)
    energy = _energy(x)
    noise = min(MOST_NOISE * energy, noise_rms**2 * len(x))
    fitting = min(energy, max(0.0, _explained(x, y, at)))
    explained = min(1.0, fitting / (energy - noise))
    contour: float | None = None
    if explained < CLEAR:
        contour, contour_at = _contour(x, y, first, last)
        at = contour_at if explained < UNCLEAR else at
    gain_db = 10 * log10((energy - noise) / max(1.0, _energy(y[at : at + len(x)])))
    return Likeness(
        Echo(MOST_LAG_MS - at / BYTES_PER_MS, gain_db), explained, contour, sqrt((energy - fitting) / len(x))
    )


def is_over(likeness: Likeness, known: Echo) -> bool:
    """Whether somebody speaks over the echo known: more is heard than that, and the played sound does not explain it.
    Where it explains most, the echo itself has become louder."""
    return likeness.explained < CLEAR and likeness.own_db > known.gain_db + OVER_DB


def is_echo(likeness: Likeness, known: Echo | None = None, *, wary: bool = False) -> bool:
    """Whether the caller's sound is what was played, coming back, and nothing of the caller's own. `wary`: it was
    taken for the caller before.

    Independent voices explain less than 0.2 of each other at their best lag, and less than 0.1 at a given one; their
    contours correlate by up to 0.8 and 0.6.
    """
    contour = -1.0 if likeness.contour is None else likeness.contour
    if known is None:
        share, little, alike = (0.26, 0.12, 0.72) if wary else (0.32, 0.16, 0.78)
    elif is_over(likeness, known):
        return False
    else:
        share, little, alike = (0.12, 0.05, 0.5) if wary else (0.18, 0.08, 0.62)
    return likeness.explained >= share or (likeness.explained >= little and contour >= alike)


def _sharp(sound: bytes) -> Floats:
    """The difference of neighbours: voices are strongest at the bottom, where all of them are alike."""
    samples = np.frombuffer(mulaw.samples(sound), "<i2").astype(np.float32)
    return np.diff(samples, prepend=samples[:1]) if len(samples) else samples


def _best_start(x: Floats, y: Floats, first: int, last: int) -> int:
    """Where in `y` the sound lies that `x` correlates with best, in either sign."""
    part = y[first : last + len(x)]
    size = _good_size(len(part))
    spectrum = np.fft.rfft(part, size) * np.conj(np.fft.rfft(x, size))
    products = np.fft.irfft(spectrum, size)[: last - first + 1]
    sums = np.concatenate((np.zeros(1), np.cumsum(part.astype(np.float64) ** 2)))
    energies = sums[len(x) :] - sums[: len(sums) - len(x)]
    floor = 0.05 * float(energies.max()) + 1.0
    return first + int(np.argmax(products**2 / np.maximum(energies[: len(products)], floor)))


def _explained(x: Floats, y: Floats, at: int) -> float:
    """How much of the caller's energy the best short filter of the played sound near `at` explains."""
    begin = at - (_TAPS - 1 - _BEFORE)
    around = y[max(0, begin) : at + len(x) + _BEFORE]
    around = np.pad(around, (max(0, -begin), 0))
    around = np.pad(around, (0, max(0, len(x) + _TAPS - 1 - len(around))))
    cross = np.correlate(around, x, "valid").astype(np.float64)
    gram = _gram(around, len(x))
    gram[np.diag_indices(_TAPS)] += 1e-3 * gram.trace() / _TAPS + 1.0
    taps = np.linalg.solve(gram, cross)
    return float(2 * np.dot(taps, cross) - taps @ gram @ taps)


def _gram(around: Floats, count: int) -> NDArray[np.float64]:
    """How alike the played sound is to itself some taps later. Each tap's part of it begins and ends a sample after
    the one before: a syllable that begins or ends there makes a difference, so it is counted in and out."""
    first = np.correlate(around, around[:count], "valid").astype(np.float64)
    none = np.zeros(_TAPS + 1, np.float32)
    gone, come = np.concatenate((around[:_TAPS], none)), np.concatenate((around[count:], none))
    steps = come[_LATER] * come[:_TAPS, None] - gone[_LATER] * gone[:_TAPS, None]
    change = np.zeros((_TAPS, _TAPS))
    np.cumsum(steps[:-1], axis=0, out=change[1:])
    return np.asarray(first[_APART] + change[_SOONER, _APART])


def _contour(x: Floats, y: Floats, first: int, last: int) -> tuple[float, int]:
    """The best correlation of the bands' loudness, and where in `y` it is found."""
    step = STEP_MS * BYTES_PER_MS
    mine, theirs = _bands(x), _bands(y[first : last + len(x)])
    count = len(mine)
    if count < 8 or len(theirs) < count:
        return 0.0, first
    windows = np.lib.stride_tricks.sliding_window_view(theirs, count, axis=0)
    mine = (mine - mine.mean(axis=0)).T
    windows = windows - windows.mean(axis=2, keepdims=True)
    products = np.einsum("lbt,bt->l", windows, mine)
    sizes = np.sqrt(np.einsum("lbt,lbt->l", windows, windows) * float((mine**2).sum()))
    values = products / np.maximum(sizes, 1e-3)
    best = int(np.argmax(values))
    return float(values[best]), first + best * step


def _bands(sound: Floats) -> Floats:
    """dB of eight bands every 10 ms, none further than 30 dB below the loudest."""
    step = STEP_MS * BYTES_PER_MS
    if len(sound) < _FRAME:
        return np.zeros((0, len(_BAND_EDGES) - 1), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(sound, _FRAME)[::step]
    power = np.abs(np.fft.rfft(frames * _HANN, axis=1)) ** 2
    db = 10 * np.log10(np.add.reduceat(power, _BAND_EDGES, axis=1)[:, :-1] + 1.0)
    return np.asarray(np.maximum(db, db.max() - _RANGE_DB), dtype=np.float32)


def _energy(sound: Floats) -> float:
    return float(np.dot(sound, sound))


def _good_size(least: int) -> int:
    """The next length that a transform does quickly."""
    size = 1 << (least - 1).bit_length()
    return size * 3 // 4 if size * 3 // 4 >= least else size
