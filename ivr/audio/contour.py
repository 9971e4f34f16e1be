"""Where speech stands out of the line, to 10 ms: the voice activity detector says that somebody spoke and roughly when,
the loudness of the line says where exactly.

The detector is late at a soft onset, by up to half a second after a silent line, and it holds on after an end, the
longer the noisier the line. Both edges are therefore moved to where the sound rises over, and falls back to, the noise
of the line. Positions are samples at the line's rate, from the beginning of the sound given.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ivr.audio import mulaw

STEP_SAMPLES = 80
"""10 ms."""
MEASURED_STEPS = 10
"""From so many on the noise before speech is measured."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ContourSettings:
    """Levels are rms values of 16-bit samples; shares are of the utterance's own loudness."""

    least_rms: float = 20.0
    """What is softer than this (-64 dBFS) is no speech on any line."""
    begin_share: float = 0.03
    begin_over_noise: float = 1.6
    alone_over_noise: float = 2.5
    gap_ms: int = 150
    """Back from where the detector noticed, sound with pauses no longer than this belongs to the same speech."""
    reach_ms: int = 1000
    end_share: float = 0.0125
    end_over_noise: float = 1.2
    fade_ms_per_db: float = 4.3
    """Under noise the end of the fade is not seen: so much is added for each dB by which the noise stands above it."""
    longest_fade_ms: int = 120
    latest_end_ms: int = 30
    """The end lies at most so much after the last window in which the detector heard speech, and"""
    earliest_end_ms: int = 200
    """at most so much before the end of that window."""


@dataclass(frozen=True, slots=True)
class Noise:
    """The rms of a line's noise, as it is and sharpened (see `_steps`)."""

    plain: float = 0.0
    sharp: float = 0.0

    @classmethod
    def of(cls, steps: Floats) -> "Noise":
        return cls(*(float(rms) for rms in np.sqrt(np.mean(steps**2, axis=1))))

    def over(self, loud: Floats, ratio: float, least: float) -> NDArray[np.bool_]:
        """Which steps stand out in either of the two."""
        over = (loud[0] >= max(ratio * self.plain, least)) | (loud[1] >= max(ratio * self.sharp, 2 * least))
        return np.asarray(over, dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class Begin:
    sample: int
    noise: Noise
    """The line before it."""
    hidden: bool
    """The softest part of the onset may lie under the noise, earlier than `sample`."""


def begin_of_speech(
    sound: bytes, noticed: int, settings: ContourSettings, *, not_before: int = 0, known: Noise | None = None
) -> Begin:
    """Where speech begins that the detector noticed at `noticed`.

    `sound` is µ-law up to now; the more there is before the speech, the better the noise is known. Speech before
    `not_before` is another one. `known` is the line's noise as it was measured before.
    """
    loud = _steps(sound)
    at, first = min(noticed // STEP_SAMPLES, loud.shape[1] - 1), -(-not_before // STEP_SAMPLES)
    rough = Noise(*(float(np.percentile(row, 15)) for row in loud))
    if known is not None:
        rough = Noise(min(rough.plain, known.plain), min(rough.sharp, known.sharp))
    peak = float(loud[0, max(0, at - 20) :].max())
    wanted = max(settings.begin_share * peak, settings.least_rms)
    over = rough.over(loud, settings.begin_over_noise, wanted)
    clear = rough.over(loud, settings.alone_over_noise, wanted)
    over[1:-1] &= over[:-2] | over[2:] | clear[1:-1]  # else a lone step is the noise's own flicker
    ahead = np.flatnonzero(over[at:])
    begin = at + int(ahead[0]) if len(ahead) else at
    earliest = max(first, at - settings.reach_ms // 10)
    for step in np.flatnonzero(over[earliest:at])[::-1]:
        if min(begin, at) - earliest - int(step) > settings.gap_ms // 10:
            break
        begin = earliest + int(step)
    before = loud[:, max(first, begin - 63) : max(first, begin - 3)]
    noise = Noise.of(before) if before.shape[1] >= MEASURED_STEPS else known or rough
    hidden = settings.begin_over_noise * noise.plain > wanted
    return Begin(max(not_before, begin * STEP_SAMPLES), noise, hidden)


def end_of_speech(sound: bytes, last_heard: int, noise: Noise, settings: ContourSettings) -> int:
    """Where speech ends that the detector heard up to `last_heard`. `sound` is µ-law from the speech's beginning up to
    now, `noise` the line's noise before it."""
    loud = _steps(sound)
    if not loud.shape[1]:
        return last_heard
    latest = last_heard + settings.latest_end_ms * 8
    earliest = last_heard - settings.earliest_end_ms * 8
    voice = float(np.percentile(loud[0], 95))
    if noise.plain * 1.5 > voice:  # it was measured in the midst of speech
        noise = Noise()
    wanted = max(settings.end_share * voice, settings.least_rms)
    smooth = np.sqrt([np.convolve(row**2, np.ones(3) / 3, "same") for row in loud])
    searched = smooth[:, : min(loud.shape[1] - 1, latest // STEP_SAMPLES + 8)]
    over = np.flatnonzero(noise.over(searched, settings.end_over_noise, wanted))
    end = (int(over[-1]) + 1) * STEP_SAMPLES if len(over) else earliest
    hidden_db = 20 * math.log10(max(1.0, settings.end_over_noise * noise.plain / wanted))
    end += 8 * int(min(settings.longest_fade_ms, settings.fade_ms_per_db * hidden_db))
    return max(0, min(latest, max(earliest, end)))


def _steps(sound: bytes) -> Floats:
    """The rms of each whole 10 ms, in two rows: as it is, and sharpened by the difference of neighbours, in which a
    soft s or t stands out of noise that is strongest at the bottom."""
    samples = np.frombuffer(mulaw.samples(sound), "<i2").astype(np.float64)
    both = np.stack((samples, np.diff(samples, prepend=samples[:1])))
    whole = len(samples) // STEP_SAMPLES * STEP_SAMPLES
    return np.asarray(both[:, :whole].reshape(2, -1, STEP_SAMPLES).std(axis=2))  # about its mean: rumble is left out
