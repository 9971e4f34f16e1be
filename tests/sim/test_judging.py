"""Words heard against words wanted."""

import pytest

from ivr.sim.judging import says, says_among, says_exactly, words


@pytest.mark.parametrize(
    ("heard", "wanted"),
    [
        ("Anna, your balance is 42 dollars and 50 cents.", "your balance is $42.50"),
        ("Ana, your balance is $42.50. Anything else?", "your balance is forty two fifty"),
        ("That is one two three four five six seven eight, right?", "12345678"),
        ("You said 1 2 3 4 5 6 7 8.", "one two three four five six seven eight"),
        ("Thanks for calling Harbor broadband, this call is recorded.", "Harbour Broadband this call is recorded"),
        ("born May second nineteen eighty", "May 2nd 1980"),
        ("It costs one hundred and five dollars", "$105"),
        ("two thousand twenty six", "2,026"),
        ("Press when for your bill, to for a fault.", "Press 1 for your bill"),
        ("Press for for sales.", "Press 4 for sales"),
    ],
)
def test_loosely_the_same(heard: str, wanted: str) -> None:
    assert says(heard, wanted)


@pytest.mark.parametrize(
    ("heard", "wanted"),
    [
        ("", "hello"),
        ("Your balance is 42 dollars", "Goodbye"),
        ("recorded is call this", "this call is recorded"),
        ("your balance is 43 50", "42.50"),
        ("Press 3 for sales and for all of our people.", "Press 4 for sales and for all of our people"),
        ("When will you press for your bill?", "Press 1 for your bill"),
        ("Press to for your bill", "Press 1 for your bill"),
        ("Your code is when to", "Your code is 12"),
    ],
)
def test_not_the_same(heard: str, wanted: str) -> None:
    assert not says(heard, wanted)


def test_one_of_four_words_may_be_missing_but_not_two() -> None:
    assert says("press one your bill", "press one for your bill")
    assert not says("press your bill", "press one for your open bill")


def test_what_must_not_be_said_is_looked_for_whole() -> None:
    assert says_exactly("your number is one two three four", "1234")
    assert not says_exactly("one, then two, three and later four", "1 2 9 4")
    assert not says_exactly("twelve o'clock at thirty four", "12345")


def test_numbers_are_spelled_digit_by_digit() -> None:
    assert words("forty two") == words("42") == ["4", "2"]
    assert words("twenty twenty six") == ["2", "0", "2", "6"]


def test_a_sound_that_is_listened_to_again_counts_word_by_word() -> None:
    wanted = "a table for two at seven in the evening"
    assert says_among(["a table for tomorrow, marinate in the evening", "a table for two at seven"], "table in evening")
    assert says_among(["the harbor pharmacy reason line", "the arbor refill wine"], "refill line")
    assert not says_among(["the harbor pharmacy reason line", "the arbor pharmacy"], "refill line")
    assert not says_among(["a table for two", "at eight in the evening"], wanted), "digits are in one hearing"
    assert not says_among(["welcome", "goodbye", "closed", "that", "evening"], "we are closed that evening")
