import numpy as np
import pytest

from ivr.audio import mulaw
from ivr.audio.pcm import Pcm


def test_every_byte_survives_a_round_trip() -> None:
    every = bytes(range(256))
    again = mulaw.encode(mulaw.decode(every))
    # G.711 has two zeros; 0x7f (negative zero) comes back as the positive one.
    assert again == every.replace(b"\x7f", b"\xff")


def test_g711_values() -> None:
    assert mulaw.decode(b"\x00\x80\xff").array().tolist() == [-32124, 32124, 0]


def test_silence_is_zero() -> None:
    assert mulaw.decode(mulaw.SILENCE * 160) == Pcm.silence(ms=20, rate_hz=8000)


def test_the_error_of_a_loud_tone_stays_38_db_below_it() -> None:
    tone = Pcm.of(10_000 * np.sin(np.arange(8000) * 2 * np.pi * 1004 / 8000), 8000)
    error = mulaw.decode(mulaw.encode(tone)).array().astype(float) - tone.array()
    assert 10 * np.log10(np.mean(tone.array().astype(float) ** 2) / np.mean(error**2)) > 37


def test_rms_of_a_square_wave_is_its_swing() -> None:
    assert mulaw.rms(Pcm.of(np.tile([500, -500], 128), 8000).samples) == 500


def test_another_rate_is_refused() -> None:
    with pytest.raises(AssertionError):
        mulaw.encode(Pcm.silence(ms=20, rate_hz=16_000))
