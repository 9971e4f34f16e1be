"""Choices out of a list: an item meant by its value ("seven thirty", "the twelfth") or by a word only it has."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

from ivr.flow.flow import Option
from ivr.flow.numerals import Token, groups_of
from ivr.flow.state import Expected
from ivr.flow.types import Value
from ivr.flow.understand import amounts, choosing, dates, digit_strings, misheard, times
from ivr.flow.understand.choosing import BY_PLACE, CONTAINED, Choice
from ivr.flow.understand.relative_days import WEEKDAYS
from ivr.flow.understand.wording import ARTICLES, PREFACE, is_noise

_HALF_DAY_MIN: Final = 12 * 60
Valued = tuple[Option, Value]


def is_listed(expected: Expected) -> bool:
    return any(option.value is not None for option in expected.options)


def by_value(expected: Expected, tokens: tuple[Token, ...], free: list[bool], now: datetime) -> Choice | None:
    """The one item whose value was said."""
    values = [(option, option.value) for option in expected.options if option.value is not None]
    kinds = {type(value) for _, value in values}
    if time in kinds:
        clock = times.read_time(misheard.clock_words(tokens), free)
        if clock is not None:
            exact = clock.sure >= 1
            return _only(values, lambda v: _same_time(v, clock.value, exact), clock.start, clock.stop)
    if date in kinds:
        return _by_date(values, tokens, free, now)
    if Decimal in kinds:
        read = amounts.read_amount(tokens, free, money=False, low=None, high=None)
        if read is not None and not any(g.ordinal for g in groups_of(tokens)):
            return _only(values, lambda v: v in read.readings, read.start, read.stop)
    if str in kinds:
        digits = digit_strings.read_digits(tokens, None, free)
        if digits is not None and len(digits.digits) >= 3:
            tail = digits.digits
            return _only(values, lambda v: str(v).endswith(tail), digits.start, digits.stop)
    return None


def _by_date(values: Sequence[Valued], tokens: tuple[Token, ...], free: list[bool], now: datetime) -> Choice | None:
    weekday = next((at for at, t in enumerate(tokens) if t.text in WEEKDAYS and free[at]), None)
    read = dates.read_date(tokens, free, now.date(), "future")
    found = None
    if read is not None:
        said = read.value
        found = _only(values, lambda v: v == said, read.start, read.stop) or _only(
            values, lambda v: isinstance(v, date) and v.day == said.day and not read.whole, read.start, read.stop
        )
    if found is None and weekday is not None:
        day = WEEKDAYS[tokens[weekday].text]
        found = _only(values, lambda v: isinstance(v, date) and v.weekday() == day, weekday, weekday + 1)
    return found


def _same_time(value: Value, said: time, exact: bool) -> bool:
    if not isinstance(value, time):
        return False
    minutes, other = value.hour * 60 + value.minute, said.hour * 60 + said.minute
    return minutes == other or (not exact and minutes % _HALF_DAY_MIN == other % _HALF_DAY_MIN)


def _only(values: Sequence[Valued], fits: Callable[[Value], bool], start: int, stop: int) -> Choice | None:
    """The one that fits; of several, the one on offer now."""
    found = [option for option, value in values if fits(value)]
    found = [option for option in found if option.offered] or found
    return Choice(found[0].name, CONTAINED, start, stop) if len(found) == 1 else None


def by_word(expected: Expected, tokens: tuple[Token, ...], free: list[bool]) -> Choice | None:
    """The one item that has the words said, or some of them: "the savings account", "the garden"."""
    said = [
        (at, choosing.stem(t.text))
        for at, t in enumerate(tokens)
        if free[at] and len(t.text) > 1 and t.text not in _PLAIN and not is_noise(t.text)
    ]
    hits: dict[str, list[int]] = {}
    words = {option.name: _words_of(option) for option in expected.options}
    for at, word in said:
        having = [name for name, own in words.items() if word in own]
        if len(having) == 1:
            hits.setdefault(having[0], []).append(at)
    if len(hits) != 1:
        return None
    name, places = next(iter(hits.items()))
    return Choice(name, BY_PLACE, min(places), max(places) + 1)


_SMALL: Final = frozenset(
    # English
    {"am", "an", "as", "at", "be", "by", "do", "go", "he", "if", "in", "is", "it", "me", "my", "no", "of", "oh", "ok"}
    | {"on", "or", "pm", "so", "to", "uh", "um", "up", "us", "we"}
    # Spanish
    | {"al", "da", "de", "el", "en", "es", "la", "le", "lo", "mi", "ni", "se", "si", "su", "te", "tu", "un", "va"}
    | {"ya", "yo"}
)
"""Words of two letters that name nothing; others may be a name: Ng, Wu, Li."""
_PLAIN: Final = (
    ARTICLES | PREFACE | _SMALL | {"one", "ones", "with", "not", "other", "and", "take", "please", "that", "can"}
)


def _words_of(option: Option) -> set[str]:
    from_hear = " ".join((*option.hear, option.say)).lower().replace(",", " ").replace(".", " ").split()
    return {choosing.stem(word) for word in from_hear}
