"""What is certain at a step, kept apart for each set of facts that may hold there.

A fact is granted together with values: where it holds they are filled, and where it does not they may be empty. So the
ways to a step are told apart by their facts, and only ways with the same facts are taken together. Each fact may double
the ways: those beyond `MOST_FACTS` are like other names, which hold behind a step or may not.
"""

from collections.abc import Collection, Iterable
from typing import Final

from ivr.flow.grammar.tree import And, Condition, Not, Or, Path, Ref, Truth

Filled = frozenset[Path]
"""Names that are filled on every such way, facts that hold among them; ("!", fact) tells ways apart."""
Ways = tuple[Filled, ...]
"""At most one for each set of facts; none: no way leads here."""

FACT = "!"
MOST_FACTS: Final = 6
"""How many facts of a project tell ways apart: 64 ways at most."""


def facts_of(filled: Filled) -> frozenset[str]:
    return frozenset(path[1] for path in filled if path[0] == FACT)


def with_facts(filled: Filled, facts: Iterable[str], exact: Collection[str]) -> Filled:
    """`exact`: the facts that tell ways apart."""
    held = frozenset(facts)
    return filled | {(fact,) for fact in held} | {(FACT, fact) for fact in held if fact in exact}


def without_facts(filled: Filled, fallen: Iterable[str]) -> Filled:
    gone = {path for fact in fallen for path in ((FACT, fact), (fact,))}
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


def decided(condition: Condition, filled: Filled, exact: Collection[str]) -> bool | None:
    """What the facts alone decide; None: other values do, or it is not known whether a fact holds."""
    match condition:
        case Truth(Ref(path=path, fact=True)):
            return True if path in filled else False if path[0] in exact else None
        case Not(inner):
            found = decided(inner, filled, exact)
            return None if found is None else not found
        case And(left, right):
            one, other = decided(left, filled, exact), decided(right, filled, exact)
            if one is False or other is False:
                return False
            return True if one and other else None
        case Or(left, right):
            one, other = decided(left, filled, exact), decided(right, filled, exact)
            if one or other:
                return True
            return False if one is False and other is False else None
        case _:
            return None
