"""Sounds that people make and that are no words: coughs, a cleared throat, laughs, sneezes, sniffs, sighs; made by
code, the same for the same seed. A throat is a source (pulses of the glottis, breath) behind resonances.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ivr.audio.pcm import Pcm
from ivr.units import LINE_RATE_HZ

Floats = NDArray[np.float64]

_OPEN = ((700, 110), (1200, 120), (2500, 200))
_NEUTRAL = ((500, 90), (1500, 130), (2500, 200))
_CLOSED = ((280, 80), (1000, 250), (2200, 300))
_HISS = ((1500, 600), (2600, 500), (3200, 600))


def made(seed: int) -> dict[str, Pcm]:
    """One of each kind, at the loudness of speech."""
    chance = np.random.default_rng(seed)
    parts = {
        "cough": _cough(chance),
        "two coughs": np.concatenate((_cough(chance), _pause(250), _cough(chance))),
        "throat cleared": _throat(chance),
        "laugh": _laugh(chance),
        "sneeze": _sneeze(chance),
        "sniff": _breath(chance, 260, _HISS) * 0.4,
        "sigh": _breath(chance, 700, _NEUTRAL) * 0.5,
        "lips and knock": np.concatenate((_burst(chance, 25), _pause(90), _burst(chance, 40))),
    }
    return {name: Pcm.of(_levelled(sound), LINE_RATE_HZ) for name, sound in parts.items()}


def _cough(chance: np.random.Generator) -> Floats:
    """The glottis bursts open, breath rushes out, the cords close again."""
    rush = _breath(chance, int(chance.integers(140, 240)), _OPEN, attack_ms=4)
    voiced = _voiced(chance, int(chance.integers(60, 140)), (210, 130), _NEUTRAL) * 0.7
    return np.concatenate((_burst(chance, 30) * 1.6, rush, voiced))


def _throat(chance: np.random.Generator) -> Floats:
    length_ms = int(chance.integers(280, 420))
    creak = _voiced(chance, length_ms, (75, 95), _NEUTRAL, jitter=0.25)
    rough = creak + 0.5 * _breath(chance, length_ms, _NEUTRAL)[: len(creak)]
    return np.concatenate((rough, _pause(60), _voiced(chance, 220, (110, 95), _CLOSED) * 0.8))


def _laugh(chance: np.random.Generator) -> Floats:
    pitch = float(chance.uniform(170, 320))
    parts: list[Floats] = []
    for number in range(int(chance.integers(3, 6))):
        high = pitch * (1 - 0.06 * number)
        parts += [_breath(chance, 70, _OPEN) * 0.5, _voiced(chance, 90, (high, 0.9 * high), _OPEN), _pause(35)]
    return np.concatenate(parts)


def _sneeze(chance: np.random.Generator) -> Floats:
    breath_in = _breath(chance, 350, _NEUTRAL, attack_ms=300) * 0.3
    vowel = _voiced(chance, 110, (180, 260), _OPEN)
    return np.concatenate((breath_in, vowel, _burst(chance, 20) * 1.5, _breath(chance, 260, _HISS, attack_ms=3) * 1.3))


def _voiced(
    chance: np.random.Generator,
    length_ms: int,
    pitch_hz: tuple[float, float],
    resonances: Sequence[tuple[int, int]],
    jitter: float = 0.02,
) -> Floats:
    count = length_ms * LINE_RATE_HZ // 1000
    pulses, at = np.zeros(count), 0.0
    while at < count:
        pulses[int(at)] = 1.0
        pitch = pitch_hz[0] + (pitch_hz[1] - pitch_hz[0]) * at / count
        at += LINE_RATE_HZ / pitch * (1 + jitter * float(chance.standard_normal()))
    return _faded(_through(pulses, resonances), 15)


def _breath(
    chance: np.random.Generator, length_ms: int, resonances: Sequence[tuple[int, int]], attack_ms: int = 20
) -> Floats:
    count = length_ms * LINE_RATE_HZ // 1000
    shape = np.minimum(1, np.arange(count) / (attack_ms * 8)) * np.exp(-np.arange(count) / (count * 0.6))
    return np.asarray(_through(chance.standard_normal(count), resonances) * shape)


def _burst(chance: np.random.Generator, length_ms: int) -> Floats:
    count = length_ms * LINE_RATE_HZ // 1000
    return _faded(chance.standard_normal(count) * np.exp(-np.arange(count) / (count * 0.3)), 1)


def _through(source: Floats, resonances: Sequence[tuple[int, int]]) -> Floats:
    size = 2 * len(source)
    at_hz = np.fft.rfftfreq(size, 1 / LINE_RATE_HZ)
    passes = sum(1 / (1 + ((at_hz - hz) / width) ** 2) for hz, width in resonances)
    sound = np.fft.irfft(np.fft.rfft(source, size) * passes, size)[: len(source)]
    return np.asarray(sound / max(1e-9, float(np.sqrt(np.mean(sound**2)))))


def _faded(sound: Floats, ms: int) -> Floats:
    edge = min(len(sound) // 2, ms * 8)
    shape = np.ones(len(sound))
    shape[:edge], shape[len(sound) - edge :] = np.linspace(0, 1, edge), np.linspace(1, 0, edge)
    return np.asarray(sound * shape)


def _pause(ms: int) -> Floats:
    return np.zeros(ms * LINE_RATE_HZ // 1000)


def _levelled(sound: Floats) -> Floats:
    """As loud as a caller's speech, peaks below the end of the scale."""
    loud = sound * (2600 / max(1e-9, float(np.sqrt(np.mean(sound[np.abs(sound) > 0.05 * np.abs(sound).max()] ** 2)))))
    return np.asarray(np.clip(loud, -30_000, 30_000))
