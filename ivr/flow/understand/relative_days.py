"""Days reckoned from today: tomorrow, next Friday, in three days, two weeks ago."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from ivr.flow.numerals import Group, Token
from ivr.flow.types import Near
from ivr.flow.understand.wording import FILLERS

_MONTH_NAMES: Final = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
MONTHS: Final = {
    **{name: n for n, name in enumerate(_MONTH_NAMES, 1)},
    **{name[:3]: n for n, name in enumerate(_MONTH_NAMES, 1)},
    "sept": 9,
}
WEEKDAYS: Final = {
    name: n for n, name in enumerate(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])
}
JOINERS: Final = frozenset({"the", "of", "in", "on", "and", "year", "day"}) | FILLERS


@dataclass(frozen=True, slots=True)
class Day:
    """`whole`: the year was said, or the day follows from today; nothing is left open. `named`: by a month, a weekday
    or today, so that it can be nothing but a date."""

    value: date
    start: int
    stop: int
    whole: bool
    named: bool = True


_FIXED: Final = (
    (("the", "day", "after", "tomorrow"), 2),
    (("day", "after", "tomorrow"), 2),
    (("the", "day", "before", "yesterday"), -2),
    (("day", "before", "yesterday"), -2),
    (("today",), 0),
    (("tonight",), 0),
    (("tomorrow",), 1),
    (("yesterday",), -1),
)


def relative_day_at(
    tokens: tuple[Token, ...], groups: dict[int, Group], at: int, stop: int, today: date, near: Near
) -> Day | None:
    words = tuple(t.text for t in tokens[at : min(stop, at + 4)])
    for phrase, days in _FIXED:
        if words[: len(phrase)] == phrase:
            return _shifted(today, days, at, at + len(phrase))
    if words and words[0] in ("next", "this", "last", "coming") and len(words) > 1 and words[1] in WEEKDAYS:
        return _weekday(words[0], WEEKDAYS[words[1]], today, at, at + 2)
    if words and words[0] in WEEKDAYS and not _date_follows(tokens, groups, at + 1, stop):
        said = "last" if near == "past" else "coming"
        return _weekday(said, WEEKDAYS[words[0]], today, at, at + 1)
    return _counted(tokens, groups, at, stop, today)


def _date_follows(tokens: tuple[Token, ...], groups: dict[int, Group], at: int, stop: int) -> bool:
    """Friday, May second; Friday the third."""
    while at < stop and tokens[at].text in JOINERS:
        at += 1
    return at < stop and (tokens[at].text in MONTHS or (at in groups and groups[at].ordinal))


def _shifted(today: date, days: int, start: int, stop: int) -> Day | None:
    try:
        return Day(today + timedelta(days=days), start, stop, True)
    except OverflowError:
        return None


def _weekday(said: str, weekday: int, today: date, start: int, stop: int) -> Day | None:
    """`next` is that day of the next week (Monday to Sunday), `last` the latest gone by, otherwise the coming one."""
    ahead = (weekday - today.weekday()) % 7 or 7
    if said == "next":
        ahead = 7 - today.weekday() + weekday
    elif said == "last":
        ahead = -((today.weekday() - weekday) % 7 or 7)
    return _shifted(today, ahead, start, stop)


_LENGTHS: Final = {"day": 1, "days": 1, "week": 7, "weeks": 7}


def _counted(tokens: tuple[Token, ...], groups: dict[int, Group], at: int, stop: int, today: date) -> Day | None:
    """in three days; a week from today; two weeks ago."""
    start = at
    forward = tokens[at].text == "in"
    at += forward
    if at >= stop:
        return None
    if at in groups and not groups[at].ordinal:
        count, at = groups[at].value, groups[at].stop
    elif tokens[at].text in ("a", "one"):
        count, at = 1, at + 1
    else:
        return None
    if at >= stop or tokens[at].text not in _LENGTHS or count > 5000:
        return None
    days = count * _LENGTHS[tokens[at].text]
    at += 1
    after = tuple(t.text for t in tokens[at : min(stop, at + 2)])
    if after[:1] == ("ago",):
        return _shifted(today, -days, start, at + 1)
    if after in (("from", "now"), ("from", "today")):
        return _shifted(today, days, start, at + 2)
    return _shifted(today, days, start, at) if forward else None
