"""Values in words, masks, and words made comparable."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ivr.flow.grammar.tree import Field, Path, Template
from ivr.flow.spoken import estimate_ms, mask, plain_words, render, same_words, say_value, word_errors
from ivr.flow.state import Expected
from ivr.flow.text import Place
from ivr.flow.types import Privacy, Type, Value
from ivr.flow.understand import interpret
from tests.flow.understanding import ACCOUNT, AMOUNT, BORN, NOW, PARTY, listen

HERE = Place("line.flow.yaml", 1, 1)


@pytest.mark.parametrize(
    ("value", "type", "form", "words"),
    [
        (Decimal("42.50"), Type.MONEY, None, "forty two dollars and fifty cents"),
        (Decimal("1.01"), Type.MONEY, None, "one dollar and one cent"),
        (Decimal(0), Type.MONEY, None, "zero dollars"),
        (Decimal("0.5"), Type.MONEY, None, "fifty cents"),
        (Decimal("-3"), Type.MONEY, None, "minus three dollars"),
        (Decimal(42), Type.NUMBER, None, "forty two"),
        (Decimal("3.50"), Type.NUMBER, None, "three point five"),
        (Decimal(3), Type.NUMBER, "ordinal", "third"),
        (Decimal(12), Type.NUMBER, "money", "twelve dollars"),
        ("12345678", Type.DIGITS, None, "one two three four, five six seven eight"),
        ("123456", Type.DIGITS, "digits", "one two three, four five six"),
        ("12345678", Type.DIGITS, "last 4", "five six seven eight"),
        ("Ana", Type.NAME, "spelled", "A, N, A"),
        ("Ana", Type.NAME, None, "Ana"),
        ("+15550107788", Type.PHONE, None, "five five five, zero one zero, seven seven eight eight"),
        (date(1980, 5, 2), Type.DATE, None, "May second, nineteen eighty"),
        (date(2026, 3, 3), Type.DATE, "day", "tomorrow"),
        (date(2026, 3, 6), Type.DATE, "day", "Friday"),
        (date(2026, 3, 10), Type.DATE, "day", "March tenth"),
        (date(2026, 3, 10), Type.DATE, "weekday", "Tuesday"),
        (time(15, 30), Type.TIME, None, "half past three in the afternoon"),
        (time(9, 45), Type.TIME, None, "quarter to ten in the morning"),
        (time(20, 5), Type.TIME, None, "eight oh five in the evening"),
        (time(12, 0), Type.TIME, None, "noon"),
        (datetime(2026, 3, 3, 20, 30, tzinfo=UTC), Type.MOMENT, "time", "half past three in the afternoon"),
        (datetime(2026, 3, 3, 20, 30, tzinfo=UTC), Type.MOMENT, "day", "tomorrow"),
        (timedelta(days=2), Type.DURATION, None, "two days"),
        (timedelta(minutes=90), Type.DURATION, None, "one hour and thirty minutes"),
        (True, Type.YES_NO, None, "yes"),
        ("not_working", Type.CHOICE, None, "not working"),
        ("care_desk", Type.TARGET, None, "care desk"),
        ("AB4", Type.SPELLED, None, "A, B, four"),
        ("AB1234", Type.SPELLED, "last 4", "one two three four"),
        ("ana.lopez@example.com", Type.EMAIL, None, "ana dot lopez at example dot com"),
        ("ana_80@my-shop.co.nz", Type.EMAIL, None, "ana underscore eight zero at my dash shop dot co dot nz"),
        ("a@b.co", Type.EMAIL, "spelled", "A, at, B, point, C, O"),
        ("+442079460958", Type.PHONE, None, "plus four four, two zero, seven nine four six, zero nine five eight"),
        ("+15550107788", Type.PHONE, "last 4", "seven seven eight eight"),
        (timedelta(weeks=2), Type.DURATION, "duration", "two weeks"),
        (timedelta(days=9, hours=1), Type.DURATION, None, "nine days and one hour"),
        (timedelta(0), Type.DURATION, None, "zero seconds"),
    ],
)
def test_forms(value: Value, type: Type, form: str | None, words: str) -> None:
    assert say_value(value, type, form, now=NOW) == words


def test_a_list_is_said_by_its_items() -> None:
    def said(value: tuple[Value, ...], of: Type, language: str = "en-US") -> str:
        labels = {"window": "by the window", "chair": "a high chair"} if of is Type.CHOICE else None
        return say_value(value, Type.LIST, "list", now=NOW, of=of, labels=labels, language=language)

    assert said(("soup", "bread", "tea"), Type.TEXT) == "soup, bread and tea"
    assert said(("window", "chair"), Type.CHOICE) == "by the window and a high chair"
    assert said((time(19, 30),), Type.TIME) == "half past seven in the evening"
    assert said((Decimal(5), Decimal(10)), Type.MONEY) == "five dollars and ten dollars"
    assert said((), Type.TEXT) == ""
    assert said(("sopa", "pan"), Type.TEXT, "es-US") == "sopa y pan"


def test_a_length_of_time_in_another_language() -> None:
    said_so = say_value(timedelta(days=2), Type.DURATION, None, now=NOW, language="fr-FR")
    assert said_so.split() == ["2", "jours"]


def test_currency_labels_and_language() -> None:
    assert say_value(Decimal("2.50"), Type.MONEY, None, now=NOW, currency="EUR") == "two euros and fifty cents"
    assert say_value("bill", Type.CHOICE, None, now=NOW, labels={"bill": "your bill"}) == "your bill"
    assert "mayo" in say_value(date(1980, 5, 2), Type.DATE, None, now=NOW, language="es-US")
    assert say_value(Decimal("42"), Type.NUMBER, None, now=NOW, language="es-US") == "cuarenta y dos"


@dataclass(frozen=True)
class Values:
    now: datetime
    values: dict[Path, Value | None]

    def value(self, path: Path) -> Value | None:
        return self.values[path]

    def is_open(self, hours: str, on: date | None, at: time | datetime | None) -> bool:
        return False


def test_a_template_as_spoken_and_as_shown() -> None:
    template = Template(
        (
            Field(("name",), Type.NAME, None, "there", HERE),
            ", account ",
            Field(("account",), Type.DIGITS, "last 4", None, HERE),
            " owes ",
            Field(("due",), Type.MONEY, None, None, HERE),
            ".",
        ),
        HERE,
    )
    scope = Values(NOW, {("name",): None, ("account",): "12345678", ("due",): Decimal("42.5")})
    spoken = "there, account five six seven eight owes forty two dollars and fifty cents."
    assert render(template, scope) == spoken
    assert render(template, scope, privacy=lambda path: Privacy.PII) == spoken

    def private(path: Path) -> Privacy:
        return Privacy.PII if path == ("account",) else Privacy.OPEN

    shown = render(template, scope, masked=True, privacy=private)
    assert shown == "there, account ••••5678 owes forty two dollars and fifty cents."
    secret = render(template, scope, masked=True, privacy=lambda path: Privacy.SECRET)
    assert "5678" not in secret


def test_masks() -> None:
    assert mask("12345678", Type.DIGITS) == "••••5678"
    assert mask("1234", Type.DIGITS) == "••••"
    assert mask(date(1980, 5, 2), Type.DATE) == "••••"
    assert mask("Ana", Type.NAME) == "••••"
    assert mask(None, Type.DIGITS) == ""


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("Ana, your balance is $42.50", "Ana, your balance is forty two dollars and fifty cents."),
        ("forty two fifty", "It is $42.50"),
        ("$42", "forty two dollars"),
        ("$42.00", "forty two dollars"),
        ("12345678", "one two three four, five six seven eight"),
        ("fixed by half past five", "We expect it fixed by half past five in the afternoon."),
        ("Press 1 for your bill", "Press one for your bill, two for a fault."),
        ("this call is recorded", "Thanks for calling. THIS CALL is now recorded!"),
        ("May 2nd", "May second, nineteen eighty"),
        ("", "anything"),
    ],
)
def test_the_same_words(expected: str, actual: str) -> None:
    assert same_words(expected, actual)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("12345678", "one two three four, five six seven nine"),
        ("$42.50", "forty two dollars"),
        ("is recorded", "recorded is"),
        ("1234", "12 and then something 34"),
        ("something", ""),
    ],
)
def test_other_words(expected: str, actual: str) -> None:
    assert not same_words(expected, actual)


def test_word_errors_take_numbers_for_equal() -> None:
    assert word_errors("one two three fifty-two", "123, 52.") == (0, 5)
    assert word_errors("it's the second", "Its the 2nd") == (0, 3)
    assert word_errors("pay my bill", "may my bill now") == (2, 3)
    assert word_errors("", "hello") == (1, 0)
    assert plain_words("It's $42.50, OK?") == ["its", "42", "50", "ok"]


def test_longer_texts_take_longer() -> None:
    short = estimate_ms("Goodbye.")
    assert 500 < short < 1500
    assert estimate_ms("There is a fault near you. We expect it fixed by half past five.") > 3 * short
    assert estimate_ms("12345678") > estimate_ms("eight")
    assert estimate_ms("") == 0


@given(st.text(alphabet="0123456789", min_size=8, max_size=8))
def test_spoken_digits_are_understood(digits: str) -> None:
    words = say_value(digits, Type.DIGITS, None, now=NOW)
    assert interpret(words, listen(ACCOUNT), NOW).fills[0].value == digits
    assert same_words(digits, words)


@given(st.decimals(min_value=0, max_value=99_999, places=2))
def test_spoken_money_is_understood(amount: Decimal) -> None:
    words = say_value(amount, Type.MONEY, None, now=NOW)
    assert interpret(words, listen(AMOUNT), NOW).fills[0].value == amount


@given(st.integers(min_value=0, max_value=9_999_999))
def test_spoken_numbers_are_understood(number: int) -> None:
    words = say_value(Decimal(number), Type.NUMBER, None, now=NOW)
    asked = listen(PARTY) if number <= 12 else listen(AMOUNT)
    assert interpret(words, asked, NOW).fills[0].value == Decimal(number)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2035, 12, 31)))
@example(date(1910, 1, 1))
@example(date(2010, 5, 10))
@example(date(1900, 1, 1))
def test_spoken_dates_are_understood(day: date) -> None:
    words = say_value(day, Type.DATE, None, now=NOW)
    reading = interpret(words, listen(BORN), NOW)
    assert reading.fills[0].value == day
    a_unit_may_follow = day.year % 10 == 0 and day.year % 100 != 10
    assert reading.satisfied is not a_unit_may_follow


@given(st.dates(min_value=date(2026, 3, 2), max_value=date(2026, 11, 20)))
def test_spoken_days_are_understood(day: date) -> None:
    words = say_value(day, Type.DATE, "day", now=NOW)
    assert interpret(words, listen(replace(BORN, near="future")), NOW).fills[0].value == day


@given(st.times().map(lambda t: t.replace(second=0, microsecond=0)))
def test_spoken_times_are_understood(at: time) -> None:
    reading = interpret(say_value(at, Type.TIME, None, now=NOW), listen(Expected("at", Type.TIME)), NOW)
    assert (reading.fills[0].value, reading.satisfied) == (at, True)


@given(st.integers(1, 60 * 24 * 40))
def test_spoken_lengths_are_understood(minutes: int) -> None:
    length = timedelta(minutes=minutes)
    words = say_value(length, Type.DURATION, None, now=NOW)
    assert interpret(words, listen(Expected("since", Type.DURATION)), NOW).fills[0].value == length


@given(st.from_regex(r"[2-9][0-9]{9}", fullmatch=True))
def test_spoken_phone_numbers_are_understood(number: str) -> None:
    words = say_value("+1" + number, Type.PHONE, None, now=NOW)
    assert interpret(words, listen(Expected("tel", Type.PHONE)), NOW).fills[0].value == "+1" + number


WORDS = st.sampled_from(["ana", "lopez", "jo", "smith", "info", "harbour", "kitchen", "orders"])
SIGNS = st.sampled_from(["", ".", "_", "-", "+"])


@given(
    st.tuples(
        WORDS, SIGNS, WORDS, st.from_regex("[0-9]{0,3}", fullmatch=True), WORDS, st.sampled_from(["com", "co.uk"])
    )
)
def test_spoken_mail_addresses_are_understood(parts: tuple[str, ...]) -> None:
    first, sign, second, digits, host, end = parts
    address = f"{first}{sign}{second if sign else ''}{digits}@{host}.{end}"
    words = say_value(address, Type.EMAIL, None, now=NOW)
    assert interpret(words, listen(Expected("mail", Type.EMAIL)), NOW).fills[0].value == address


@given(st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=2, max_size=9))
def test_spoken_letters_are_understood(letters: str) -> None:
    words = say_value(letters, Type.SPELLED, None, now=NOW)
    assert interpret(words, listen(Expected("code", Type.SPELLED)), NOW).fills[0].value == letters


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_can_be_compared(one: str, other: str) -> None:
    assert same_words(one, one)
    assert word_errors(one, one)[0] == 0
    assert estimate_ms(one) >= 0
    same_words(one, other)
