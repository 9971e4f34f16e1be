"""Times of day and lengths of time as they are said, heard and typed."""

from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal

import pytest

from ivr.flow.state import Expected, KeySpec
from ivr.flow.types import Type, Value
from ivr.flow.understand import interpret, read_keys
from tests.flow.understanding import ACCOUNT, AMOUNT, BORN, NOW, PARTY, listen, with_current

AT = Expected("at", Type.TIME)
TONIGHT = Expected("at", Type.TIME, near="evening")
SINCE = Expected("since", Type.DURATION)


def said(words: str, *expects: Expected) -> dict[str, Value | None]:
    return {fill.slot: fill.value for fill in interpret(words, listen(*expects), NOW).fills}


@pytest.mark.parametrize(
    ("words", "at"),
    [
        ("half past seven", "07:30"),
        ("Half past seven, please.", "07:30"),
        ("half past seven in the evening", "19:30"),
        ("quarter to nine", "08:45"),
        ("a quarter to nine", "08:45"),
        ("quarter past twelve", "12:15"),
        ("quarter to one", "12:45"),
        ("seven thirty in the evening", "19:30"),
        ("seven thirty", "07:30"),
        ("7:30", "07:30"),
        ("7:30 PM", "19:30"),
        ("7.30 pm", "19:30"),
        ("It's 7:30 p.m.", "19:30"),
        ("730", "07:30"),
        ("1930", "19:30"),
        ("19:30", "19:30"),
        ("nineteen thirty", "19:30"),
        ("nineteen hundred hours", "19:00"),
        ("oh seven thirty", "07:30"),
        ("seven oh five", "07:05"),
        ("seven forty five a.m.", "07:45"),
        ("twenty two fifteen", "22:15"),
        ("noon", "12:00"),
        ("at midday", "12:00"),
        ("midnight", "00:00"),
        ("seven", "07:00"),
        ("seven o'clock", "07:00"),
        ("three", "15:00"),
        ("at three in the morning", "03:00"),
        ("six in the evening", "18:00"),
        ("six", "18:00"),
        ("eleven at night", "23:00"),
        ("twelve thirty", "12:30"),
        ("twelve thirty at night", "00:30"),
        ("twelve a.m.", "00:00"),
        ("ten past eight", "08:10"),
        ("twenty-five to nine", "08:35"),
        ("five minutes past four", "16:05"),
        ("ten minutes to five in the afternoon", "16:50"),
        ("eight fifteen tonight", "20:15"),
        ("in the evening, at half past eight", "20:30"),
        ("this afternoon at two", "14:00"),
        ("two in the afternoon", "14:00"),
        ("eight, no, nine in the morning", "09:00"),
        ("let's say around four thirty", "16:30"),
        ("half seven", "07:30"),
        ("quarter of nine", "08:45"),
        ("five till nine", "08:55"),
        ("ten after ten", "10:10"),
        ("for four people at half past seven", "07:30"),
        ("nine forty", "09:40"),
        ("ten ten", "10:10"),
        # as a recogniser may write it
        ("have past seven", "07:30"),
        ("That has passed for in the afternoon.", "16:30"),
        ("Half-past seven and eight evenings.", "19:30"),
        ("Quarter tonight.", "08:45"),
        ("Nine fifteen p. M..", "21:15"),
        ("half passed ate", "08:30"),
        ("half past for", "16:30"),
        ("half past to", "14:30"),
        ("quarter two nine", "08:45"),
        ("court to nine", "08:45"),
        ("quarter past won", "13:15"),
    ],
)
def test_times(words: str, at: str) -> None:
    assert said(words, AT) == {"at": time.fromisoformat(at)}


@pytest.mark.parametrize(
    ("words", "at"),
    [
        ("half past seven", "19:30"),
        ("seven thirty", "19:30"),
        ("seven", "19:00"),
        ("nine", "21:00"),
        ("nine in the morning", "09:00"),
        ("9:15 am", "09:15"),
        ("noon", "12:00"),
        ("quarter to six", "17:45"),
    ],
)
def test_near_evening(words: str, at: str) -> None:
    assert said(words, TONIGHT) == {"at": time.fromisoformat(at)}


@pytest.mark.parametrize("words", ["I don't know", "twenty five", "yes", "half", "seventy", "May second", "99:99"])
def test_no_time(words: str) -> None:
    assert said(words, AT) == {}


@pytest.mark.parametrize(
    ("words", "satisfied", "growing", "open_"),
    [
        ("half past seven in the evening", True, False, False),
        ("7:30 pm", True, False, False),
        ("noon", True, False, False),
        ("nineteen thirty", True, False, False),
        ("seven", False, True, False),
        ("half past seven", False, True, False),
        ("half past", False, False, True),
        ("quarter to", False, False, True),
        ("at", False, False, True),
    ],
)
def test_whether_more_is_to_come(words: str, satisfied: bool, growing: bool, open_: bool) -> None:
    reading = interpret(words, listen(AT), NOW)
    assert (reading.satisfied, reading.growing, reading.open_ending) == (satisfied, growing, open_)


def test_an_hour_of_which_nobody_said_the_half_is_less_sure() -> None:
    assert interpret("half past seven", listen(AT), NOW).fills[0].sure < 0.85
    assert interpret("half past seven", listen(TONIGHT), NOW).fills[0].sure == 1
    assert interpret("half past seven", listen(TONIGHT), NOW).satisfied


def test_a_time_beside_other_answers() -> None:
    assert said("a table for four tomorrow at half past seven in the evening", PARTY, BORN, AT) == {
        "party": 4,
        "birth_date": NOW.date().replace(day=3),
        "at": time(19, 30),
    }
    assert said("forty two fifty", AMOUNT, AT) == {"amount": Decimal("42.50")}
    assert said("one two three four five six seven eight", ACCOUNT, AT) == {"account": "12345678"}
    assert said("account 12345678 at 5 pm", ACCOUNT, AT) == {"account": "12345678", "at": time(17)}


@pytest.mark.parametrize(
    ("words", "at"),
    [
        ("no, half past eight", "20:30"),
        ("no, at eight", "20:00"),
        ("no, eight in the morning", "08:00"),
        ("I said quarter to nine", "20:45"),
        ("not half past seven, half past six", "18:30"),
    ],
)
def test_a_time_put_right(words: str, at: str) -> None:
    held = with_current(TONIGHT, time(19, 30))
    reading = interpret(words, listen(confirming=held), NOW)
    assert (reading.yes, reading.fills[0].value) == (False, time.fromisoformat(at))


@pytest.mark.parametrize(
    ("keys", "near", "at"),
    [
        ("1930", None, "19:30"),
        ("07302", None, "19:30"),
        ("07301", None, "07:30"),
        ("0730", None, "07:30"),
        ("0730", "evening", "19:30"),
        ("12001", None, "00:00"),
        ("1200", None, "12:00"),
        ("0030", None, "00:30"),
        ("2400", None, "00:00"),
        ("0730#", None, "07:30"),
    ],
)
def test_times_by_keys(keys: str, near: str | None, at: str) -> None:
    asked = replace(AT, near=near)  # type: ignore[arg-type]
    spec = KeySpec(frozenset(), shortest=4, longest=5)
    assert read_keys(keys, listen(asked, keys=spec), NOW).fills[0].value == time.fromisoformat(at)


@pytest.mark.parametrize("keys", ["2530", "0760", "730", "07303", "13001"])
def test_keys_that_no_clock_shows(keys: str) -> None:
    assert not read_keys(keys, listen(AT, keys=KeySpec(frozenset(), shortest=4, longest=5)), NOW).fills


# ---- lengths of time

H, D = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("words", "length"),
    [
        ("two days", 2 * D),
        ("Two days.", 2 * D),
        ("for about two days now", 2 * D),
        ("half an hour", H / 2),
        ("an hour", H),
        ("a day", D),
        ("an hour and a half", 1.5 * H),
        ("one and a half hours", 1.5 * H),
        ("two and a half weeks", 17.5 * D),
        ("a day and a half", 1.5 * D),
        ("an hour and twenty minutes", H + 20 * H / 60),
        ("two hours thirty", 2.5 * H),
        ("2 hours and 30 minutes", 2.5 * H),
        ("1.5 hours", 1.5 * H),
        ("one point five hours", 1.5 * H),
        ("three quarters of an hour", 0.75 * H),
        ("a quarter of an hour", H / 4),
        ("45 minutes", 0.75 * H),
        ("forty-five min", 0.75 * H),
        ("ninety seconds", H / 40),
        ("a couple of weeks", 14 * D),
        ("a couple days", 2 * D),
        ("a few days", 3 * D),
        ("a fortnight", 14 * D),
        ("three weeks", 21 * D),
        ("a week", 7 * D),
        ("a week and two days", 9 * D),
        ("two months", 60 * D),
        ("a year", 365 * D),
        ("a day or two", 2 * D),
        ("I'd say three days, no, four days", 4 * D),
        ("half a day", D / 2),
        ("the last three days", 3 * D),
        # as a recogniser may write it
        ("to days", 2 * D),
        ("too weeks", 14 * D),
        ("half an our", H / 2),
        ("ate hours", 8 * H),
        ("have an hour", H / 2),
    ],
)
def test_lengths(words: str, length: timedelta) -> None:
    assert said(words, SINCE) == {"since": length}


@pytest.mark.parametrize("words", ["since yesterday", "a long time", "two", "I don't know", "Tuesday", "half"])
def test_no_length(words: str) -> None:
    assert said(words, SINCE) == {}


def test_a_number_without_its_unit_is_half_said() -> None:
    assert interpret("it's been two", listen(SINCE), NOW).open_ending
    assert interpret("two days", listen(SINCE), NOW).satisfied
    assert interpret("two hours", listen(SINCE), NOW).growing


@pytest.mark.parametrize(("words", "length"), [("no, three days", 3 * D), ("no, a week", 7 * D)])
def test_a_length_put_right(words: str, length: timedelta) -> None:
    reading = interpret(words, listen(confirming=with_current(SINCE, 2 * D)), NOW)
    assert (reading.yes, reading.fills[0].value) == (False, length)
