"""When words are all that a question asked for, and when more is to come."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.flow.state import Expected
from ivr.flow.types import Type
from ivr.flow.understand import interpret
from tests.flow.understanding import ACCOUNT, AGREES, AMOUNT, BORN, NAME, NOW, PARTY, REASON, STORY, listen, option

SIZES = Expected("size", Type.CHOICE, options=(option("small", "one", key="1"), option("big", "one hundred", key="2")))
CODE = Expected("code", Type.DIGITS, length=None)
SIX_TO_EIGHT = replace(ACCOUNT, length=(6, 8))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (ACCOUNT, "one two three four five six seven eight"),
        (ACCOUNT, "12345678,"),  # all its digits: a comma promises nothing
        (SIX_TO_EIGHT, "12345678"),
        (REASON, "my bill please"),
        (REASON, "The second one."),
        (SIZES, "one hundred"),
        (AGREES, "Yes."),
        (AGREES, "No, thanks."),
        (AGREES, "yeah that's right"),
        (AGREES, "okay then"),
        (AGREES, "yes I think so"),
        (REASON, "my bill as well"),
        (BORN, "May 2nd, 1984."),
        (PARTY, "four"),
        (AMOUNT, "forty two dollars and fifty cents"),
    ],
)
def test_an_answer_with_an_end_is_done_at_it(asked: Expected, words: str) -> None:
    reading = interpret(words, listen(asked), NOW)
    assert reading.satisfied and not (reading.open_ending or reading.growing or reading.stalling)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (AGREES, "yes but"),
        (AGREES, "Yes, and"),
        (AGREES, "no, because"),
        (AGREES, "yes wait"),
        (REASON, "my bill or"),
        (REASON, "my bill, um"),
        (REASON, "My bill. No, wait."),
        (REASON, "my bill, actually"),
        (ACCOUNT, "12345678, no"),
        (ACCOUNT, "12345678, I mean"),
        (PARTY, "two or"),
        (BORN, "tomorrow or"),
        (AMOUNT, "forty two dollars and"),
        (BORN, "it was in May"),
        (STORY, "I would like to"),
        (STORY, "My number is"),
        (STORY, "it broke because"),
        (STORY, "I have a question about my bill,"),
        (STORY, "um"),
        (STORY, "S, M, I"),
        (NAME, "J."),
        (NAME, "O-B-R"),
        (ACCOUNT, "my account number is"),
        (ACCOUNT, "five five five"),
        (ACCOUNT, "twenty"),
    ],
)
def test_an_open_ending_is_heard(asked: Expected, words: str) -> None:
    reading = interpret(words, listen(asked), NOW)
    assert reading.open_ending and not reading.satisfied


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (SIZES, "one"),  # hundred
        (PARTY, "ten"),
        (NAME, "Maria Lopez"),
        (STORY, "my internet is slow"),
        (STORY, "I want plan B."),
        (STORY, "I want to change my number"),
    ],
)
def test_what_may_be_all_or_not_is_neither(asked: Expected, words: str) -> None:
    reading = interpret(words, listen(replace(asked, high=None)), NOW)
    assert not (reading.satisfied or reading.open_ending or reading.growing or reading.stalling)


@pytest.mark.parametrize(("asked", "words"), [(SIX_TO_EIGHT, "123456"), (CODE, "five five five"), (CODE, "7")])
def test_digits_below_their_longest_are_likely_to_grow(asked: Expected, words: str) -> None:
    reading = interpret(words, listen(asked), NOW)
    assert reading.growing and not (reading.satisfied or reading.open_ending)


@pytest.mark.parametrize("asked", [ACCOUNT, REASON, AGREES, STORY, BORN, NAME], ids=lambda slot: slot.slot)
@pytest.mark.parametrize(
    "words",
    [
        "Hold on.",
        "um, just a second please",
        "let me see",
        "Wait a minute.",
        "one moment",
        "hang on, um",
        "hold on one sec",
        "give me a minute",
    ],
)
def test_a_caller_who_asks_for_time_is_heard_to(asked: Expected, words: str) -> None:
    reading = interpret(words, listen(asked), NOW)
    assert reading.stalling and not reading.satisfied and not reading.fills


def test_time_is_asked_for_behind_an_answer_too() -> None:
    assert interpret("one two three, let me see", listen(ACCOUNT), NOW).stalling
    reading = interpret("12345678, hold on", listen(ACCOUNT), NOW)
    assert reading.stalling and not reading.satisfied and reading.fills[0].value == "12345678"
    for words in ("it takes one minute", "it hurts just a second", "the parcel, where is it"):
        assert not interpret(words, listen(STORY), NOW).stalling


def test_a_number_of_an_option_may_be_the_first_of_digits_the_menu_takes_too() -> None:
    assert interpret("one", listen(REASON), NOW).satisfied
    assert not interpret("one", listen(REASON, ACCOUNT), NOW).satisfied
    assert interpret("my bill", listen(REASON, ACCOUNT), NOW).satisfied


@given(st.text(alphabet="0123456789", min_size=1, max_size=8), st.integers(1, 8), st.integers(0, 4))
def test_digits_are_done_at_their_longest_and_not_before(digits: str, least: int, more: int) -> None:
    asked = replace(ACCOUNT, length=(least, least + more))
    reading = interpret(" ".join(digits), listen(asked), NOW)
    assert reading.satisfied is (len(digits) == least + more)
    assert reading.pieces is (len(digits) < least)
    assert not reading.pieces or reading.open_ending
