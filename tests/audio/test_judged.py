"""A sound in figures."""

import numpy as np
import pytest

from ivr.audio.judged import judged
from ivr.audio.pcm import Pcm

RATE = 24_000


def tone(ms: int, amplitude: float) -> np.ndarray:
    return np.sin(np.arange(RATE * ms // 1000) * 2 * np.pi * 440 / RATE) * amplitude


def pcm(*parts: np.ndarray) -> Pcm:
    return Pcm.of(np.concatenate(parts), RATE)


def test_length_level_and_silence_around_it() -> None:
    found = judged(pcm(np.zeros(RATE // 2), tone(1000, 3277), np.zeros(RATE // 5)))
    assert (found.rate_hz, found.ms, found.lead_ms, found.tail_ms) == (RATE, 1700, 500, 200)
    assert found.active_dbfs == pytest.approx(-23, abs=0.3)
    assert found.silent == pytest.approx(0.7 / 1.7, abs=0.02)
    assert found.clipped == 0


def test_an_overdriven_sound_is_clipped() -> None:
    found = judged(pcm(np.clip(tone(1000, 60_000), -32768, 32767)))
    assert found.clipped > 0.5
    assert found.active_dbfs > -3


@pytest.mark.parametrize("samples", [np.zeros(RATE), np.zeros(0), np.zeros(10)])
def test_silence_is_silent(samples: np.ndarray) -> None:
    found = judged(Pcm.of(samples, RATE))
    assert (found.silent, found.clipped, found.active_dbfs) == (1.0, 0.0, -100.0)
