"""Where a voice pauses inside a sentence."""

import numpy as np

from ivr.audio import mulaw
from ivr.audio.pauses import pauses
from ivr.audio.pcm import Pcm


def sound(*parts: tuple[int, float]) -> bytes:
    """Stretches of so many ms at such a level."""
    rng = np.random.default_rng(5)
    made = [level * rng.standard_normal(8 * ms) for ms, level in parts]
    return mulaw.encode(Pcm.of(np.concatenate(made), 8000))


def test_silence_between_words_is_a_pause_and_around_them_is_none() -> None:
    given = sound((50, 5), (400, 3000), (200, 5), (300, 3000), (40, 5), (300, 3000), (180, 5))
    assert pauses(given) == [(450, 650)]


def test_a_soft_word_is_no_pause() -> None:
    assert pauses(sound((300, 4000), (200, 400), (300, 4000))) == []


def test_nothing_has_no_pauses() -> None:
    assert pauses(b"") == []
    assert pauses(mulaw.SILENCE * 8000) == []
