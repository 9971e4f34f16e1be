"""Single tones are told from everything else on a line."""

import numpy as np
import pytest

from ivr.audio import dtmf, mulaw, tones
from ivr.audio.beep import BeepFinder
from ivr.audio.pcm import Pcm
from ivr.models.offline.instant import speech_like
from ivr.units import LINE_RATE_HZ


def sine(hz: float, ms: int, level: float = 0.2) -> bytes:
    at = np.arange(ms * LINE_RATE_HZ // 1000) / LINE_RATE_HZ
    return mulaw.encode(Pcm.of(32767 * level * np.sin(2 * np.pi * hz * at), LINE_RATE_HZ))


def found(*sounds: bytes, at_once: int = 160) -> BeepFinder:
    finder = BeepFinder()
    whole = b"".join(sounds) + b"\xff" * 800
    for at in range(0, len(whole), at_once):
        finder.feed(whole[at : at + at_once])
    return finder


@pytest.mark.parametrize("hz", [820, 1000, 1400, 1980])
@pytest.mark.parametrize("at_once", [160, 77, 4000])
def test_a_beep_is_counted_once_it_is_over(hz: int, at_once: int) -> None:
    assert found(sine(hz, 400), at_once=at_once).beeps == 1
    assert found(sine(hz, 400), b"\xff" * 1600, sine(hz, 200)).beeps == 2
    finder = BeepFinder()
    finder.feed(sine(hz, 400))
    assert finder.beeps == 0


def test_a_beep_in_noise() -> None:
    noisy = mulaw.decode(sine(1000, 500)).array().astype(float)
    noisy = noisy + tones.noise(1, 500, -36).array()
    assert found(mulaw.encode(Pcm.of(noisy, LINE_RATE_HZ))).beeps == 1


@pytest.mark.parametrize(
    "sound",
    [
        mulaw.encode(speech_like(8000, LINE_RATE_HZ)),
        mulaw.encode(tones.busy(4000)),
        mulaw.encode(tones.ringback(6000)),
        mulaw.encode(tones.noise(3, 4000, -25)),
        mulaw.encode(tones.hold_music(4, 8000)),
        mulaw.encode(dtmf.tone("5", 400)),
        mulaw.encode(dtmf.tone("1", 400)),
        sine(1000, 100),
        sine(600, 500),
        sine(1000, 500, level=0.005),
    ],
    ids=["speech", "busy", "ringing", "noise", "music", "key 5", "key 1", "click", "low", "faint"],
)
def test_what_is_no_beep(sound: bytes) -> None:
    finder = found(sound)
    assert (finder.beeps, finder.fax) == (0, False)


def test_a_fax_says_so_by_its_tone() -> None:
    assert found(sine(2100, 2600)).fax
    assert not found(sine(2100, 400)).fax
    assert not found(sine(1000, 2600)).fax
