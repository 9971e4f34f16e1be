"""Dates as people say and write them, by the day of the call."""

import calendar
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from ivr.flow.numerals import TENS, Group, Token, groups_of
from ivr.flow.types import Near
from ivr.flow.understand.relative_days import JOINERS, MONTHS, WEEKDAYS, Day, relative_day_at
from ivr.flow.understand.wording import after_take_back

KeyOrder = Literal["mmddyyyy", "ddmmyyyy", "yyyymmdd"]


@dataclass(frozen=True, slots=True)
class _Parts:
    month: int
    day: int
    year: int | None
    start: int
    stop: int


def read_date(
    tokens: tuple[Token, ...], free: list[bool], today: date, near: Near = None, order: KeyOrder = "mmddyyyy"
) -> Day | None:
    """The last date said; None where there is none, or none that exists."""
    groups = {g.start: g for g in groups_of(tokens)}
    for start, stop in after_take_back(tokens):
        for at in range(start, stop):
            if not free[at]:
                continue
            day = _date_at(tokens, groups, at, stop, today, near, order)
            if day is not None and all(free[day.start : day.stop]):
                return replace(day, named=_is_named(tokens[day.start : day.stop]))
    return None


def _is_named(tokens: tuple[Token, ...]) -> bool:
    names = (MONTHS, WEEKDAYS, ("today", "tonight", "tomorrow", "yesterday", "day", "days", "week", "weeks"))
    return any(any(t.text in n for n in names) or t.glue == "/" for t in tokens)


def _date_at(
    tokens: tuple[Token, ...],
    groups: dict[int, Group],
    at: int,
    stop: int,
    today: date,
    near: Near,
    order: KeyOrder,
) -> Day | None:
    relative = relative_day_at(tokens, groups, at, stop, today, near)
    if relative is not None:
        return relative
    parts = (
        _month_first(tokens, groups, at, stop)
        or _day_first(tokens, groups, at, stop)
        or _year_first(tokens, groups, at, stop)
        or _numeric(tokens, groups, at, stop, order, today)
    )
    if parts is not None:
        return _settled(parts, today, near)
    return _day_alone(tokens, groups, at, stop, today, near)


def may_grow(tokens: tuple[Token, ...], day: Day) -> bool:
    """Whether more words could make it another date: nineteen eighty (four), twenty (third), the third (of May)."""
    if day.stop < len(tokens):
        return False
    last = tokens[-1].text
    if last in TENS or last in ("hundred", "thousand") or _is_round(last):
        return True
    groups = {g.start: g for g in groups_of(tokens)}
    return any(g.stop == day.stop and g.ordinal for g in groups.values()) and not _has_month(tokens, day)


def _is_round(written: str) -> bool:
    """20, 1980, 2000: figures for words that a unit may follow. Nothing follows ten, as in 1910."""
    return written.isdigit() and len(written) >= 2 and written.endswith("0") and not written.endswith("10")


def ends_with_month(tokens: tuple[Token, ...]) -> bool:
    """A day is due."""
    return bool(tokens) and tokens[-1].text in MONTHS


def _has_month(tokens: tuple[Token, ...], day: Day) -> bool:
    return any(t.text in MONTHS or t.text in WEEKDAYS for t in tokens[: day.stop])


# ---- by the calendar -----------------------------------------------------------------------------------------------


def _skip(tokens: tuple[Token, ...], at: int, stop: int) -> int:
    while at < stop and tokens[at].text in JOINERS:
        at += 1
    return at


def _month_first(tokens: tuple[Token, ...], groups: dict[int, Group], at: int, stop: int) -> _Parts | None:
    """May second nineteen eighty; May 2, 1980; May 21980, as some write it."""
    if tokens[at].text not in MONTHS:
        return None
    month = MONTHS[tokens[at].text]
    here = _skip(tokens, at + 1, stop)
    group = groups.get(here)
    if group is None or here >= stop:
        return None
    if group.literal and not group.ordinal and len(group.digits) in (5, 6):
        run_on = _Parts(month, int(group.digits[:-4]), int(group.digits[-4:]), at, group.stop)
        return run_on if 1 <= run_on.day <= 31 else None
    day_read = _day_of_month(tokens, groups, here, stop)
    if day_read is None:
        return None
    year, here = _year(tokens, groups, day_read[1], stop)
    return _Parts(month, day_read[0], year, at, here)


def _day_first(tokens: tuple[Token, ...], groups: dict[int, Group], at: int, stop: int) -> _Parts | None:
    """second of May nineteen eighty; 2 May 1980."""
    here = at + 1 if tokens[at].text == "the" else at
    if here not in groups or here >= stop:
        return None
    day_read = _day_of_month(tokens, groups, here, stop)
    if day_read is None:
        return None
    day, here = day_read
    here = _skip(tokens, here, stop)
    if here >= stop or tokens[here].text not in MONTHS:
        return None
    month = MONTHS[tokens[here].text]
    year, here = _year(tokens, groups, here + 1, stop)
    return _Parts(month, day, year, at, here)


def _year_first(tokens: tuple[Token, ...], groups: dict[int, Group], at: int, stop: int) -> _Parts | None:
    """nineteen eighty May two."""
    if at not in groups:
        return None
    year, here = _year(tokens, groups, at, stop)
    if year is None or year < 1000:
        return None
    here = _skip(tokens, here, stop)
    if here >= stop or tokens[here].text not in MONTHS:
        return None
    month = MONTHS[tokens[here].text]
    here = _skip(tokens, here + 1, stop)
    day_read = _day_of_month(tokens, groups, here, stop)
    return None if day_read is None else _Parts(month, day_read[0], year, at, day_read[1])


def _day_of_month(tokens: tuple[Token, ...], groups: dict[int, Group], at: int, stop: int) -> tuple[int, int] | None:
    if at >= stop or at not in groups:
        return None
    group = groups[at]
    if group.digits == "0" and group.stop in groups and groups[group.stop].unit:
        group = groups[group.stop]
    if 1 <= group.value <= 31:
        return group.value, group.stop
    return None


def _year(tokens: tuple[Token, ...], groups: dict[int, Group], at: int, stop: int) -> tuple[int | None, int]:
    """A year that stands here, and where it ends: 1980; nineteen eighty; two thousand five; twenty oh five; eighty."""
    start = at
    at = _skip(tokens, at, stop)
    digits = ""
    while at in groups and at < stop and len(digits) < 4 and not groups[at].ordinal:
        group = groups[at]
        if len(digits) + len(group.digits) > 4:
            break
        digits += group.digits
        at = group.stop
    if len(digits) == 4 and digits[0] in "12":
        return int(digits), at
    if len(digits) == 2 and at - start >= 1:
        return int(digits), at
    return None, start


def _numeric(
    tokens: tuple[Token, ...], groups: dict[int, Group], at: int, stop: int, order: KeyOrder, today: date
) -> _Parts | None:
    """5/2/1980, 1980-05-02, 05021980, five two nineteen eighty."""
    if at not in groups or (at > 0 and at - 1 in groups and tokens[at].glue):
        return None
    run: list[Group] = []
    here = at
    while here in groups and here < stop and not groups[here].ordinal:
        if run and tokens[here].glue == "" and run[-1].literal and tokens[run[-1].start].glue in ("/", "-"):
            break
        run.append(groups[here])
        here = groups[here].stop
    glued = len(run) == 3 and all(tokens[g.start].glue in ("/", "-", ".") for g in run[1:])
    if glued:
        return _written(run, order)
    digits = "".join(g.digits for g in run)
    if len(digits) == 8:
        return _ordered(digits, order, at, here)
    if len(run) >= 3 and 6 <= len(digits) <= 7:
        return _spoken_numbers(run, order)
    return None


def _written(run: list[Group], order: KeyOrder) -> _Parts | None:
    a, b, c = (g.value for g in run)
    start, stop = run[0].start, run[-1].stop
    if len(run[0].digits) == 4:
        return _Parts(b, c, a, start, stop)
    if len(run[2].digits) not in (2, 4):
        return None
    month, day = (b, a) if order == "ddmmyyyy" else (a, b)
    if month > 12 >= day:
        month, day = day, month
    return _Parts(month, day, c, start, stop)


def _spoken_numbers(run: list[Group], order: KeyOrder) -> _Parts | None:
    """five two nineteen eighty; oh five two nineteen eighty: one number for month and for day, four digits of year."""
    for lead in range(2, min(5, len(run))):
        year = "".join(g.digits for g in run[lead:])
        pair = _two_numbers(run[:lead])
        if len(year) == 4 and year[0] in "12" and pair is not None:
            month, day = (pair[1], pair[0]) if order == "ddmmyyyy" else pair
            return _Parts(month, day, int(year), run[0].start, run[-1].stop)
    return None


def _two_numbers(run: list[Group]) -> tuple[int, int] | None:
    numbers: list[int] = []
    zero = False
    for group in run:
        if group.digits == "0" and not zero:
            zero = True
            continue
        numbers.append(group.value)
        zero = False
    return (numbers[0], numbers[1]) if len(numbers) == 2 and not zero else None


def _ordered(digits: str, order: KeyOrder, start: int, stop: int) -> _Parts | None:
    year_at = {"mmddyyyy": 4, "ddmmyyyy": 4, "yyyymmdd": 0}[order]
    year = int(digits[year_at : year_at + 4])
    rest = digits[:year_at] + digits[year_at + 4 :]
    first, second = int(rest[:2]), int(rest[2:])
    month, day = (second, first) if order == "ddmmyyyy" else (first, second)
    return _Parts(month, day, year, start, stop)


def date_of_keys(keys: str, order: KeyOrder) -> date | None:
    """Eight keys in their order; None where no such day exists."""
    if len(keys) != 8 or not keys.isdigit():
        return None
    parts = _ordered(keys, order, 0, 0)
    return None if parts is None or parts.year is None else _day(parts.year, parts.month, parts.day)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _settled(parts: _Parts, today: date, near: Near) -> Day | None:
    if parts.year is None:
        value = _nearest(parts.month, parts.day, today, near)
        return None if value is None else Day(value, parts.start, parts.stop, near == "future")
    year = parts.year if parts.year >= 100 else _century(parts.year, today, near)
    value = _day(year, parts.month, parts.day)
    return None if value is None else Day(value, parts.start, parts.stop, True)


def _century(year: int, today: date, near: Near) -> int:
    """'80 is 1980 and '26 is 2026: with nothing else known, at most ten years ahead."""
    ahead = 0 if near == "past" else 99 if near == "future" else 10
    full = today.year - today.year % 100 + year
    return full - 100 if full > today.year + ahead else full


def _nearest(month: int, day: int, today: date, near: Near) -> date | None:
    """The year that was not said: the last one gone by, the next to come, or whichever is closer."""
    candidates = [d for y in range(today.year - 8, today.year + 9) if (d := _day(y, month, day)) is not None]
    past = [d for d in candidates if d <= today]
    future = [d for d in candidates if d >= today]
    if near == "past":
        return past[-1] if past else None
    if near == "future":
        return future[0] if future else None
    return min(candidates, key=lambda d: abs((d - today).days)) if candidates else None


def _day_alone(
    tokens: tuple[Token, ...], groups: dict[int, Group], at: int, stop: int, today: date, near: Near
) -> Day | None:
    """the third: of this month, or of the month before or after it."""
    here = at + 1 if tokens[at].text == "the" else at
    group = groups.get(here)
    if group is None or here >= stop or not group.ordinal or not 1 <= group.value <= 31:
        return None
    if at > 0 and (tokens[at - 1].text in MONTHS or tokens[at - 1].text == "the"):
        return None
    step = -1 if near == "past" else 1
    year, month = today.year, today.month
    for _ in range(13):
        if group.value <= calendar.monthrange(year, month)[1]:
            value = date(year, month, group.value)
            if (value <= today) if near == "past" else (value >= today):
                return Day(value, at, group.stop, True)
        month += step
        if month in (0, 13):
            year, month = year + step, 12 if month == 0 else 1
    return None
