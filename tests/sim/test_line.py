"""The line: the same for the same seed, and as bad as it says."""

import numpy as np
import pytest

from ivr.audio import mulaw
from ivr.audio.pcm import Pcm
from ivr.sim.line import Line, LineSettings, active_dbfs, caller_speech, key_tone, pass_through

FRAME = b"\x20" * 160


def tone(hz: float, ms: int, rate_hz: int = 8000, amplitude: float = 8000) -> Pcm:
    at = np.arange(ms * rate_hz // 1000) / rate_hz
    return Pcm.of(amplitude * np.sin(2 * np.pi * hz * at), rate_hz)


def dbfs(mulaw_sound: bytes) -> float:
    return active_dbfs(mulaw.decode(mulaw_sound).array().astype(np.float64))


def test_a_clean_line_changes_nothing() -> None:
    assert Line().frame(FRAME) == FRAME


def test_the_band_is_limited() -> None:
    assert dbfs(pass_through(tone(1000, 1000))) > -17
    assert dbfs(pass_through(tone(100, 1000))) < -35
    assert dbfs(pass_through(tone(3900, 1000))) < -35


def test_lost_frames_are_silence_or_missing_and_seeded() -> None:
    silent = [Line(LineSettings(lost=0.2, seed=4)) for _ in range(2)]
    frames = [[line.frame(FRAME) for _ in range(500)] for line in silent]
    assert frames[0] == frames[1]
    assert 60 < frames[0].count(b"\xff" * 160) < 140
    missing = Line(LineSettings(lost=0.2, missing=True, seed=4))
    assert 60 < [missing.frame(FRAME) for _ in range(500)].count(None) < 140


@pytest.mark.parametrize("snr_db", [20.0, 10.0])
def test_noise_is_as_far_below_speech_as_said(snr_db: float) -> None:
    clip = tone(1000, 2000)
    noise = mulaw.decode(pass_through(clip, LineSettings(noise_snr_db=snr_db))).array().astype(np.float64)
    clean = mulaw.decode(pass_through(clip)).array().astype(np.float64)
    middle = slice(400, -400)
    measured = 20 * np.log10(np.std(clean[middle]) / np.std((noise - clean)[middle]))
    assert measured == pytest.approx(snr_db, abs=1)


def test_a_callers_line_is_trimmed_and_levelled() -> None:
    quiet = Pcm.silence(ms=500, rate_hz=16_000).samples
    clip = Pcm(quiet + tone(1000, 600, 16_000, amplitude=500).samples + quiet, 16_000)
    sound = caller_speech(clip)
    assert len(sound) == pytest.approx(600 * 8, abs=40)
    assert dbfs(sound) == pytest.approx(-22, abs=1)
    assert set(caller_speech(Pcm.silence(ms=100, rate_hz=8000))) == {0xFF}


def test_echo_brings_back_what_was_heard() -> None:
    line = Line(LineSettings(echo_db=-6))
    back = line.frame(b"\xff" * 160, heard=FRAME)
    assert back is not None
    level = mulaw.decode(back).array().astype(np.float64).mean() / mulaw.decode(FRAME).array().mean()
    assert level == pytest.approx(0.5, abs=0.05)


def test_keys_sound_as_their_two_tones() -> None:
    spectrum = np.abs(np.fft.rfft(mulaw.decode(key_tone("5", 200)).array().astype(np.float64)))
    peaks = sorted(np.argsort(spectrum)[-2:] * 5)
    assert peaks == [770, 1335]
