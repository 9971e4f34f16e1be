"""`needs:` of tools and of their calls."""

from ivr.flow.loader.scope import Scope
from ivr.flow.yaml_tree import Tree


def read_needs(scope: Scope, tree: Tree | None) -> tuple[str, ...]:
    """Facts, each of which some flow grants."""
    reader = scope.reader
    found = []
    for fact in reader.texts(tree, "needs:"):
        if fact.text in scope.family.facts:
            found.append(fact.text)
            continue
        text = f'No flow grants "{fact.text}", so this is never called.'
        there = ", ".join(sorted(scope.family.facts))
        fix = f"There is {there}." if there else f"Write  grant: {fact.text} for SLOT  where that is found out."
        reader.say("IVR612", fact, text, fix)
    return tuple(found)
