"""Values as they are written in a scenario, and the same of a running call."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from ivr.flow.grammar.tokens import read_duration
from ivr.flow.scenario.reading import NO, YES, read_length_ms
from ivr.flow.types import Record, Value

SHORTEST_AT_HOME = 7
_GROUPING = re.compile(r"[\s().-]")


def same_value(value: Value | None, written: str | None, zone: str) -> bool:
    """Whether a value is the written one; None is empty on both sides."""
    if value is None or written is None:
        return value is written
    try:
        return _same(value, written.strip(), zone)
    except (ValueError, InvalidOperation):
        return False


def _same(value: Value, written: str, zone: str) -> bool:
    match value:
        case bool():
            return written.lower() in (YES if value else NO)
        case Decimal():
            return value == Decimal(written.lstrip("$€£").replace(",", ""))
        case datetime():
            moment = datetime.fromisoformat(written)
            return value == (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone)))
        case date():
            return value == date.fromisoformat(written)
        case time():
            return value == time.fromisoformat(written.rjust(5, "0"))
        case timedelta():
            ms = read_length_ms(written)
            return value == (read_duration(written) if ms is None else timedelta(milliseconds=ms))
        case tuple():
            items = [item.strip() for item in written.split(",")] if written.strip() else []
            return len(items) == len(value) and all(
                _same(one, text, zone) for one, text in zip(value, items, strict=True)
            )
        case Record():
            return False
        case str():
            return value.casefold() == written.casefold() or _same_digits(_digits(value), _digits(written))


def _same_digits(value: str, written: str) -> bool:
    """A phone number may be written as it is said at home, without its country."""
    at_home = value.startswith("+") and not written.startswith("+") and len(written) >= SHORTEST_AT_HOME
    return value == written != "" or (at_home and value.endswith(written.lstrip("0")))


def _digits(text: str) -> str:
    """The digits of something that is digits but for its grouping; empty for anything else."""
    bare = _GROUPING.sub("", text)
    return bare if bare.lstrip("+").isdigit() else ""


def _length(value: timedelta) -> str:
    """2 days; 90 minutes."""
    seconds = value.total_seconds()
    for name, size in (("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds and not seconds % size:
            return f"{seconds / size:g} {name}{'' if seconds == size else 's'}"
    return f"{seconds:g}s"


def as_written(value: Value | None, zone: str) -> str:
    """A value as a scenario would write it."""
    match value:
        case None:
            return "empty"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
        case date():
            return value.isoformat()
        case time():
            return value.strftime("%H:%M")
        case timedelta():
            return _length(value)
        case Decimal():
            return f"{value:f}"
        case str():
            return value
        case tuple():
            return ", ".join(as_written(item, zone) for item in value)
        case Record():
            return ", ".join(as_written(item, zone) for _, item in value.values)
