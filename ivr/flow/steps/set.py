"""`set:` writes slots and variables."""

from decimal import Decimal

from ivr.flow.answers import is_sayable
from ivr.flow.flow import Literal_, SetStep
from ivr.flow.grammar import evaluate, evaluate_operand
from ivr.flow.grammar.tree import (
    And,
    Clock,
    Compare,
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
    Shift,
    Sum,
    Template,
    Truth,
    Visits,
)
from ivr.flow.steps.values import template_value
from ivr.flow.steps.work import Work
from ivr.flow.types import Value


def run(work: Work, step: SetStep) -> None:
    for name, what in step.values:
        work.set_values({name: _value(work, what)})
    work.next()


def _value(work: Work, what: Template | Operand | Condition | Literal_) -> Value | None:
    match what:
        case Literal_(value):
            return value
        case Template():
            return template_value(work, what)
        case Ref() | Const() | Clock() | Visits() | Shift() | Sum() | JsonPath() | Count():
            found = evaluate_operand(what, work)
            return None if isinstance(found, Decimal) and not is_sayable(found) else found
        case Compare() | In() | Empty() | Truth() | Has() | HoursOpen() | Not() | And() | Or():
            return evaluate(what, work)
