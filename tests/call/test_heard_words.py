"""How far a sentence was heard, in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.call.heard_words import word_ends, words_within

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


@given(st.text("ab1,. \n", max_size=40), st.floats(-0.5, 1.5))
def test_what_was_heard_is_a_beginning_cut_at_a_word(text: str, share: float) -> None:
    heard = words_within(text, share)
    assert text.startswith(heard)
    assert not heard or not text[len(heard) :][:1].strip()


@given(st.text("ab1,. ", max_size=40), st.floats(0, 1), st.floats(0, 1))
def test_more_of_the_sound_is_never_fewer_words(text: str, one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert len(words_within(text, less)) <= len(words_within(text, more))
