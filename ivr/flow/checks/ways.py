"""What is certain at a step, kept apart for each set of facts that may hold there.

A fact is granted together with values: where it holds they are filled, and where it does not they may be empty. So the
ways to a step are told apart by their facts, and only ways with the same facts are taken together.
"""

from collections.abc import Iterable

from ivr.flow.grammar.tree import And, Condition, Not, Or, Path, Ref, Truth

Filled = frozenset[Path]
"""Names that are filled on every such way; a fact that holds stands among them as ("!", fact)."""
Ways = tuple[Filled, ...]
"""At most one for each set of facts; none: no way leads here."""

FACT = "!"


def facts_of(filled: Filled) -> frozenset[str]:
    return frozenset(path[1] for path in filled if path[0] == FACT)


def with_fact(filled: Filled, fact: str) -> Filled:
    return filled | {(FACT, fact)}


def without_facts(filled: Filled, fallen: Iterable[str]) -> Filled:
    gone = {(FACT, fact) for fact in fallen}
    return filled - gone if gone else filled


def joined(*several: Ways) -> Ways:
    """Ways with the same facts become one, which is sure of what all of them are sure of."""
    found: dict[frozenset[str], Filled] = {}
    for ways in several:
        for filled in ways:
            facts = facts_of(filled)
            before = found.get(facts)
            found[facts] = filled if before is None else before & filled
    return tuple(found.values())


def decided(condition: Condition, facts: frozenset[str]) -> bool | None:
    """What the facts alone decide; None: other values do."""
    match condition:
        case Truth(Ref(path=path, fact=True)):
            return path[0] in facts
        case Not(inner):
            found = decided(inner, facts)
            return None if found is None else not found
        case And(left, right):
            one, other = decided(left, facts), decided(right, facts)
            if one is False or other is False:
                return False
            return True if one and other else None
        case Or(left, right):
            one, other = decided(left, facts), decided(right, facts)
            if one or other:
                return True
            return False if one is False and other is False else None
        case _:
            return None
