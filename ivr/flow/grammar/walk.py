"""Looking through conditions: the names in them, and what is known to be filled once one holds or fails."""

from collections.abc import Iterator

from ivr.flow.grammar.tree import (
    And,
    Compare,
    Condition,
    Empty,
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
            return frozenset(ref.path for ref in refs_of(condition)) if holds else frozenset()


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
            yield from (ref for ref in refs_of(condition) if ref.path not in filled)
