"""Decides conditions. Total: whatever the values are, the answer is yes or no, and nothing is raised.

A comparison with an empty value is false, whichever way it is turned ("is not" too); so is one with a missing part of
a tool's answer, or one of another type.
"""

from datetime import date, datetime, time, timedelta
from decimal import Decimal, DecimalException
from typing import Final

from ivr.flow.grammar.tokens import read_date, read_number, read_time
from ivr.flow.grammar.tree import (
    And,
    Clock,
    Compare,
    CompareOp,
    Condition,
    Const,
    Count,
    Empty,
    Has,
    HoursOpen,
    In,
    JsonPath,
    Not,
    Operand,
    Or,
    Ref,
    Scope,
    Shift,
    Sum,
    Truth,
    Visits,
)
from ivr.flow.types import Record, Value

VISITS_PATH: Final = ("visits",)
"""The scope answers this name with how often the running node was entered."""


class _Missing:
    """Nothing stands at the end of a path: not the same as an empty value."""


_MISSING: Final = _Missing()
Found = Value | list[object] | dict[str, object] | _Missing | None


def evaluate(condition: Condition, scope: Scope, json: object = _MISSING) -> bool:
    """`json` is the tool's answer that paths from `$` look into."""
    match condition:
        case Or(left, right):
            return evaluate(left, scope, json) or evaluate(right, scope, json)
        case And(left, right):
            return evaluate(left, scope, json) and evaluate(right, scope, json)
        case Not(inner):
            return not evaluate(inner, scope, json)
        case Truth(ref):
            return _value(ref, scope, json) is True
        case Empty(left, negated):
            return _is_empty(left, negated, scope, json)
        case In(left, items, negated):
            return _is_in(left, items, negated, scope, json)
        case Has(items, item):
            return _has(_value(items, scope, json), _value(item, scope, json))
        case HoursOpen(hours, on, at, negated):
            return _is_open(hours, on, at, negated, scope)
        case Compare(op, left, right):
            return _compared(op, _value(left, scope, json), _value(right, scope, json))


def evaluate_operand(operand: Operand, scope: Scope, json: object = _MISSING) -> Value | None:
    """The value, None if it is empty or cannot be reckoned (a date beyond the calendar). A part of a tool's answer
    counts as text, number, yes or no; lists and mappings are None."""
    found = _value(operand, scope, json)
    return None if isinstance(found, (_Missing, list, dict)) else found


def _is_empty(left: Operand, negated: bool, scope: Scope, json: object) -> bool:
    found = _value(left, scope, json)
    if isinstance(found, _Missing):
        return False
    return (found is None or found == "" or found in ([], (), {})) is not negated


def _has(items: Found, item: Found) -> bool:
    if not isinstance(items, (tuple, list)):
        return False
    return any(_compared("is", one, item) for one in map(_plain, items))


def _is_open(hours: str, on: Operand | None, at: Operand | None, negated: bool, scope: Scope) -> bool:
    """A day or a time that is empty makes it false, like any comparison."""
    day = None if on is None else _value(on, scope, _MISSING)
    clock = None if at is None else _value(at, scope, _MISSING)
    if on is not None and (not isinstance(day, date) or isinstance(day, datetime)):
        return False
    if at is not None and not isinstance(clock, (time, datetime)):
        return False
    assert not isinstance(day, datetime)
    return scope.is_open(hours, day if isinstance(day, date) else None, clock) is not negated  # type: ignore[arg-type]


def _is_in(left: Operand, items: tuple[Operand, ...], negated: bool, scope: Scope, json: object) -> bool:
    found = _value(left, scope, json)
    if found is None or isinstance(found, (_Missing, list, dict)):
        return False
    among = any(_compared("is", found, _value(item, scope, json)) for item in items)
    return among is not negated


def _value(operand: Operand, scope: Scope, json: object) -> Found:
    match operand:
        case Const(value, _):
            return value
        case Ref(path, _):
            return scope.value(path)
        case Clock(what):
            return scope.now.date() if what == "today" else scope.now
        case Visits():
            return scope.value(VISITS_PATH)
        case Shift(base, by):
            return _shifted(_value(base, scope, json), by)
        case Sum(op, left, right):
            return _reckoned(op, _value(left, scope, json), _value(right, scope, json))
        case JsonPath(parts):
            return _walked(json, parts)
        case Count(items):
            return _counted(_value(items, scope, json))


def _shifted(base: Found, by: timedelta) -> Found:
    try:
        if isinstance(base, (datetime, date)):
            return base + by
        if isinstance(base, time):
            return (datetime.combine(date(2000, 1, 1), base) + by).timetz()
    except OverflowError:
        return None
    return None


def _reckoned(op: str, left: Found, right: Found) -> Found:
    if not isinstance(left, Decimal) or not isinstance(right, Decimal):
        return None
    try:
        result = left + right if op == "+" else left - right if op == "-" else left * right
    except DecimalException:
        return None
    return result if result.is_finite() else None


def _counted(items: Found) -> Found:
    """An empty list has no items; of what is no list, or is missing, there is no count."""
    if items is None:
        return Decimal(0)
    return Decimal(len(items)) if isinstance(items, (tuple, list)) else _MISSING


def _walked(json: object, parts: tuple[str | int, ...]) -> Found:
    at = json
    for part in parts:
        if isinstance(part, str) and isinstance(at, dict):
            at = at.get(part, _MISSING)
        else:
            at = at[part] if isinstance(part, int) and isinstance(at, list) and part < len(at) else _MISSING
    return _plain(at)


def _plain(at: object) -> Found:
    """A part of an answer, or an item of a list, as a value."""
    if at is None or isinstance(at, (bool, str, list, dict, _Missing, date, time, timedelta, tuple, Record)):
        return at
    if isinstance(at, (int, float, Decimal)):
        number = Decimal(str(at)) if isinstance(at, float) else Decimal(at)
        return number if number.is_finite() else _MISSING
    return _MISSING


def _compared(op: CompareOp, left: Found, right: Found) -> bool:
    if left is None or right is None or isinstance(left, (_Missing, list, dict)):
        return False
    if isinstance(right, (_Missing, list, dict)):
        return False
    pair = _alike(left, right)
    if pair is None:
        return False
    one, other = pair
    match op:
        case "is":
            return bool(one == other)
        case "is not":
            return bool(one != other)
        case "starts with":
            return isinstance(one, str) and isinstance(other, str) and one.startswith(other)
        case "<" | "before":
            return bool(one < other)  # type: ignore[operator]
        case "<=" | "on or before":
            return bool(one <= other)  # type: ignore[operator]
        case ">" | "after":
            return bool(one > other)  # type: ignore[operator]
        case ">=" | "on or after":
            return bool(one >= other)  # type: ignore[operator]


def _alike(left: Value, right: Value) -> tuple[Value, Value] | None:
    """Both as one type, text in one case; None when they have no type in common. Text of a tool's answer is read as
    what it meets."""
    if isinstance(left, str) and isinstance(right, str):
        return left.casefold(), right.casefold()
    if isinstance(left, str):
        read = _read_as(left, right)
        return None if read is None else (read, right)
    if isinstance(right, str):
        read = _read_as(right, left)
        return None if read is None else (left, read)
    if isinstance(left, datetime) and isinstance(right, datetime):
        return None if (left.tzinfo is None) is not (right.tzinfo is None) else (left, right)
    if isinstance(left, time) and isinstance(right, time):
        return left.replace(tzinfo=None), right.replace(tzinfo=None)
    return (left, right) if type(left) is type(right) else None


def _read_as(text: str, other: Value) -> Value | None:
    if isinstance(other, Decimal):
        return read_number(text)
    if isinstance(other, time):
        return read_time(text)
    if isinstance(other, date) and not isinstance(other, datetime):
        return read_date(text)
    return None
