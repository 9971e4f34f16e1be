"""Sounds of a telephone line that are not speech, made by code: the same seed gives the same samples."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ivr.audio.pcm import Pcm
from ivr.units import LINE_RATE_HZ

Colour = Literal["white", "pink", "brown"]

_STEEPNESS: dict[Colour, float] = {"white": 0.0, "pink": 0.5, "brown": 1.0}
_TONE_DBFS = -19.0
_MUSIC_DBFS = -20.0
_MUSIC_BEAT_MS = 400
_CHORDS_HZ = ((261.6, 329.6, 392.0), (220.0, 261.6, 329.6), (174.6, 220.0, 261.6), (196.0, 246.9, 293.7))


def ringback(ms: int, rate_hz: int = LINE_RATE_HZ) -> Pcm:
    """What a caller hears while the far end rings, North American: 440 and 480 Hz, 2 s on, 4 s off."""
    return _cadence(ms, rate_hz, pair=(440, 480), on_ms=2000, off_ms=4000)


def busy(ms: int, rate_hz: int = LINE_RATE_HZ) -> Pcm:
    """480 and 620 Hz, half a second on, half a second off."""
    return _cadence(ms, rate_hz, pair=(480, 620), on_ms=500, off_ms=500)


def message_tone(ms: int = 400, rate_hz: int = LINE_RATE_HZ) -> Pcm:
    """The tone after which a caller speaks a message: 1000 Hz, softly begun and ended."""
    at = np.arange(ms * rate_hz // 1000) / rate_hz
    edge = np.minimum(1, np.minimum(at, ms / 1000 - at) / 0.01)
    peak = 32767 * 10 ** (_TONE_DBFS / 20) * np.sqrt(2)
    return Pcm.of(peak * np.sin(2 * np.pi * 1000 * at) * np.maximum(0, edge), rate_hz)


def noise(seed: int, ms: int, dbfs: float, colour: Colour = "pink", rate_hz: int = LINE_RATE_HZ) -> Pcm:
    """Steady noise at this rms level; pink falls by 3 dB an octave, brown by 6."""
    count = ms * rate_hz // 1000
    if count == 0:
        return Pcm(b"", rate_hz)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    order = np.arange(len(spectrum), dtype=np.float64)
    order[0] = 1
    spectrum /= order ** _STEEPNESS[colour]
    spectrum[0] = 0
    return _at_level(np.fft.irfft(spectrum, count), dbfs, rate_hz)


def hold_music(seed: int, ms: int, rate_hz: int = LINE_RATE_HZ) -> Pcm:
    """Plucked chords and a melody over them; different for each seed."""
    random = np.random.default_rng(seed)
    beat = _MUSIC_BEAT_MS * rate_hz // 1000
    count = ms * rate_hz // 1000
    sound = np.zeros(count + 4 * beat)
    for number, begin in enumerate(range(0, count, beat)):
        chord = _CHORDS_HZ[number // 4 % len(_CHORDS_HZ)]
        notes = [2 * chord[int(random.integers(len(chord)))]] + (list(chord) if number % 4 == 0 else [])
        for hz in notes:
            sound[begin : begin + 4 * beat] += _pluck(hz, 4 * beat, rate_hz)
    return _at_level(sound[:count], _MUSIC_DBFS, rate_hz)


def _pluck(hz: float, count: int, rate_hz: int) -> NDArray[np.float64]:
    at = np.arange(count) / rate_hz
    partials = sum(np.sin(2 * np.pi * n * hz * at) / n**1.5 for n in range(1, 5) if n * hz < rate_hz / 2)
    return np.asarray(partials * np.exp(-3 * at) * np.minimum(1, at / 0.005))


def _cadence(ms: int, rate_hz: int, *, pair: tuple[int, int], on_ms: int, off_ms: int) -> Pcm:
    at = np.arange(ms * rate_hz // 1000) / rate_hz
    peak = 32767 * 10 ** (_TONE_DBFS / 20) * np.sqrt(2)
    sound = sum(peak * np.sin(2 * np.pi * hz * at) for hz in pair)
    return Pcm.of(sound * ((at * 1000) % (on_ms + off_ms) < on_ms), rate_hz)


def _at_level(values: NDArray[np.float64], dbfs: float, rate_hz: int) -> Pcm:
    rms = np.sqrt(np.mean(values**2)) if len(values) else 0.0
    return Pcm.of(values * (32768 * 10 ** (dbfs / 20) / rms) if rms else values, rate_hz)
