"""How far a sentence was heard, in words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.call.heard_words import word_ends, words_until, words_within

SENTENCE = "When the railway came, the fish went inland."


@pytest.mark.parametrize(
    ("share", "heard"),
    [
        (-0.1, ""),
        (0.0, ""),
        (0.09, "When"),
        (0.45, "When the railway came,"),
        (0.55, "When the railway came,"),  # a pause is nobody's word
        (0.99, "When the railway came, the fish went"),
        (1.0, SENTENCE),
        (1.5, SENTENCE),
    ],
)
def test_words_are_heard_when_they_are_over(share: float, heard: str) -> None:
    assert words_within(SENTENCE, share) == heard


def test_a_digit_takes_as_long_as_a_word() -> None:
    (_, first), *_ = word_ends("1 2 3 four")
    (_, letter), *_ = word_ends("a b c four")
    assert first > 1.5 * letter


@settings(deadline=None)
@given(st.text("ab1,. \n", max_size=40), st.floats(-0.5, 1.5))
def test_what_was_heard_is_a_beginning_cut_at_a_word(text: str, share: float) -> None:
    heard = words_within(text, share)
    assert text.startswith(heard)
    assert not heard or not text[len(heard) :][:1].strip()


@settings(deadline=None)
@given(st.text("ab1,. ", max_size=40), st.floats(0, 1), st.floats(0, 1))
def test_more_of_the_sound_is_never_fewer_words(text: str, one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert len(words_within(text, less)) <= len(words_within(text, more))


# ---- with the pauses of the sound itself


def test_a_pause_that_can_be_heard_is_the_comma_s() -> None:
    heard = [words_until(SENTENCE, at, 0, 4000, [(1500, 1900)]) for at in (1499, 1500, 1899, 2100)]
    assert heard == ["When the railway", "When the railway came,", "When the railway came,", "When the railway came,"]
    assert words_until(SENTENCE, 2500, 0, 4000, [(1500, 1900)]) == "When the railway came, the"


def test_the_closure_of_a_consonant_is_no_pause() -> None:
    assert word_ends(SENTENCE, 0, 4000, [(500, 570)]) == word_ends(SENTENCE, 0, 4000)


def test_a_long_pause_without_a_comma_is_laid_behind_the_nearest_word() -> None:
    text = "There is an outage in your area until half past five"
    plain = dict(word_ends(text, 0, 4000))
    area = text.index(" until")
    laid = dict(word_ends(text, 0, 4000, [(int(plain[area]) + 80, int(plain[area]) + 380)]))
    assert laid[area] == int(plain[area]) + 80


@settings(deadline=None)
@given(
    st.text("ab1,. ", max_size=40),
    st.lists(st.integers(0, 4000), max_size=10).map(lambda at: sorted(set(at))),
    st.floats(-100, 4100),
    st.floats(-100, 4100),
)
def test_whatever_the_pauses_more_of_the_sound_is_never_fewer_words(
    text: str, edges: list[int], one: float, other: float
) -> None:
    pauses = list(zip(edges[::2], edges[1::2], strict=False))
    less, more = sorted((one, other))
    shorter, longer = (words_until(text, at, 20, 3820, pauses) for at in (less, more))
    assert longer.startswith(shorter)
    assert more < 3820 or longer == text.rstrip() or not text.strip()
