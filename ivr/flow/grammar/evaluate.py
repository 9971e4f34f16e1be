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
    Empty,
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
from ivr.flow.types import Value

VISITS_PATH: Final = ("visits",)
"""The scope answers this name with how often the running node was entered."""


class _Missing:
    """Nothing stands at the end of a path: not the same as an empty value."""


_MISSING: Final = _Missing()


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
    return (found is None or found == "" or found == [] or found == {}) is not negated


def _is_in(left: Operand, items: tuple[Operand, ...], negated: bool, scope: Scope, json: object) -> bool:
    found = _value(left, scope, json)
    if found is None or isinstance(found, (_Missing, list, dict)):
        return False
    among = any(_compared("is", found, _value(item, scope, json)) for item in items)
    return among is not negated


Found = Value | list[object] | dict[str, object] | _Missing | None


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


def _walked(json: object, parts: tuple[str | int, ...]) -> Found:
    at = json
    for part in parts:
        if isinstance(part, str) and isinstance(at, dict):
            at = at.get(part, _MISSING)
        else:
            at = at[part] if isinstance(part, int) and isinstance(at, list) and part < len(at) else _MISSING
    if isinstance(at, (bool, str, list, dict, _Missing)) or at is None:
        return at
    if isinstance(at, (int, float, Decimal)):
        number = Decimal(str(at)) if isinstance(at, float) else Decimal(at)
        return number if number.is_finite() else _MISSING
    return at if isinstance(at, (date, time, timedelta)) else _MISSING


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
