"""A value in the words it is said with: money, digits, dates, times, the last four."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

import phonenumbers
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.numbers import get_currency_name
from babel.units import format_unit
from num2words import num2words

from ivr.flow.spoken import spanish
from ivr.flow.types import Type, Value

_OWN: Final = {
    Type.MONEY: "money",
    Type.NUMBER: "number",
    Type.DIGITS: "digits",
    Type.DATE: "date",
    Type.TIME: "time",
    Type.DURATION: "duration",
    Type.PHONE: "phone",
    Type.SPELLED: "spelled",
    Type.EMAIL: "email",
}


def say_value(
    value: Value,
    type: Type,
    form: str | None,
    *,
    now: datetime,
    language: str = "en-US",
    currency: str = "USD",
    labels: Mapping[str, str] | None = None,
    of: Type | None = None,
) -> str:
    """The value in words, without symbols. `form` None is the type's own. `now` is aware, in the project's zone. `of`:
    the type of a list's items, which are said as it is."""
    match type:
        case Type.LIST:
            items = value if isinstance(value, tuple) else ()
            inner = of or Type.TEXT
            said = [
                say_value(one, inner, None, now=now, language=language, currency=currency, labels=labels)
                for one in items
            ]
            return say_list(said, language)
        case Type.CHOICE | Type.TARGET:
            return (labels or {}).get(str(value), str(value).replace("_", " "))
        case Type.YES_NO:
            return _yes_no(bool(value), language)
        case _:
            return _formed(value, type, form or _OWN.get(type, ""), now, language, currency)


def _formed(value: Value, type: Type, form: str, now: datetime, language: str, currency: str) -> str:
    match form:
        case "money":
            return say_money(_decimal(value), currency, language)
        case "number":
            return say_number(_decimal(value), language)
        case "ordinal":
            return _ordinal(int(_decimal(value)), language)
        case "digits":
            return say_digits(_plain(value), language)
        case "spelled":
            return ", ".join(_letter(c, language) for c in str(value) if not c.isspace())
        case "email":
            return say_email(str(value), language)
        case "phone":
            return _phone(str(value), language)
        case "last 4":
            return say_digits(_plain(value)[-4:], language)
        case "duration":
            return _duration(value, language) if isinstance(value, timedelta) else str(value)
        case "date" | "day" | "weekday" | "time":
            return _calendar(value, form, now, language)
        case _:
            return _moment(value, now, language) if type is Type.MOMENT else str(value)


def _decimal(value: Value) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _plain(value: Value) -> str:
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


def is_spanish(language: str) -> bool:
    return language[:2].lower() == "es"


def is_english(language: str) -> bool:
    return language.lower().startswith("en")


@lru_cache(maxsize=1024)
def _words(number: int | str, language: str, to: str = "cardinal") -> str:
    """num2words in the language, without hyphens and commas: a voice needs neither."""
    value = Decimal(number) if isinstance(number, str) else number
    tag = language.replace("-", "_")
    for tongue in (tag, tag.partition("_")[0], "en"):
        try:
            said = str(num2words(value, lang=tongue, to=to))
        except NotImplementedError:
            continue
        return said.replace("-", " ").replace(",", "")
    raise AssertionError("English is always there")


# ---- numbers -------------------------------------------------------------------------------------------------------


def say_number(value: Decimal, language: str = "en-US") -> str:
    """forty two; minus three point five."""
    plain = format(value.normalize(), "f") if value else "0"
    whole, _, fraction = plain.lstrip("-").partition(".")
    if len(whole) > 15:
        return say_digits(plain, language)
    said = _words(int(whole), language)
    if fraction and not is_english(language):
        said = _words(f"{whole}.{fraction}", language)
    elif fraction:
        said += " point " + " ".join(digit_words(c) for c in fraction)
    return f"{'menos' if is_spanish(language) else 'minus'} {said}" if value < 0 else said


def _ordinal(value: int, language: str) -> str:
    return _words(value, language, "ordinal")


_MONEY_WORDS: Final = {
    "USD": ("dollar", "dollars", "cent", "cents"),
    "CAD": ("dollar", "dollars", "cent", "cents"),
    "AUD": ("dollar", "dollars", "cent", "cents"),
    "NZD": ("dollar", "dollars", "cent", "cents"),
    "EUR": ("euro", "euros", "cent", "cents"),
    "GBP": ("pound", "pounds", "penny", "pence"),
    "CHF": ("franc", "francs", "centime", "centimes"),
    "MXN": ("peso", "pesos", "centavo", "centavos"),
    "INR": ("rupee", "rupees", "paisa", "paise"),
    "JPY": ("yen", "yen", "sen", "sen"),
}


def say_money(value: Decimal, currency: str = "USD", language: str = "en-US") -> str:
    """forty two dollars and fifty cents. Rounded to hundredths."""
    own = spanish.say_money(value, currency) if is_spanish(language) else None
    if own is not None:
        return own
    cents = int((abs(value) * 100).to_integral_value())
    whole, part = divmod(cents, 100)
    one, many, one_part, many_part = _money_words(currency, language)
    parts: list[str] = []
    if part and not many_part:
        said = _words(str(Decimal(cents) / 100), language)
        return f"minus {said} {many}" if value < 0 else f"{said} {many}"
    if whole or not part:
        parts.append(f"{_words(whole, language)} {one if whole == 1 else many}")
    if part and many_part:
        parts.append(f"{_words(part, language)} {one_part if part == 1 else many_part}")
    said = (" and " if is_english(language) else " ").join(parts)
    return f"minus {said}" if value < 0 else said


@lru_cache(maxsize=64)
def _money_words(currency: str, language: str) -> tuple[str, str, str, str]:
    if is_english(language) and currency in _MONEY_WORDS:
        return _MONEY_WORDS[currency]
    locale = find_locale(language)
    named = [get_currency_name(currency, count=n, locale=locale) for n in (1, 2)]
    return (named[0], named[1], "cent", "cents") if is_english(language) else (named[0], named[1], "", "")


@lru_cache(maxsize=32)
def find_locale(language: str) -> Locale:
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en", "US")


# ---- digits --------------------------------------------------------------------------------------------------------

_GROUPS: Final = {5: (3, 2), 6: (3, 3), 7: (3, 4), 8: (4, 4), 9: (3, 3, 3), 10: (3, 3, 4), 11: (1, 3, 3, 4)}


def say_digits(digits: str, language: str = "en-US") -> str:
    """one two three, four five six: in groups, with a comma where a voice should pause."""
    return ", ".join(
        " ".join(_letter(c, language) for c in group) for group in _grouped("".join(digits.split()).replace("-", ""))
    )


def _grouped(digits: str) -> list[str]:
    size = len(digits)
    if size <= 4:
        return [digits] if digits else []
    lengths = _GROUPS.get(size) or (4,) * (size // 4) + ((size % 4,) if size % 4 else ())
    found, at = [], 0
    for length in lengths:
        found.append(digits[at : at + length])
        at += length
    return found


_DIGIT_WORDS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_SIGN_WORDS: Final = {"+": "plus", ".": "point", "-": "dash", "@": "at", "_": "underscore", "/": "slash", "&": "and"}


def _letter(character: str, language: str) -> str:
    if character.isdigit() and character.isascii():
        return _DIGIT_WORDS[int(character)] if is_english(language) else _words(int(character), language)
    signs = spanish.SIGNS if is_spanish(language) else _SIGN_WORDS
    return signs.get(character, character.upper())


def digit_words(digits: str) -> str:
    return " ".join(_letter(c, "en") for c in digits)


def say_list(said: Sequence[str], language: str) -> str:
    """soup, bread and tea."""
    if is_english(language):
        return " and ".join(filter(None, [", ".join(said[:-1]), *said[-1:]]))
    return str(format_list(list(said), locale=find_locale(language)))


_EMAIL_WORDS: Final = {".": "dot", "@": "at", "-": "dash", "_": "underscore", "+": "plus"}


def say_email(address: str, language: str) -> str:
    """ana dot lopez at example dot com. A voice of another language reads the signs in its own way."""
    if is_spanish(language):
        return spanish.say_email(address)
    if not is_english(language):
        return address
    pieces = re.findall(r"[^\W\d_]+|\d+|[\W_]", address)
    return " ".join(digit_words(p) if p.isdigit() else _EMAIL_WORDS.get(p, p) for p in pieces)


@lru_cache(maxsize=512)
def _phone(number: str, language: str) -> str:
    """In the groups of its country; without the country code where it is E.164 of the language's own region."""
    home = find_locale(language).territory or "US"
    try:
        parsed = phonenumbers.parse(number, home)
    except phonenumbers.NumberParseException:
        return say_digits(number, language)
    at_home = parsed.country_code == phonenumbers.country_code_for_region(home)
    style = phonenumbers.PhoneNumberFormat.NATIONAL if at_home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    written = phonenumbers.format_number(parsed, style)
    groups = "".join(c if c.isdigit() or c == "+" else " " for c in written).split()
    return ", ".join(" ".join(_letter(c, language) for c in group) for group in groups)


# ---- days and times ------------------------------------------------------------------------------------------------


def _calendar(value: Value, form: str, now: datetime, language: str) -> str:
    if isinstance(value, datetime):
        value = value.astimezone(now.tzinfo)
        value = value.time() if form == "time" else value.date()
    if isinstance(value, time):
        return say_time(value, language)
    if not isinstance(value, date):
        return str(value)
    if form == "weekday":
        return _weekday(value, language)
    return say_day(value, now.date(), language) if form == "day" else say_date(value, language)


@lru_cache(maxsize=512)
def _weekday(value: date, language: str) -> str:
    return format_date(value, "EEEE", locale=find_locale(language))


def _moment(value: Value, now: datetime, language: str) -> str:
    if not isinstance(value, datetime):
        return str(value)
    day, at = _calendar(value, "day", now, language), _calendar(value, "time", now, language)
    if is_spanish(language):
        return spanish.say_moment(day, at)
    return f"{day} at {at}" if is_english(language) else f"{day}, {at}"


@lru_cache(maxsize=512)
def say_date(value: date, language: str = "en-US") -> str:
    """May second, nineteen eighty."""
    if is_spanish(language):
        return spanish.say_date(value)
    if not is_english(language):
        return format_date(value, "long", locale=find_locale(language))
    return f"{_month_day(value, language)}, {_words(value.year, language, 'year')}"


@lru_cache(maxsize=512)
def _month_day(value: date, language: str) -> str:
    return f"{format_date(value, 'MMMM', locale=find_locale(language))} {_ordinal(value.day, language)}"


_NEAR_DAYS: Final = {-1: "yesterday", 0: "today", 1: "tomorrow"}


def say_day(value: date, today: date, language: str = "en-US") -> str:
    """tomorrow; Tuesday (the coming six days); March tenth; with its year when that is not clear."""
    if is_spanish(language):
        return spanish.say_day(value, today)
    ahead = (value - today).days
    if is_english(language) and ahead in _NEAR_DAYS:
        return _NEAR_DAYS[ahead]
    if 0 < ahead < 7:
        return format_date(value, "EEEE", locale=find_locale(language))
    if is_english(language) and (value.year == today.year or 0 < ahead < 270):
        return _month_day(value, language)
    return say_date(value, language)


_ROUND_TIMES: Final = {time(0, 0): "midnight", time(12, 0): "noon"}
_PAST: Final = {15: "quarter past", 30: "half past"}


def say_time(value: time, language: str = "en-US") -> str:
    """half past three in the afternoon; ten twenty in the morning; noon."""
    if is_spanish(language):
        return spanish.say_time(value)
    if not is_english(language):
        return format_time(value, "short", locale=find_locale(language))
    bare = value.replace(second=0, microsecond=0, tzinfo=None)
    if bare in _ROUND_TIMES:
        return _ROUND_TIMES[bare]
    return f"{_clock_words(bare, language)} {_part_of_day(bare.hour)}"


def _clock_words(value: time, language: str) -> str:
    hour = _words(value.hour % 12 or 12, language)
    if value.minute in _PAST:
        return f"{_PAST[value.minute]} {hour}"
    if value.minute == 45:
        return f"quarter to {_words((value.hour + 1) % 12 or 12, language)}"
    if value.minute == 0:
        return f"{hour} o'clock"
    return f"{hour} {'oh ' if value.minute < 10 else ''}{_words(value.minute, language)}"


def _part_of_day(hour: int) -> str:
    if hour < 12:
        return "in the morning"
    if hour < 18:
        return "in the afternoon"
    return "in the evening" if hour < 22 else "at night"


_SPANS: Final = (("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))


def _duration(value: timedelta, language: str) -> str:
    """two days; one hour and thirty minutes. Weeks only where nothing is left over."""
    left = abs(int(value.total_seconds()))
    parts: list[str] = []
    for name, size in _SPANS:
        if name == "week" and left % size:
            continue
        count, left = divmod(left, size)
        if count:
            parts.append(_counted_unit(count, name, language))
    return say_list(parts or [_counted_unit(0, "second", language)], language)


def _counted_unit(count: int, name: str, language: str) -> str:
    if is_english(language):
        return f"{_words(count, language)} {name}{'' if count == 1 else 's'}"
    if is_spanish(language):
        return spanish.say_unit(count, name)
    return str(format_unit(count, f"duration-{name}", length="long", locale=find_locale(language)))


def _yes_no(value: bool, language: str) -> str:
    known = {"es": ("sí", "no"), "fr": ("oui", "non"), "de": ("ja", "nein"), "it": ("sì", "no"), "pt": ("sim", "não")}
    yes, no = known.get(language.partition("-")[0].lower(), ("yes", "no"))
    return yes if value else no
