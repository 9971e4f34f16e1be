"""Values as they are written in a scenario, and the same of a running call."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from ivr.flow.scenario.reading import NO, YES, read_length_ms
from ivr.flow.types import Value

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
            return ms is not None and value == timedelta(milliseconds=ms)
        case _:
            return value.casefold() == written.casefold() or _digits(value) == _digits(written) != ""


def _digits(text: str) -> str:
    """The digits of something that is digits but for its grouping; empty for anything else."""
    bare = _GROUPING.sub("", text)
    return bare if bare.lstrip("+").isdigit() else ""


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
            return f"{value.total_seconds():g}s"
        case Decimal():
            return f"{value:f}"
        case _:
            return value
