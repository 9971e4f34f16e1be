"""Dates put right: a whole new one, the part that was said, or another day of the same week."""

from datetime import date, datetime, timedelta
from typing import Final

from ivr.flow.numerals import Token, groups_of
from ivr.flow.state import Expected
from ivr.flow.understand import dates
from ivr.flow.understand.relative_days import MONTHS, WEEKDAYS


def correct_date(slot: Expected, current: date, tokens: tuple[Token, ...], now: datetime) -> date | None:
    """A whole new date, or the part of it that was said: no, June third; no, nineteen eighty one; the third; Wednesday
    of the same week."""
    weekday = weekday_alone(tokens)
    if weekday is not None:
        return _near(current, weekday, now.date() if slot.near == "future" else None)
    read = dates.read_date(tokens, [True] * len(tokens), now.date(), slot.near, slot.key_order)
    if read is not None and read.whole and read.named:
        return read.value
    month = next((MONTHS[t.text] for t in tokens if t.text in MONTHS), None)
    numbers = groups_of(tokens)
    joined = "".join(g.digits for g in numbers if not g.ordinal)
    day = next((g.value for g in numbers if g.ordinal and g.value <= 31), None)
    if month is not None and read is not None:
        day = read.value.day
    year = int(joined) if len(joined) == 4 and joined[0] in "12" else None
    if month is None and day is None and year is None:
        return None if read is None else read.value
    try:
        return current.replace(
            year=year if year is not None else current.year,
            month=month if month is not None else current.month,
            day=day if day is not None else current.day,
        )
    except ValueError:
        return None


def weekday_alone(tokens: tuple[Token, ...]) -> int | None:
    """A weekday and nothing else of a date."""
    named = [WEEKDAYS[t.text] for t in tokens if t.text in WEEKDAYS]
    more = any(t.text in MONTHS or t.text in _RELATIVE for t in tokens) or bool(groups_of(tokens))
    return named[0] if len(named) == 1 and not more else None


_RELATIVE: Final = frozenset("next last this week weeks coming following after before today tomorrow".split())  # noqa: SIM905


def _near(current: date, weekday: int, since: date | None) -> date:
    """The day of that name closest to the one it takes the place of."""
    ahead = (weekday - current.weekday() + 7) % 7
    days = ahead if ahead <= 3 else ahead - 7
    found = current + timedelta(days=days)
    return found if since is None or found >= since else found + timedelta(days=7)
