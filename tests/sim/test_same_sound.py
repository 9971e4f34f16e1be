"""A voice's own sound of a text is found in what was heard, and that of another text is not."""

import numpy as np

from ivr.audio.pcm import Pcm
from ivr.sim.same_sound import RATE_HZ, holds

PLACES_HZ = {"a": (700, 1200), "i": (300, 2300), "u": (320, 800), "o": (500, 900), "s": (2600, 3300), "e": (450, 1900)}
LONG_MS = 150


def spoken(sounds: str, *, level: float = 1.0, ms: int = LONG_MS) -> Pcm:
    """Each letter is two tones with a little noise, a blank is silence."""
    noise = np.random.default_rng(7)
    count = ms * RATE_HZ // 1000
    at = np.arange(count) / RATE_HZ
    parts = [
        np.zeros(count)
        if sound == " "
        else sum(3000 * np.sin(2 * np.pi * hz * at) for hz in PLACES_HZ[sound]) + noise.normal(0, 100, count)
        for sound in sounds
    ]
    return Pcm((level * np.concatenate(parts)).astype("<i2").tobytes(), RATE_HZ)


WANTED = spoken("aisoeu")


def test_the_same_sounds_are_found_whatever_stands_around_them() -> None:
    assert holds(WANTED, WANTED)
    assert holds(spoken("uoaaisoeusie"), WANTED)


def test_level_pauses_and_pace_do_not_matter() -> None:
    assert holds(spoken("ueaisoeuo", level=0.3), WANTED)
    assert holds(spoken("uea  iso eu o"), WANTED)
    assert holds(spoken("ueaisoeuo", ms=180), WANTED)
    assert holds(spoken("ueaisoeuo", ms=110), WANTED)


def test_one_other_sound_in_the_middle_is_told() -> None:
    assert not holds(spoken("ueaiaaeuo", ms=LONG_MS), WANTED)
    assert not holds(spoken("aiisuu"), WANTED)


def test_other_sounds_and_too_few_of_them_are_no_match() -> None:
    assert not holds(spoken("sssuuuuooo"), WANTED)
    assert not holds(spoken("ai"), WANTED)
    assert not holds(spoken("   "), WANTED)
    assert not holds(WANTED, spoken("a", ms=100)), "a short sound is in anything"
    assert not holds(Pcm(b"", RATE_HZ), WANTED)
