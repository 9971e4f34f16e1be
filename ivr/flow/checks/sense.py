"""Conditions that can never hold."""

from collections.abc import Iterator
from decimal import Decimal

from ivr.flow.checks.walk import own_steps
from ivr.flow.flow import Flow, If
from ivr.flow.grammar.tree import And, Compare, Condition, Const, Or, Ref
from ivr.flow.messages import Message
from ivr.flow.types import Value


def check_sense(flow: Flow) -> Iterator[Message]:
    for step in own_steps(flow):
        if isinstance(step, If):
            text = _never(step.condition, flow)
            if text:
                yield Message(step.place, "IVR212", text, "warning", 2, "Change it, or take the branch out.")


def _never(condition: Condition, flow: Flow) -> str:
    """Why it can never hold; empty if it can."""
    match condition:
        case And(left, right):
            return _never(left, flow) or _never(right, flow) or _contradiction(condition)
        case Or(left, right):
            return _never(left, flow) and _never(right, flow)
        case Compare(op, Ref(path, _), Const(value, _)) if isinstance(value, Decimal) and path[0] in flow.slots:
            slot = flow.slots[path[0]]
            low, high = slot.low, slot.high
            above = high is not None and ((op in (">",) and value >= high) or (op in (">=", "is") and value > high))
            below = low is not None and ((op in ("<",) and value <= low) or (op in ("<=", "is") and value < low))
            if above or below:
                goes = f"{slot.name} goes from {low} to {high}" if low is not None and high is not None else slot.name
                return f"This can never be true: {goes}."
        case _:
            pass
    return ""


def _contradiction(condition: Condition) -> str:
    """One name that is two things at once."""
    seen: dict[tuple[str, ...], Value] = {}
    for part in _parts(condition):
        match part:
            case Compare("is", Ref(path, _), Const(value, _)):
                before = seen.setdefault(path, value)
                if _folded(before) != _folded(value):
                    return f"This can never be true: {'.'.join(path)} cannot be both. Did you mean or?"
            case _:
                pass
    return ""


def _parts(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, And):
        yield from _parts(condition.left)
        yield from _parts(condition.right)
    else:
        yield condition


def _folded(value: Value) -> Value:
    return value.casefold() if isinstance(value, str) else value
