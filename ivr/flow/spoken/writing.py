"""A value as it is written for people: in a text message, a page, a note. And as back ends write it."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency

from ivr.flow.spoken.forms import say_value
from ivr.flow.types import Record, Type, Value


def write_value(
    value: Value,
    type: Type,
    form: str | None,
    *,
    now: datetime,
    language: str = "en-US",
    currency: str = "USD",
    labels: Mapping[str, str] | None = None,
) -> str:
    """As `say_value`, with figures in place of words: $42.50, March 10, 2026, 5:30 PM. A day is a date with its
    weekday, since a message is read later than it is sent."""
    locale = Locale.parse(language.replace("-", "_"))
    match value:
        case Decimal() if form == "money" or (type is Type.MONEY and form is None):
            return format_currency(value, currency, locale=locale)
        case Decimal():
            return plain_text(value)
        case datetime() if form not in ("date", "day", "weekday", "time"):
            return f"{_date(value, None, locale)}, {_time(value, locale)}"
        case datetime() | time() if form == "time" or isinstance(value, time):
            return _time(value, locale)
        case date():
            return _date(value, form, locale)
        case str() if form == "last 4":
            return value[-4:]
        case str() if type is not Type.CHOICE:
            return value
        case tuple():
            items = [write_value(v, Type.TEXT, None, now=now, language=language, labels=labels) for v in value]
            return ", ".join(items)
        case _:
            return say_value(value, type, form, now=now, language=language, currency=currency, labels=labels)


def _date(value: date, form: str | None, locale: Locale) -> str:
    shape = {"weekday": "EEEE", "day": "full"}.get(form or "", "long")
    return format_date(value, shape, locale=locale)


def _time(value: datetime | time, locale: Locale) -> str:
    return format_time(value, "short", locale=locale).replace("\u202f", " ")


def plain_text(value: Value) -> str:
    """A value as back ends write it: ISO dates and times, E.164 phones, true and false, seconds."""
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return f"{value.total_seconds():g}"
        case str():
            return value
        case tuple():
            return ", ".join(plain_text(item) for item in value)
        case Record():
            return ", ".join(plain_text(item) for _, item in value.values if item is not None)


def json_value(value: Value | None) -> object:
    """Numbers and yes or no as JSON has them, lists as lists, records as objects, all else as text."""
    match value:
        case None | bool() | Decimal():
            return value
        case tuple():
            return [json_value(item) for item in value]
        case Record():
            return {name: json_value(item) for name, item in value.values}
        case _:
            return plain_text(value)
