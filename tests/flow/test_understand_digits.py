"""Account numbers as callers say them and as a recogniser writes them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.flow.types import Type
from ivr.flow.understand import interpret, join
from tests.flow.understanding import ACCOUNT, BORN, NOW, listen


def account(words: str) -> object:
    fills = interpret(words, listen(ACCOUNT, BORN), NOW).fills
    return next((f.value for f in fills if f.slot == "account"), None)


@pytest.mark.parametrize(
    ("words", "digits"),
    [
        ("one two three four five six seven eight", "12345678"),
        ("1, 2, 3, 4, 5, 6, 7, 8.", "12345678"),
        ("1-234-5679.", "12345679"),
        ("It's 12345678, thanks.", "12345678"),
        ("My number is 1234 5678.", "12345678"),
        ("12,345,678", "12345678"),
        ("twelve thirty-four fifty-six seventy-eight", "12345678"),
        ("Twelve, thirty four, fifty six, seventy eight.", "12345678"),
        ("One two double four, oh five six seven.", "12440567"),
        ("double four double five triple six one", "44556661"),
        ("two fives, two zeros, one two three four", "55001234"),
        ("eight hundred one two three four five", "80012345"),
        ("800-12345.", "80012345"),
        ("twenty thirty forty five six", "20304056"),
        ("thirty four thirty four thirty four three four", "34343434"),
        ("nought one two three four five six seven", "01234567"),
        ("Um, it's, uh, one two three, um, four five six seven eight", "12345678"),
        ("Won't you three four, five, six, seven, eight.", "12345678"),
        ("One who's three, four, five, six, seven, eight.", "12345678"),
        ("can I give you 12345678", "12345678"),
        ("who's 12345678", "12345678"),
    ],
)
def test_all_common_forms(words: str, digits: str) -> None:
    assert account(words) == digits


@pytest.mark.parametrize(
    ("words", "digits"),
    [
        ("Eight hundred one two three for five.", "80012345"),
        ("won too tree for five sex seven ate", "12345678"),
        ("One win win win, two, two, two, two.", "11112222"),
        ("No, on two three for five, six, seven, eight.", "12345678"),
        ("it's 12345678 for the account", "12345678"),
        ("I want to give you 12345678", "12345678"),
    ],
)
def test_words_that_sound_like_digits(words: str, digits: str) -> None:
    assert account(words) == digits


@pytest.mark.parametrize("words", ["for you to do", "I ate mine", "to whom", "hello", "I have a question", "May"])
def test_they_are_no_digits_on_their_own(words: str) -> None:
    assert account(words) is None


@pytest.mark.parametrize(
    ("words", "digits"),
    [
        ("one two three five, no, one two three four five six seven eight", "12345678"),
        ("one two three four five six seven nine, sorry, eight", "12345678"),
        ("one two three four, no wait, one two three four five six seven eight", "12345678"),
        ("one two three four five six, I mean, one two three four five six seven eight", "12345678"),
    ],
)
def test_what_was_taken_back_does_not_count(words: str, digits: str) -> None:
    assert account(words) == digits


def test_short_digits_wait_for_the_rest() -> None:
    reading = interpret("one two three four", listen(ACCOUNT), NOW)
    assert reading.pieces and reading.open_ending and not reading.satisfied
    assert reading.fills[0].value == "1234"
    whole = interpret(join("One, two, three, four.", "five six seven eight."), listen(ACCOUNT), NOW)
    assert whole.fills[0].value == "12345678" and whole.satisfied and not whole.pieces


def test_too_many_digits_are_of_the_right_type_but_wrong() -> None:
    reading = interpret("123456789", listen(ACCOUNT), NOW)
    assert [f.value for f in reading.fills] == ["123456789"]
    assert not reading.satisfied and not reading.pieces


def test_a_range_is_satisfied_only_at_its_longest() -> None:
    six_to_eight = replace(ACCOUNT, length=(6, 8))
    assert not interpret("123456", listen(six_to_eight), NOW).satisfied
    assert not interpret("123456", listen(six_to_eight), NOW).pieces
    assert interpret("12345678", listen(six_to_eight), NOW).satisfied


def test_a_preface_alone_is_unfinished() -> None:
    reading = interpret("My account number is", listen(ACCOUNT), NOW)
    assert reading.open_ending and not reading.fills


@given(st.text(alphabet="0123456789", min_size=8, max_size=8), st.sampled_from([" ", ", ", "-", "", " um "]))
def test_any_digits_however_they_are_written(digits: str, between: str) -> None:
    assert account(between.join(digits)) == digits


SAID = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@given(st.text(alphabet="0123456789", min_size=1, max_size=16))
def test_single_digits_of_any_length(digits: str) -> None:
    expected = replace(ACCOUNT, length=(len(digits), len(digits)))
    words = " ".join(SAID[int(d)] for d in digits)
    assert interpret(words, listen(expected), NOW).fills[0].value == digits
    assert expected.type is Type.DIGITS
