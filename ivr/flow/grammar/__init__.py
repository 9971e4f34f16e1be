"""Conditions and fields: two small typed languages, read, typed and evaluated."""

from ivr.flow.grammar.conditions import parse_condition, parse_operand
from ivr.flow.grammar.evaluate import evaluate, evaluate_operand
from ivr.flow.grammar.names import CALL_NAMES, Complaint, Named, NameTable
from ivr.flow.grammar.templates import parse_template

__all__ = [
    "CALL_NAMES",
    "Complaint",
    "NameTable",
    "Named",
    "evaluate",
    "evaluate_operand",
    "parse_condition",
    "parse_operand",
    "parse_template",
]
