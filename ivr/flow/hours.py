"""Opening hours: when a place is open, on which days, and when it next opens. All of it in the place's own zone.

A closing time is not open: 09:00-17:00 ends before 17:00. A span that ends before it begins goes over midnight and
belongs to the day it begins on. An exception for a date (`special:`, `closed:`) goes before a public holiday, and that
before the day of the week.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES: Final = 24 * 60
AHEAD_DAYS: Final = 400
"""How far ahead the next opening is looked for: a year, and a month for those closed over its end."""


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes of the day: from the first, up to and without the last. Beyond 1440 it goes over midnight."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class OpeningHours:
    name: str
    zone: str
    week: tuple[tuple[Span, ...], ...]
    """Monday first; an empty day is closed."""
    special: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)
    """Dates with hours of their own; without any the place is closed."""
    holidays: str | None = None
    """A country, or a country and a part of it (`US-NY`), whose public holidays are closed."""

    def spans(self, day: date) -> tuple[Span, ...]:
        if day in self.special:
            return self.special[day]
        if self.holidays is not None and is_holiday(self.holidays, day):
            return ()
        return self.week[day.weekday()]

    def is_open(self, moment: datetime) -> bool:
        """`moment` is aware."""
        here = moment.astimezone(ZoneInfo(self.zone))
        return self.is_open_at(here.date(), here.time())

    def is_open_at(self, day: date, at: time) -> bool:
        minute = at.hour * 60 + at.minute
        if any(span.start <= minute < span.end for span in self.spans(day)):
            return True
        if day == date.min:
            return False
        late = minute + DAY_MINUTES
        return any(span.start <= late < span.end for span in self.spans(day - timedelta(days=1)))

    def is_open_on(self, day: date) -> bool:
        """At any time of that day."""
        return bool(self.spans(day))

    def next_opening(self, moment: datetime) -> datetime | None:
        """When it opens next; while it is open, when it opens again after closing. None: not within a year."""
        here = moment.astimezone(ZoneInfo(self.zone))
        for start in self._openings(here.date() - timedelta(days=1)):
            if start > here and not self._is_open_before(start):
                return start
        return None

    def _openings(self, first: date) -> Iterator[datetime]:
        zone = ZoneInfo(self.zone)
        for ahead in range(AHEAD_DAYS):
            day = first + timedelta(days=ahead)
            for span in self.spans(day):
                yield datetime.combine(day, time(span.start // 60, span.start % 60), zone)

    def _is_open_before(self, start: datetime) -> bool:
        """Was it open up to this moment anyway (a span that begins where another ends)?"""
        return self.is_open(start - timedelta(minutes=1))


@lru_cache(maxsize=4096)
def is_holiday(code: str, day: date) -> bool:
    return day in _holidays(code, day.year)


@lru_cache(maxsize=64)
def _holidays(code: str, year: int) -> frozenset[date]:
    from holidays import country_holidays  # here: 60 ms, for projects that have holidays

    country, _, part = code.partition("-")
    return frozenset(country_holidays(country, subdiv=part or None, years=year))


def has_holidays(code: str) -> bool:
    """Does the library know this country, or this part of it?"""
    try:
        _holidays(code, 2026)
    except NotImplementedError:
        return False
    return True


def holiday_codes() -> tuple[str, ...]:
    """All countries, and all their parts, in the form `US` and `US-NY`."""
    from holidays import list_supported_countries

    found: list[str] = []
    for country, parts in list_supported_countries().items():
        found.append(country)
        found.extend(f"{country}-{part}" for part in parts)
    return tuple(found)
