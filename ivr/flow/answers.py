"""What a tool answered, named and typed by the `results:` of the flow."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Final

from ivr.flow.flow import Keep, ToolResultSpec, ToolSpec
from ivr.flow.grammar import evaluate
from ivr.flow.grammar.tokens import read_duration
from ivr.flow.grammar.tree import Scope
from ivr.flow.state import NamedReply, RawReply
from ivr.flow.types import Record, Type, Value

FAILED: Final = "failed"
UNKNOWN: Final = "unknown"
DECLINED: Final = "declined"
LARGEST: Final = Decimal(10) ** 15
_LOST: Final = frozenset({"timeout", "unreachable", "garbage", "too_large", "raised"})


@dataclass(frozen=True, slots=True)
class Named:
    """`succeeded`: a change was made (an HTTP answer of the 2xx family, or any result of a Python tool)."""

    result: str
    kept: Mapping[str, Value] = field(default_factory=dict)
    succeeded: bool = False
    why: str = ""
    """For the record: what did not fit. No values."""


def name_reply(tool: ToolSpec, reply: RawReply | NamedReply, scope: Scope) -> Named:
    """The first result that fits, with its kept values.

    `failed`: nothing fits, or a kept value is missing or of another type. `unknown`: a change was sent and its answer
    was lost."""
    if isinstance(reply, NamedReply):
        return _scripted(tool, reply, scope)
    if reply.error is not None:
        lost = tool.changes_things and reply.sent and reply.error in _LOST
        return Named(UNKNOWN if lost else FAILED, why=reply.error)
    for spec in tool.results:
        if _fits(tool, spec, reply, scope):
            return _keeping(tool, spec, _found_in(reply.body, spec), scope)
    return Named(FAILED, why="the answer fits no result")


def _fits(tool: ToolSpec, spec: ToolResultSpec, reply: RawReply, scope: Scope) -> bool:
    if tool.kind == "python":
        if reply.result != spec.name:
            return False
    elif spec.statuses:
        if reply.status not in spec.statuses:
            return False
    elif spec.when is None and not (reply.status is not None and 200 <= reply.status < 300):
        return False
    return spec.when is None or evaluate(spec.when, scope, reply.body)


def _scripted(tool: ToolSpec, reply: NamedReply, scope: Scope) -> Named:
    for spec in tool.results:
        if spec.name == reply.result:
            return _keeping(tool, spec, {keep.name: reply.kept.get(keep.name) for keep in spec.keep}, scope)
    return Named(reply.result)


def _found_in(body: object, spec: ToolResultSpec) -> dict[str, object]:
    return {keep.name: _walked(body, keep.path) for keep in spec.keep}


def _walked(body: object, path: tuple[str | int, ...]) -> object:
    if len(path) == 1 and isinstance(body, dict | Mapping):  # nearly every one, and many a time for a list
        return body.get(path[0])
    at = body
    for part in path:
        if isinstance(part, str) and isinstance(at, Mapping):
            at = at.get(part)
        elif isinstance(part, int) and isinstance(at, (list, tuple)) and part < len(at):
            at = at[part]
        else:
            return None
    return at


def _keeping(tool: ToolSpec, spec: ToolResultSpec, found: Mapping[str, object], scope: Scope) -> Named:
    succeeded = tool.kind == "python" or not spec.statuses or any(200 <= s < 300 for s in spec.statuses)
    kept: dict[str, Value] = {}
    for keep in spec.keep:
        value = typed(keep, found[keep.name], scope.now.tzinfo)
        if value is not None:
            kept[keep.name] = value
        elif not keep.optional:
            return Named(FAILED, succeeded=succeeded, why=f"{keep.name} is missing or no {keep.type}")
    return Named(spec.name, kept, succeeded)


# ---- JSON to values


def typed(keep: Keep, found: object, zone: tzinfo | None) -> Value | None:
    """A value of the kept type; None when there is none or it is of another type."""
    return _READERS[keep.type](keep, found, zone)


def is_email(text: str) -> bool:
    """Of the shape that mail addresses have: no more than their letters is looked at."""
    return re.fullmatch(r"[\w.+-]{1,64}@(?:[a-z0-9-]{1,63}\.)+[a-z]{2,24}", text, re.ASCII | re.IGNORECASE) is not None


MOST_ITEMS: Final = 200
"""Of a list; more is nobody told on a telephone."""


def _items(keep: Keep, found: object, zone: tzinfo | None) -> Value | None:
    """A list of values or records; None when an item is not as it should be. Without items it is empty, not missing."""
    if not isinstance(found, list | tuple):
        return None
    items: list[Value] = []
    for item in found[:MOST_ITEMS]:
        value = _record(keep.fields, item, zone) if keep.fields is not None else _item(keep, item, zone)
        if value is None:
            return None
        items.append(value)
    return tuple(items)


def _item(keep: Keep, found: object, zone: tzinfo | None) -> Value | None:
    return typed(replace(keep, type=keep.of or Type.TEXT, of=None), found, zone)


def _record(fields: tuple[Keep, ...], found: object, zone: tzinfo | None) -> Record | None:
    if not isinstance(found, dict | Mapping):
        return None
    values: list[tuple[str, Value | None]] = []
    for field_ in fields:
        inside = _walked(found, field_.path)
        value = None if inside is None else typed(field_, inside, zone)
        if value is None and (inside is not None or not field_.optional):
            return None
        values.append((field_.name, value))
    return Record(tuple(values))


def _text(found: object) -> str | None:
    """Text that is not empty; a whole number is taken as it is written."""
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    return found.strip() or None if isinstance(found, str) else None


def _number(found: object) -> Decimal | None:
    if isinstance(found, bool) or not isinstance(found, (int, float, str, Decimal)):
        return None
    try:
        number = Decimal(str(found))
    except InvalidOperation:
        return None
    return number if is_sayable(number) else None


def is_sayable(number: Decimal) -> bool:
    """Of a size that people use: below a thousand million million, with at most thirty places."""
    exponent = number.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -30 and abs(number) < LARGEST


def _yes_no(found: object) -> bool | None:
    if isinstance(found, bool):
        return found
    return {"yes": True, "no": False, "true": True, "false": False}.get(found) if isinstance(found, str) else None


def _date(found: object) -> date | None:
    if isinstance(found, date):
        return found.date() if isinstance(found, datetime) else found
    if not isinstance(found, str):
        return None
    try:
        return date.fromisoformat(found)
    except ValueError:
        return None


def _time(found: object) -> time | None:
    if isinstance(found, time):
        return found
    if not isinstance(found, str):
        return None
    try:
        return time.fromisoformat(found)
    except ValueError:
        return None


def _moment(found: object, zone: tzinfo) -> datetime | None:
    """A moment without a zone is in the project's."""
    if isinstance(found, str):
        try:
            found = datetime.fromisoformat(found)
        except ValueError:
            return None
    if not isinstance(found, datetime):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)


_UNITS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def _duration(found: object) -> timedelta | None:
    """Seconds as a number, 30s 15m 2h 1d, or 2 days."""
    if isinstance(found, timedelta):
        return found
    written = read_duration(found) if isinstance(found, str) else None
    if written is not None:
        return written
    factor: float = 1
    if isinstance(found, str):
        unit = found.lstrip("0123456789.").strip()
        if unit not in _UNITS:
            return None
        factor, found = _UNITS[unit], found.removesuffix(unit).strip()
    number = _number(found)
    try:
        return None if number is None else timedelta(seconds=float(number) * factor)
    except OverflowError:
        return None


def _digits(found: object) -> str | None:
    text = _text(found)
    return text if text is not None and text.isascii() and text.isdigit() else None


def _phone(found: object) -> str | None:
    text = re.sub(r"[ ().-]", "", _text(found) or "")
    return text if re.fullmatch(r"\+[1-9][0-9]{5,14}", text, re.ASCII) else None


def _email(found: object) -> str | None:
    text = _text(found)
    return text.lower() if text is not None and is_email(text) else None


def _spelled(found: object) -> str | None:
    text = _text(found)
    return text.upper() if text is not None else None


def _alone(read: Callable[[object], Value | None]) -> "_Reader":
    return lambda _keep, found, _zone: read(found)


_Reader = Callable[[Keep, object, tzinfo | None], Value | None]
_READERS: Final[Mapping[Type, _Reader]] = {
    Type.NUMBER: _alone(_number),
    Type.MONEY: _alone(_number),
    Type.YES_NO: _alone(_yes_no),
    Type.DATE: _alone(_date),
    Type.TIME: _alone(_time),
    Type.MOMENT: lambda _keep, found, zone: _moment(found, zone or UTC),
    Type.DURATION: _alone(_duration),
    Type.DIGITS: _alone(_digits),
    Type.PHONE: _alone(_phone),
    Type.EMAIL: _alone(_email),
    Type.SPELLED: _alone(_spelled),
    Type.LIST: _items,
    Type.TEXT: _alone(_text),
    Type.NAME: _alone(_text),
    Type.CHOICE: _alone(_text),
    Type.TARGET: _alone(_text),
    Type.WEEK: lambda _keep, _found, _zone: None,
}
