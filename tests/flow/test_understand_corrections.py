"""A value read back, and earlier answers put right."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ivr.flow.state import Expected
from ivr.flow.types import Type
from ivr.flow.understand import interpret
from tests.flow.understanding import ACCOUNT, AGREES, AMOUNT, BORN, MORE, NAME, NOW, PARTY, REASON, listen, with_current

READ_BACK = listen(BORN, confirming=with_current(ACCOUNT, "12345679"))


@pytest.mark.parametrize(
    ("words", "account"),
    [
        ("no, it ends in seven eight", "12345678"),
        ("No, it hasn't been seven eight.", "12345678"),
        ("No, the last digit is 8.", "12345678"),
        ("The last two digits are seven-eight.", "12345678"),
        ("No. last four 5678", "12345678"),
        ("it starts with nine two", "92345679"),
        ("the first three are nine eight seven", "98745679"),
        ("The fourth is the five.", "12355679"),
        ("the second digit should be nine", "19345679"),
        ("not nine, eight", "12345678"),
        ("eight, not nine", "12345678"),
        ("eight instead of nine", "12345678"),
        ("no, seven eight", "12345678"),
        ("yes, but the last digit is eight", "12345678"),
        ("No, 1, 2, 3, 4, 5, 6, 7, 8.", "12345678"),
        ("one two three four five six seven eight", "12345678"),
    ],
)
def test_a_correction_changes_the_value_read_back(words: str, account: str) -> None:
    reading = interpret(words, READ_BACK, NOW)
    assert reading.yes is False and reading.satisfied
    assert [(f.slot, f.value, f.corrects) for f in reading.fills] == [("account", account, True)]


@pytest.mark.parametrize(
    ("words", "tracking"),
    [
        ("no, it ends in seven", "AB123457"),
        ("No, the last two are eight nine.", "AB123489"),
        ("it starts with A as in Alpha, D as in Delta", "AD123456"),
        ("no, it's a b one two three four five nine", "AB123459"),
    ],
)
def test_the_ends_of_what_was_spelled_are_put_right(words: str, tracking: str) -> None:
    spelled = Expected("tracking", Type.SPELLED, length=(8, 8))
    reading = interpret(words, listen(BORN, confirming=with_current(spelled, "AB123456")), NOW)
    assert [(f.slot, f.value, f.corrects) for f in reading.fills] == [("tracking", tracking, True)]


@pytest.mark.parametrize(
    "words", ["yes", "That's right.", "yeah it is", "Correct.", "One two three four five six seven nine"]
)
def test_agreed(words: str) -> None:
    reading = interpret(words, READ_BACK, NOW)
    assert reading.yes is True and reading.satisfied and reading.fills == ()


@pytest.mark.parametrize("words", ["no", "No, that's not right.", "nope", "that's wrong", "No, but not right."])
def test_a_plain_no_leaves_room_for_what_is_right(words: str) -> None:
    reading = interpret(words, READ_BACK, NOW)
    assert reading.yes is False and not reading.satisfied and reading.fills == ()


def test_neither_is_a_no_match() -> None:
    reading = interpret("At home,", READ_BACK, NOW)
    assert reading.yes is None and reading.fills == () and reading.command is None


def test_a_command_works_on_a_read_back() -> None:
    assert interpret("a person please", READ_BACK, NOW).command == "operator"


def test_yes_and_the_next_answer_in_one_breath() -> None:
    reading = interpret("yes, and I was born May second nineteen eighty", READ_BACK, NOW)
    assert reading.yes is True
    assert [(f.slot, f.value, f.corrects) for f in reading.fills] == [("birth_date", date(1980, 5, 2), False)]


def test_an_ambiguous_correction_changes_nothing() -> None:
    twice = listen(BORN, confirming=with_current(ACCOUNT, "12341239"))
    reading = interpret("not two, five", twice, NOW)
    assert reading.yes is not True and reading.fills == ()


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("no, nineteen eighty one", date(1981, 5, 2)),
        ("no, June", date(1980, 6, 2)),
        ("no, the third", date(1980, 5, 3)),
        ("no, June third nineteen eighty one", date(1981, 6, 3)),
    ],
)
def test_a_part_of_a_date(words: str, value: date) -> None:
    reading = interpret(words, listen(NAME, confirming=with_current(BORN, date(1980, 5, 2))), NOW)
    assert reading.yes is False and reading.fills[0].value == value


def test_other_types_are_said_anew() -> None:
    money = listen(NAME, confirming=with_current(AMOUNT, Decimal("42.50")))
    assert interpret("no, forty three fifty", money, NOW).fills[0].value == Decimal("43.50")
    reason = listen(NAME, confirming=with_current(REASON, "bill"))
    assert interpret("no, a fault", reason, NOW).fills[0].value == "fault"


def test_an_earlier_answer_needs_words_of_correction() -> None:
    asked = listen(AGREES, corrects=(with_current(PARTY, Decimal(3)),))
    for words in ("no, I said four", "I meant four", "Sorry, it's four", "change it to four"):
        reading = interpret(words, asked, NOW)
        assert [(f.slot, f.value, f.corrects) for f in reading.fills] == [("party", Decimal(4), True)], words
    assert interpret("no", asked, NOW).fills[0].slot == "agrees"
    assert all(not f.corrects for f in interpret("four", asked, NOW).fills)


def test_an_earlier_answer_by_its_name() -> None:
    corrects = (with_current(BORN, date(1980, 5, 2)), with_current(ACCOUNT, "12345679"))
    asked = listen(MORE, corrects=corrects)
    reading = interpret("actually, my account ends in seven eight", asked, NOW)
    assert [(f.slot, f.value, f.corrects) for f in reading.fills] == [("account", "12345678", True)]
    reading = interpret("change my birth date to May third nineteen eighty", asked, NOW)
    assert [(f.slot, f.value) for f in reading.fills] == [("birth_date", date(1980, 5, 3))]


WORDS = st.lists(
    st.sampled_from(
        """no yes not one two nine hundred thousand double triple the last first ends in seven eight may june second of
        1980 12345678 5/2 $ . , - and a point dollars cents ago week next friday until my name is please sorry wait
        instead digits are change to for oh million""".split()  # noqa: SIM905
    ),
    max_size=12,
).map(" ".join)


@example("POINT:FIRST")
@settings(max_examples=300)
@given(st.one_of(st.text(max_size=40), WORDS))
def test_no_words_can_break_it(words: str) -> None:
    slots = (ACCOUNT, BORN, AMOUNT, PARTY, AGREES, REASON, NAME)
    for slot in slots:
        assert interpret(words, listen(slot, *(s for s in slots if s is not slot)), NOW).words == words
    for slot, value in ((ACCOUNT, "12345679"), (BORN, date(1980, 5, 2)), (AMOUNT, Decimal(3)), (REASON, "bill")):
        current = with_current(slot, value)
        assert interpret(words, listen(NAME, confirming=current), NOW).words == words
        assert interpret(words, listen(AGREES, corrects=(current,)), NOW).words == words
