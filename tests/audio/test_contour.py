"""Bursts of noise stand for speech; the detector's part is played by a position it might have told."""

import numpy as np
import pytest

from ivr.audio import mulaw
from ivr.audio.contour import ContourSettings, Noise, begin_of_speech, end_of_speech
from ivr.audio.pcm import Pcm
from ivr.audio.tones import noise
from ivr.sim.line import band_limited

SETTINGS = ContourSettings()
EXACT = ContourSettings(fade_ms_per_db=0)


def line(*parts: tuple[int, float | None], hiss: float | None = None) -> bytes:
    """Parts of so many ms at so many dBFS (None: silence), over a line's hiss."""
    sound = np.concatenate([_part(number, ms, dbfs) for number, (ms, dbfs) in enumerate(parts)])
    if hiss is not None:
        sound = sound + band_limited(
            noise(99, len(sound) // 8, hiss).array().astype(float), rms=32768 * 10 ** (hiss / 20)
        )
    return mulaw.encode(Pcm.of(sound, 8000))


def _part(seed: int, ms: int, dbfs: float | None) -> np.ndarray:
    return np.zeros(8 * ms) if dbfs is None else noise(seed, ms, dbfs, "white").array().astype(float)


def begin_ms(sound: bytes, noticed_ms: int, not_before_ms: int = 0, known: Noise | None = None) -> float:
    found = begin_of_speech(sound, 8 * noticed_ms, SETTINGS, not_before=8 * not_before_ms, known=known)
    return found.sample / 8


@pytest.mark.parametrize("hiss", [None, -60, -45])
@pytest.mark.parametrize("noticed_ms", [940, 1000, 1100, 1400])
def test_the_beginning_is_where_the_sound_rises(hiss: float | None, noticed_ms: int) -> None:
    sound = line((1000, None), (500, -25), hiss=hiss)
    assert begin_ms(sound, noticed_ms) == pytest.approx(1000, abs=10)


def test_a_first_word_that_the_detector_missed_belongs_to_it() -> None:
    sound = line((1000, None), (250, -28), (120, None), (400, -25), hiss=-60)
    assert begin_ms(sound, 1450) == pytest.approx(1000, abs=10)


def test_a_click_long_before_does_not() -> None:
    sound = line((700, None), (20, -20), (280, None), (400, -25))
    assert begin_ms(sound, 1080) == pytest.approx(1000, abs=10)


def test_it_does_not_reach_back_into_what_was_said_before() -> None:
    sound = line((1000, -25), (60, None), (400, -25))
    assert begin_ms(sound, 1100, 1000, Noise()) == pytest.approx(1060, abs=10)


def test_it_reaches_back_a_second_at_most() -> None:
    assert begin_ms(line((300, None), (1300, -25)), 1500) == pytest.approx(500, abs=10)


@pytest.mark.parametrize(("hiss", "hidden"), [(None, False), (-60, False), (-40, True)])
def test_noise_may_hide_the_soft_part_of_an_onset(hiss: float | None, hidden: bool) -> None:
    assert begin_of_speech(line((1000, None), (300, -25), hiss=hiss), 8 * 1100, SETTINGS).hidden is hidden


def noise_of(hiss: float) -> Noise:
    return begin_of_speech(line((1000, None), (300, -25), hiss=hiss), 8 * 1050, SETTINGS).noise


def test_a_noise_known_from_before_is_kept_where_there_is_no_silence_to_measure() -> None:
    sound = line((1000, -25), (60, None), (400, -25))
    assert begin_of_speech(sound, 8 * 1100, SETTINGS, not_before=8 * 1000, known=Noise(30, 20)).noise == Noise(30, 20)


def test_speech_taken_for_noise_does_not_hide_its_own_end() -> None:
    sound = line((800, -25), (300, None))
    loud = begin_of_speech(sound[: 8 * 800], 8 * 300, SETTINGS).noise
    assert end_of_speech(sound, 8 * 850, loud, SETTINGS) / 8 == pytest.approx(800, abs=20)


def test_the_noise_before_is_measured() -> None:
    measured = noise_of(-45)
    assert 20 * np.log10(measured.plain / 32768) == pytest.approx(-45, abs=1)


@pytest.mark.parametrize("hiss", [None, -60, -45])
@pytest.mark.parametrize("last_heard_ms", [700, 800, 900])
def test_the_end_is_where_the_sound_falls(hiss: float | None, last_heard_ms: int) -> None:
    quiet = Noise() if hiss is None else noise_of(hiss)
    sound = line((800, -25), (300, None), hiss=hiss)
    latest_ms = last_heard_ms + EXACT.latest_end_ms
    assert end_of_speech(sound, 8 * last_heard_ms, quiet, EXACT) / 8 == pytest.approx(min(800, latest_ms), abs=20)


def test_the_end_is_not_far_from_where_the_detector_heard_it() -> None:
    sound = line((300, -25), (800, None))
    assert end_of_speech(sound, 8 * 1000, Noise(), SETTINGS) == 8 * (1000 - SETTINGS.earliest_end_ms)


def test_under_noise_a_hidden_fade_is_added() -> None:
    sound, heard = line((800, -25), (300, None), hiss=-38), noise_of(-38)
    assert end_of_speech(sound, 8 * 900, heard, SETTINGS) > end_of_speech(sound, 8 * 900, heard, EXACT) + 8 * 40


def test_no_sound_leaves_the_end_to_the_detector() -> None:
    assert end_of_speech(b"", 160, Noise(), SETTINGS) == 160
