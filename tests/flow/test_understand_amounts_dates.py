"""Numbers, prices and days as they are said."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ivr.flow.understand import interpret
from tests.flow.understanding import AMOUNT, BORN, NOW, PARTY, listen


@pytest.mark.parametrize(
    ("words", "amount"),
    [
        ("forty two fifty", "42.50"),
        ("Forty two, fifty.", "42.50"),
        ("forty-two dollars and fifty cents", "42.50"),
        ("$42.50", "42.50"),
        ("It's 42.50.", "42.50"),
        ("$1,234.56", "1234.56"),
        ("a hundred and five", "105"),
        ("$105.", "105"),
        ("One hundred and twenty five dollars.", "125"),
        ("fifty cents", "0.50"),
        ("five oh five", "5.05"),
        ("one fifty dollars", "150"),
        ("twelve hundred", "1200"),
        ("nineteen ninety nine", "19.99"),
        ("two thousand and five", "2005"),
        ("twenty dollars, no, thirty dollars", "30"),
        ("twenty two point five", "22.50"),
        ("two grand", "2000"),
    ],
)
def test_prices(words: str, amount: str) -> None:
    assert interpret(words, listen(AMOUNT), NOW).fills[0].value == Decimal(amount)


def test_bounds_choose_between_two_meanings() -> None:
    assert interpret("one fifty", listen(AMOUNT), NOW).fills[0].value == Decimal("1.50")
    at_least_five = replace(AMOUNT, low=Decimal(5), high=Decimal(1000))
    assert interpret("one fifty", listen(at_least_five), NOW).fills[0].value == Decimal(150)


@pytest.mark.parametrize(
    ("words", "number", "satisfied"),
    [
        ("four", 4, True),
        ("For four people.", 4, False),
        ("Twelve.", 12, True),
        ("for", 4, False),
        ("minus two", -2, False),
    ],
)
def test_numbers(words: str, number: int, satisfied: bool) -> None:
    reading = interpret(words, listen(PARTY), NOW)
    assert reading.fills[0].value == Decimal(number)
    if satisfied:
        assert reading.satisfied


def test_a_number_that_may_grow_is_not_enough_yet() -> None:
    up_to_a_hundred = replace(PARTY, high=Decimal(100))
    assert not interpret("twenty", listen(up_to_a_hundred), NOW).satisfied
    assert interpret("twenty two", listen(up_to_a_hundred), NOW).satisfied


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("May second nineteen eighty", "1980-05-02"),
        ("May 2nd, 1980.", "1980-05-02"),
        ("May 21980", "1980-05-02"),
        ("5/2/1980", "1980-05-02"),
        ("1980-05-02", "1980-05-02"),
        ("the second of May nineteen eighty", "1980-05-02"),
        ("The third of March, nineteen, seventy five.", "1975-03-03"),
        ("nineteen eighty May two", "1980-05-02"),
        ("five two nineteen eighty", "1980-05-02"),
        ("Five to nineteen eighty.", "1980-05-02"),
        ("oh five oh two nineteen eighty", "1980-05-02"),
        ("January first two thousand five", "2005-01-01"),
        ("January first two thousand and five", "2005-01-01"),
        ("March fourth nineteen oh five", "1905-03-04"),
        ("December twenty fifth twenty twenty", "2020-12-25"),
        ("August twelve, seventy one", "1971-08-12"),
        ("I was born on May second nineteen eighty", "1980-05-02"),
        ("May third, no, May second nineteen eighty", "1980-05-02"),
        ("tomorrow", "2026-03-03"),
        ("To-morrow.", "2026-03-03"),
        ("the day after tomorrow", "2026-03-04"),
        ("the third", "2026-03-03"),
        ("the first", "2026-04-01"),
        ("Friday", "2026-03-06"),
        ("this Friday", "2026-03-06"),
        ("next Friday", "2026-03-13"),
        ("last Friday", "2026-02-27"),
        ("Friday the thirteenth", "2026-03-13"),
        ("in three days", "2026-03-05"),
        ("two weeks from today", "2026-03-16"),
        ("a week ago", "2026-02-23"),
        ("Friday, March 6th, 2026", "2026-03-06"),
    ],
)
def test_days(words: str, day: str) -> None:
    reading = interpret(words, listen(BORN), NOW)
    assert reading.fills[0].value == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("words", "done"),
    [
        ("May second nineteen eighty four", True),
        ("5/2/1984", True),
        ("May second nineteen eighty", False),  # four
        ("May 2nd, 1980.", False),
        ("May second nineteen ten", True),
        ("May 2nd, 1910.", True),
        ("May 2nd, 2000.", False),
        ("January first two thousand", False),  # five
        ("January first two thousand five", True),
        ("May second nineteen eighty, thanks", True),
        ("tomorrow", True),
        ("Friday the thirteenth", True),
        ("the third", False),  # of May
        ("the third please", True),
        ("next Friday", True),
    ],
)
def test_a_date_is_done_when_no_more_words_make_it_another(words: str, done: bool) -> None:
    reading = interpret(words, listen(BORN), NOW)
    assert reading.satisfied is done and not reading.open_ending


def test_a_year_that_is_due_is_waited_for() -> None:
    past = replace(BORN, near="past")
    reading = interpret("May second", listen(past), NOW)
    assert reading.growing and not reading.satisfied
    assert interpret("in May", listen(past), NOW).open_ending


def test_cents_may_follow_dollars() -> None:
    up_to = replace(AMOUNT, high=Decimal(500))
    assert not interpret("seventy five dollars", listen(up_to), NOW).satisfied
    assert interpret("seventy five dollars and fifty cents", listen(up_to), NOW).satisfied
    assert interpret("seventy five dollars please", listen(up_to), NOW).satisfied


def test_a_day_without_its_year_is_the_near_one() -> None:
    past, future = replace(BORN, near="past"), replace(BORN, near="future")
    assert interpret("May second", listen(past), NOW).fills[0].value == date(2025, 5, 2)
    assert interpret("February first", listen(future), NOW).fills[0].value == date(2027, 2, 1)
    assert not interpret("May second", listen(past), NOW).satisfied
    assert interpret("Friday", listen(past), NOW).fills[0].value == date(2026, 2, 27)
    assert interpret("the third", listen(past), NOW).fills[0].value == date(2026, 2, 3)


def test_the_order_of_day_and_month_is_the_language_s() -> None:
    assert interpret("2/5/1980", listen(replace(BORN, key_order="ddmmyyyy")), NOW).fills[0].value == date(1980, 5, 2)


@pytest.mark.parametrize("words", ["February thirtieth 1980", "May", "nineteen eighty", "hello there", "a week"])
def test_what_is_no_day(words: str) -> None:
    assert interpret(words, listen(BORN), NOW).fills == ()
