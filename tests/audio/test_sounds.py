import numpy as np
import pytest

from ivr.audio import level, tones
from ivr.audio.dtmf import PAIRS, tone
from ivr.audio.pcm import Pcm


def strongest_hz(pcm: Pcm, count: int) -> list[int]:
    spectrum = np.abs(np.fft.rfft(pcm.array() * np.hanning(len(pcm))))
    peaks = [n for n in range(1, len(spectrum) - 1) if spectrum[n] > spectrum[n - 1] and spectrum[n] >= spectrum[n + 1]]
    best = sorted(peaks, key=lambda n: -spectrum[n])[:count]
    return sorted(round(n * pcm.rate_hz / len(pcm)) for n in best)


@pytest.mark.parametrize("digit", list("0123456789*#ABCD"))
def test_a_key_sounds_its_two_frequencies(digit: str) -> None:
    key = tone(digit, 1000)
    assert strongest_hz(key, 2) == sorted(PAIRS[digit])
    assert key.ms == 1000
    assert level.clipped(key) == 0


def test_the_keypad_is_q23() -> None:
    assert (PAIRS["1"], PAIRS["5"], PAIRS["0"], PAIRS["#"]) == ((697, 1209), (770, 1336), (941, 1336), (941, 1477))


def test_ringback_rings_two_seconds_in_six() -> None:
    ring = tones.ringback(12_000)
    assert strongest_hz(Pcm(ring.samples[:16_000], 8000), 2) == [440, 480]
    values = ring.array()
    assert not values[16_000:48_000].any() and values[48_000:64_000].any()


@pytest.mark.parametrize("colour", ["white", "pink", "brown"])
def test_noise_has_its_level_and_its_seed(colour: tones.Colour) -> None:
    one = tones.noise(7, 2000, -35, colour)
    assert level.dbfs(one) == pytest.approx(-35, abs=0.1)
    assert one == tones.noise(7, 2000, -35, colour)
    assert one != tones.noise(8, 2000, -35, colour)


def test_pink_noise_falls_3_db_an_octave() -> None:
    power = np.abs(np.fft.rfft(tones.noise(1, 8000, -20, "pink").array().astype(float))) ** 2
    bins = 8  # to the hertz
    octaves = [10 * np.log10(power[hz * bins : 2 * hz * bins].mean()) for hz in (250, 500, 1000, 2000)]
    assert np.diff(octaves) == pytest.approx([-3, -3, -3], abs=0.7)


def test_hold_music_goes_on_and_differs_by_seed() -> None:
    music = tones.hold_music(1, 5000)
    assert music.ms == 5000 and music == tones.hold_music(1, 5000) and music != tones.hold_music(2, 5000)
    assert level.dbfs(music) == pytest.approx(-20, abs=0.3)
    seconds = music.array().astype(float).reshape(5, -1)
    assert (np.sqrt((seconds**2).mean(axis=1)) > 500).all()


def speech_like(dbfs: float) -> Pcm:
    """Half a second of sound, half a second of nothing, twice."""
    loud = tones.noise(3, 500, dbfs).samples
    return Pcm((loud + bytes(8000)) * 2, 8000)


def test_active_level_leaves_pauses_out() -> None:
    assert level.active_dbfs(speech_like(-26)) == pytest.approx(-26, abs=0.5)
    assert level.dbfs(speech_like(-26)) == pytest.approx(-29, abs=0.2)


@pytest.mark.parametrize("before", [-45, -20, -9])
def test_prompts_leave_at_minus_20(before: float) -> None:
    after = level.levelled(speech_like(before))
    assert level.active_dbfs(after) == pytest.approx(-20, abs=0.7)
    assert level.clipped(after) == 0


def test_gain_is_exact_below_the_limit_and_never_clips_above() -> None:
    quiet = Pcm.of(np.array([100, -200, 3000]), 8000)
    assert level.gained(quiet, 6.0206).array().tolist() == [200, -400, 6000]
    ramp = level.gained(Pcm.of(np.linspace(-32768, 32767, 5001), 8000), 20)
    assert level.clipped(ramp) == 0
    assert (np.diff(ramp.array().astype(int)) >= 0).all()


def test_silence_stays_silence() -> None:
    silence = Pcm.silence(ms=100, rate_hz=8000)
    assert level.dbfs(silence) == level.active_dbfs(silence) == -100
    assert level.levelled(silence) == silence
    assert level.levelled(Pcm(b"", 8000)) == Pcm(b"", 8000)
