"""A body that makes a tool's answer come out as the result a test names."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import islice, pairwise, product
from typing import Any, Final

from ivr.flow.answers import name_reply
from ivr.flow.flow import Keep, ToolResultSpec, ToolSpec
from ivr.flow.grammar.tree import Compare, Condition, Const, Has, In, JsonPath, Path
from ivr.flow.state import RawReply
from ivr.flow.types import Type, Value

MOST_TRIED: Final = 5000
_MISSING: Final = object()
_NOW: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)


def body_for(tool: ToolSpec, spec: ToolResultSpec, kept: Mapping[str, object]) -> dict[str, Any] | None:
    """With the kept values where the flow looks for them, and what the `when:` of the results ask for. None: no body
    was found that the flow would take for this result."""
    free = dict(_asked_for(tool, spec))
    for values in islice(product(*free.values()), MOST_TRIED):
        body = _with_kept(spec, kept)
        for path, value in zip(free, values, strict=True):
            if value is not _MISSING:
                put(body, path, value)
        for keep in spec.keep:  # what the test writes is what the flow gets
            if keep.name in kept:
                put(body, keep.path, _written(keep, kept[keep.name]))
        if spec.when is None and not free:
            return body
        if _comes_out(tool, spec, body):
            return body
    return None


def _with_kept(spec: ToolResultSpec, kept: Mapping[str, object]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for keep in spec.keep:
        if keep.name in kept:
            put(body, keep.path, _written(keep, kept[keep.name]))
    return body


def _comes_out(tool: ToolSpec, spec: ToolResultSpec, body: object) -> bool:
    status = spec.statuses[0] if spec.statuses else 200
    reply = RawReply(status=status, body=plain(body), result=spec.name if tool.kind == "python" else None)
    try:
        return name_reply(tool, reply, _Nothing()).result == spec.name
    except LookupError:
        return False


class _Nothing:
    """What is known where a test is read: no value of a call."""

    @property
    def now(self) -> datetime:
        return _NOW

    def value(self, path: Path) -> Value | None:
        raise LookupError(path)

    def is_open(self, hours: str, on: date | None, at: time | datetime | None) -> bool:
        raise LookupError(hours)


# ---- what conditions ask for


def _asked_for(tool: ToolSpec, wanted: ToolResultSpec) -> Iterator[tuple[tuple[str | int, ...], list[object]]]:
    """By path: the values that may make a difference, nothing there among them."""
    found: dict[tuple[str | int, ...], list[object]] = {}
    for spec in tool.results:
        if spec.when is not None:
            for path, consts in _compared(spec.when):
                found.setdefault(path, []).extend(consts)
        if spec is wanted:
            break
    for path, consts in found.items():
        yield path, [_MISSING, *dict.fromkeys(consts), True, False, 1, "other", [], ["other"]]


def _compared(condition: Condition) -> Iterator[tuple[tuple[str | int, ...], list[object]]]:
    """Each path with what it is compared with, and what is beside that."""
    match condition:
        case Compare(left=left, right=right):
            sides = [left, right]
        case In(left=left, items=items):
            sides = [left, *items]
        case Has(items=left, item=item):
            sides = [left, item]
        case _:
            sides = []
    consts = [near for side in sides if isinstance(side, Const) for near in _near(side.value)]
    paths = list(_paths(condition)) if not sides else [path for side in sides for path in _paths(side)]
    for path in paths:
        yield path, [(const,) if isinstance(condition, Has) else const for const in consts]
    if not sides:
        for part in _parts(condition):
            yield from _compared(part)


def _near(value: Value) -> list[object]:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return [value]
    return [value, value + 1, value - 1]


def _paths(tree: object) -> Iterator[tuple[str | int, ...]]:
    if isinstance(tree, JsonPath):
        yield tree.parts
    elif is_dataclass(tree) and not isinstance(tree, type):
        for part in fields(tree):
            yield from _paths(getattr(tree, part.name))
    elif isinstance(tree, tuple):
        for part_ in tree:
            yield from _paths(part_)


def _parts(condition: object) -> Iterator[Any]:
    """The conditions inside one."""
    for name in ("inner", "left", "right"):
        part = getattr(condition, name, None)
        if is_dataclass(part) and not isinstance(part, JsonPath | Const):
            yield part


# ---- values as JSON has them


def put(body: dict[str, Any], path: tuple[str | int, ...], value: object) -> None:
    """Puts a value where `keep:` will look for it."""
    at: Any = body
    for name, following in pairwise(path):
        empty: Any = [] if isinstance(following, int) else {}
        if isinstance(name, int):
            at += [{}] * (name + 1 - len(at))
            at[name] = at[name] or empty
            at = at[name]
        else:
            at = at.setdefault(name, empty)
    last = path[-1]
    if isinstance(last, int):
        at += [None] * (last + 1 - len(at))
    at[last] = plain(value)


def _written(keep: Keep, value: object) -> object:
    """A written value as its tool would have it."""
    if isinstance(value, list | tuple) and keep.fields is not None:
        return [_record(keep.fields, item) for item in value]
    if isinstance(value, str) and keep.type in (Type.NUMBER, Type.MONEY):
        return Decimal(value)
    return value in ("yes", "true") if keep.type is Type.YES_NO and isinstance(value, str) else value


def _record(inside: tuple[Keep, ...], item: object) -> object:
    if not isinstance(item, Mapping):
        return item
    record: dict[str, Any] = {}
    for keep in inside:
        if keep.name in item:
            put(record, keep.path, _written(keep, item[keep.name]))
    return record


def plain(value: object) -> object:
    """As JSON has it."""
    match value:
        case Decimal():
            return float(value)
        case datetime() | date() | time():
            return value.isoformat()
        case Mapping():
            return {str(name): plain(held) for name, held in value.items()}
        case list() | tuple():
            return [plain(one) for one in value]
        case _:
            return value
