"""Looking through conditions: the names in them, and what is known to be filled once one holds or fails."""

from collections.abc import Iterator

from ivr.flow.grammar.tree import (
    And,
    Compare,
    Condition,
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
    Truth,
)
from ivr.flow.types import Type


def operands_of(condition: Condition) -> Iterator[Operand]:
    match condition:
        case And(left, right) | Or(left, right):
            yield from operands_of(left)
            yield from operands_of(right)
        case Not(inner):
            yield from operands_of(inner)
        case Compare(_, one, other):
            yield one
            yield other
        case In(one, items, _):
            yield one
            yield from items
        case Has(one, item):
            yield one
            yield item
        case HoursOpen(_, on, at):
            if on is not None:
                yield on
            if at is not None:
                yield at
        case Empty(one, _):
            yield one
        case Truth(one):
            yield one


def leaves_of(operand: Operand) -> Iterator[Operand]:
    match operand:
        case Shift(base, _):
            yield from leaves_of(base)
        case Sum(_, left, right):
            yield from leaves_of(left)
            yield from leaves_of(right)
        case Count(items):
            yield from leaves_of(items)
        case _:
            yield operand


def refs_of(condition: Condition) -> Iterator[Ref]:
    """Every name, in the written order."""
    for operand in operands_of(condition):
        for leaf in leaves_of(operand):
            if isinstance(leaf, Ref):
                yield leaf


def paths_of(condition: Condition) -> Iterator[JsonPath]:
    for operand in operands_of(condition):
        for leaf in leaves_of(operand):
            if isinstance(leaf, JsonPath):
                yield leaf


def refs_in(operand: Operand) -> Iterator[Ref]:
    for leaf in leaves_of(operand):
        if isinstance(leaf, Ref):
            yield leaf


def filled_if(condition: Condition, holds: bool) -> frozenset[tuple[str, ...]]:
    """Names that are certainly not empty when the condition holds (or, `holds` False, when it fails)."""
    match condition:
        case Not(inner):
            return filled_if(inner, not holds)
        case And(left, right):
            both = (filled_if(left, holds), filled_if(right, holds))
            return both[0] | both[1] if holds else both[0] & both[1]
        case Or(left, right):
            both = (filled_if(left, holds), filled_if(right, holds))
            return both[0] & both[1] if holds else both[0] | both[1]
        case Empty(left, negated):
            tells = negated if holds else not negated
            return frozenset(ref.path for ref in refs_in(left)) if tells else frozenset()
        case _:
            return frozenset(ref.path for ref in _filled_refs(condition)) if holds else frozenset()


def unsure_refs(condition: Condition, filled: frozenset[tuple[str, ...]]) -> Iterator[Ref]:
    """Names that are compared though they may be empty there; `and` and `or` stop as soon as the answer is known."""
    match condition:
        case And(left, right):
            yield from unsure_refs(left, filled)
            yield from unsure_refs(right, filled | filled_if(left, True))
        case Or(left, right):
            yield from unsure_refs(left, filled)
            yield from unsure_refs(right, filled | filled_if(left, False))
        case Not(inner):
            yield from unsure_refs(inner, filled)
        case Empty():
            return
        case _:
            yield from (
                ref
                for ref in _compared(condition)
                if ref.path not in filled and not ref.fact and ref.path[0] != "hours"
            )


def _filled_refs(condition: Condition) -> Iterator[Ref]:
    """Without a list that is only counted: it may have no items at all."""
    for operand in operands_of(condition):
        if isinstance(operand, (Count, Sum)):
            yield from (leaf for leaf in _uncounted(operand) if isinstance(leaf, Ref))
        else:
            yield from refs_in(operand)


def _uncounted(operand: Operand) -> Iterator[Operand]:
    match operand:
        case Count():
            return
        case Sum(_, left, right):
            yield from _uncounted(left)
            yield from _uncounted(right)
        case _:
            yield from leaves_of(operand)


def _compared(condition: Condition) -> Iterator[Ref]:
    """Names that make it false when they are empty; a list that is only counted, or asked what it has, does not."""
    for operand in operands_of(condition):
        for leaf in leaves_of(operand):
            if isinstance(leaf, Ref) and leaf.type is not Type.LIST:
                yield leaf
