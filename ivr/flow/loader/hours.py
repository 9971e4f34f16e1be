"""`hours:` of a project: days and times as they are written, made opening hours."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ivr.flow.grammar.tokens import read_date
from ivr.flow.hours import DAY_MINUTES, DAYS, OpeningHours, Span, has_holidays, holiday_codes
from ivr.flow.loader.reading import Reader
from ivr.flow.messages import nearest
from ivr.flow.yaml_tree import Items, Keys, Scalar, Tree

SETTINGS: Final = ("zone", "holidays", "closed", "special")
_RANGE: Final = re.compile(r"([a-z]{3})(?:\s*-\s*([a-z]{3}))?")
_SPAN: Final = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", re.ASCII)
EXAMPLE: Final = "mon-fri: 09:00-17:00"


def read_hours(reader: Reader, tree: Tree | None, zone: str) -> Mapping[str, OpeningHours]:
    """`zone` is the project's. Mistakes are told; hours with one in them are left out nowhere, so that what names them
    is not told too."""
    found: dict[str, OpeningHours] = {}
    for key, value in reader.entries(tree, "hours:"):
        found[key.text] = _Writing(reader, key, zone).read(value)
    return found


@dataclass(slots=True)
class _Writing:
    """One place's hours while they are read."""

    reader: Reader
    key: Scalar
    zone: str
    week: dict[int, tuple[Span, ...]] = field(default_factory=dict)
    special: dict[date, tuple[Span, ...]] = field(default_factory=dict)
    holidays: str | None = None

    def read(self, tree: Tree) -> OpeningHours:
        told = len(self.reader.messages)
        if not isinstance(tree, Keys):
            self.reader.say(
                "IVR102", tree, f'Hours "{self.key.text}" are written as days with times.', f"Such as  {EXAMPLE}."
            )
        else:
            for key, value in tree.entries:
                self._entry(key, value)
        week = tuple(self.week.get(day, ()) for day in range(len(DAYS)))
        if not any(week) and not any(self.special.values()) and len(self.reader.messages) == told:
            self.reader.say(
                "IVR104", self.key, f'"{self.key.text}" is never open.', f"Write its days, such as  {EXAMPLE}."
            )
        return OpeningHours(self.key.text, self.zone, week, self.special, self.holidays)

    def _entry(self, key: Scalar, value: Tree) -> None:
        match key.text:
            case "zone":
                self._zone(value)
            case "holidays":
                self._holidays(value)
            case "closed":
                for day in self.reader.texts(value, "closed:"):
                    self._except(day, ())
            case "special":
                self._special(value)
            case _:
                self._days(key, value)

    def _zone(self, tree: Tree) -> None:
        zone = self.reader.text(tree, "zone:")
        if zone is not None and require_zone(self.reader, zone):
            self.zone = zone.text

    def _holidays(self, tree: Tree) -> None:
        code = self.reader.text(tree, "holidays:")
        if code is None:
            return
        if has_holidays(code.text):
            self.holidays = code.text
            return
        parts = [known for known in holiday_codes() if known.endswith(f"-{code.text.upper()}")]
        like = parts[0] if len(parts) == 1 else nearest(code.text, holiday_codes())
        fix = (
            f'Did you mean "{like}"?'
            if like
            else "Write a country, or a country and a part of it, such as US or US-NY."
        )
        self.reader.say("IVR160", code, f'The public holidays of "{code.text}" are not known.', fix)

    def _special(self, tree: Tree) -> None:
        if not isinstance(tree, Keys):
            fix = "Such as  special: {2026-12-24: 08:00-12:00}."
            self.reader.say("IVR102", tree, "special: is written as dates with times.", fix)
            return
        for key, value in tree.entries:
            self._except(key, self._spans(value))

    def _except(self, written: Scalar, spans: tuple[Span, ...]) -> None:
        day = read_date(written.text)
        if day is None:
            self.reader.say("IVR202", written, f'"{written.text}" is not a date.', date_fix(written.text))
        elif day in self.special:
            self.reader.say("IVR161", written, f"{written.text} stands twice in these hours.", "Take one of them out.")
        else:
            self.special[day] = spans

    def _days(self, key: Scalar, value: Tree) -> None:
        days = self._range(key)
        spans = self._spans(value)
        for day in days:
            if day in self.week:
                text = f"{DAYS[day]} stands twice in these hours."
                self.reader.say(
                    "IVR161", key, text, "Give each day its times once; two spans: [09:00-12:00, 13:00-17:00]."
                )
                return
            self.week[day] = spans

    def _range(self, key: Scalar) -> tuple[int, ...]:
        """`mon`, `mon-fri`, over the end of the week too (`sat-mon`)."""
        match = _RANGE.fullmatch(key.text.strip().lower())
        if match is not None and match[1] in DAYS and (match[2] is None or match[2] in DAYS):
            first = DAYS.index(match[1])
            last = DAYS.index(match[2]) if match[2] else first
            return tuple((first + step) % 7 for step in range((last - first) % 7 + 1))
        self._refuse_day(key)
        return ()

    def _refuse_day(self, key: Scalar) -> None:
        text = f'"{key.text}" is neither a day nor a setting of hours.'
        parts = [part.strip().lower() for part in key.text.split("-")]
        short = [_day_meant(part) for part in parts]
        setting = nearest(key.text, SETTINGS)
        if setting:
            fix = f'Did you mean "{setting}"?'
        elif all(short):
            fix = f'Write "{"-".join(short)}".'
        else:
            fix = f"Days are {', '.join(DAYS)}, or a range such as mon-fri; settings {', '.join(SETTINGS)}."
        self.reader.say("IVR101", key, text, fix)

    def _spans(self, tree: Tree) -> tuple[Span, ...]:
        if isinstance(tree, Scalar) and tree.text.strip() in ("closed", "none"):
            return ()
        if isinstance(tree, Keys):
            self.reader.say("IVR102", tree, "Times are written  09:00-17:00,  or a list of such.")
            return ()
        items = tree.items if isinstance(tree, Items) else (tree,)
        spans: list[Span] = []
        for item in items:
            span = self._span(item)
            if span is None:
                continue
            if spans and span.start < spans[-1].end:
                fix = "Write them in their order, each after the one before."
                self.reader.say("IVR161", item, "These times overlap, or stand in the wrong order.", fix)
                continue
            spans.append(span)
        return tuple(spans)

    def _span(self, tree: Tree) -> Span | None:
        written = self.reader.text(tree, "A time of opening")
        if written is None:
            return None
        match = _SPAN.fullmatch(written.text.strip())
        start = _minute(match[1], match[2]) if match else None
        end = _minute(match[3], match[4]) if match else None
        if start is None or end is None or start == DAY_MINUTES:
            text = f'"{written.text}" is not a time of opening.'
            meant = spans_meant(written.text)
            fix = f"Write  {meant}." if meant else "Write it like 09:00-17:00; 24:00 is the end of the day."
            self.reader.say("IVR202", written, text, fix)
            return None
        if end == start:
            fix = "All day is 00:00-24:00."
            self.reader.say("IVR202", written, f'"{written.text}" begins and ends at the same minute.', fix)
            return None
        return Span(start, end if end > start else end + DAY_MINUTES)


def spans_meant(written: str) -> str:
    """`8am-6pm`, `8.00-18.00`, `8-18`, two spans with a comma between, as they are written here; empty if unclear."""
    found = []
    for part in written.split(","):
        ends = [_time_meant(end) for end in re.split(r"\s*(?:-|–|to)\s*", part.strip())]
        if len(ends) != 2 or not all(ends):
            return ""
        found.append("-".join(ends))
    return found[0] if len(found) == 1 else f"[{', '.join(found)}]"


def _time_meant(written: str) -> str:
    match = re.fullmatch(r"(\d{1,2})(?:[:.h](\d{2}))?\s*([ap])?\.?(?:m\.?)?", written.strip().lower(), re.ASCII)
    if match is None:
        return ""
    hour, minute = int(match[1]), int(match[2] or 0)
    if match[3] is not None:
        hour = hour % 12 + (12 if match[3] == "p" else 0)
    return f"{hour:02}:{minute:02}" if hour <= 24 and minute < 60 else ""


def date_fix(written: str) -> str:
    """24.12.2026, 24/12/2026 and 12/24/2026, unless the first two could be either."""
    match = re.fullmatch(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})", written.strip(), re.ASCII)
    if match is not None:
        first, second = int(match[1]), int(match[3])
        day, month = (first, second) if match[2] != "/" or first > 12 else (second, first)
        meant = f"{match[4]}-{month:02}-{day:02}"
        if (match[2] != "/" or first > 12 or second > 12) and read_date(meant) is not None:
            return f"Write  {meant}."
    return "Write it like 2026-12-24."


def _day_meant(written: str) -> str:
    """The short name of the day; empty if it looks like none."""
    return next((day for day in DAYS if written[:2] == day[:2]), "")


def _minute(hour: str, minute: str) -> int | None:
    whole = int(hour) * 60 + int(minute)
    return whole if int(minute) < 60 and whole <= DAY_MINUTES else None


def require_zone(reader: Reader, zone: Scalar) -> bool:
    """IVR105 unless it is a time zone."""
    try:
        ZoneInfo(zone.text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        text = f'zone: "{zone.text}" is not a time zone.'
        reader.say("IVR105", zone, text, "Write it like America/New_York or Europe/Berlin.")
        return False
    return True
