"""What flows take from each other and give back, read of all files before any of them is read whole."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from ivr.flow.flow import Input
from ivr.flow.grammar.names import Named
from ivr.flow.grammar.tree import Path
from ivr.flow.loader.family import Family, Signature
from ivr.flow.loader.names import kept_named, read_names
from ivr.flow.loader.reading import Reader
from ivr.flow.text import Place
from ivr.flow.types import Type
from ivr.flow.yaml_tree import Items, Keys, Scalar, Tree

GRANTED: Final = re.compile(r"\bgrant:\s*\[?\s*(\w+)", re.ASCII)


def read_family(trees: Mapping[str, Tree], project: Tree | None, unread: Mapping[str, str] | None = None) -> Family:
    """`trees`: the flows' files by the name of the flow. Mistakes are told when each file is read whole. `unread`: the
    text of those that are no readable YAML; what they grant is guessed."""
    quiet = Reader()
    flows = {name: _signature(quiet, name, tree) for name, tree in trees.items() if isinstance(tree, Keys)}
    facts: dict[str, Place] = {}
    for tree in (*trees.values(), project):
        for scalar in _scalars_under(tree, "grant"):
            fact = granted_fact(scalar.text)
            if fact:
                facts.setdefault(fact, scalar.place)
    for name, text in (unread or {}).items():
        facts.update({fact: Place(name, 1, 1) for fact in GRANTED.findall(text) if fact not in facts})
    tools = [tree.get("tools") for tree in (*trees.values(), project) if isinstance(tree, Keys)]
    needed = frozenset(scalar.text for tool in tools for scalar in _scalars_under(tool, "needs"))
    return Family(flows, facts, _keys(project, "nodes"), needed, frozenset(unread or {}))


def granted_fact(written: str) -> str:
    """`known_caller for account`; of a fact in several words, which is told where it stands, what was meant."""
    return "_".join(written.partition(" for ")[0].replace(",", " ").split())


def _signature(quiet: Reader, name: str, tree: Keys) -> Signature:
    declared = read_names(quiet, tree.get("slots"), tree.get("vars"), tree.get("tools"))
    inputs = read_inputs(quiet, tree.get("inputs"), declared.names)
    outcomes = {key.text: _texts(value) for key, value in _entries(tree.get("outcomes"))}
    filled = (output for names in outcomes.values() for output in names)
    outputs = dict.fromkeys((*_texts(tree.get("outputs")), *filled))
    known: dict[Path, Named] = {(entry.name,): entry.named for entry in inputs.values()}
    known.update(declared.names)
    named = {output: known.get((output,), Named(Type.TEXT)) for output in outputs}
    return Signature(
        name,
        tree.place,
        inputs,
        outcomes,
        named,
        _keys(tree, "nodes"),
        tree.get("answered_by") is not None,
        frozenset(scalar.text for scalar in _scalars_under(tree, "run")),
        frozenset(scalar.text for scalar in _scalars_under(tree, "handoff")),
    )


def read_inputs(reader: Reader, tree: Tree | None, names: Mapping[Path, Named]) -> dict[str, Input]:
    """`account: {optional: yes}` fills the slot of that name; `due: money` is a value of its own."""
    found: dict[str, Input] = {}
    for key, value in reader.entries(tree, "inputs:"):
        slot = names.get((key.text,))
        optional = isinstance(value, Keys) and _is_yes(value.get("optional"))
        written = value.get("type") if isinstance(value, Keys) else value
        named = slot if slot is not None else kept_named(value)
        if slot is None and written is None:
            fix = f"Write its type, such as  {key.text}: text,  or give the flow a slot of that name."
            reader.say("IVR104", key, f'Input "{key.text}" has no type, and there is no slot of that name.', fix)
        found[key.text] = Input(key.text, named, optional, slot is not None, key.place)
    return found


def runs_under(tree: Tree | None) -> Iterator[Keys]:
    """Every step `run:` with what it keeps."""
    if isinstance(tree, Items):
        for item in tree.items:
            yield from runs_under(item)
    elif isinstance(tree, Keys):
        if isinstance(tree.get("run"), Scalar):
            yield tree
        for _, value in tree.entries:
            yield from runs_under(value)


def _scalars_under(tree: Tree | None, wanted: str) -> Iterator[Scalar]:
    if isinstance(tree, Items):
        for item in tree.items:
            yield from _scalars_under(item, wanted)
    elif isinstance(tree, Keys):
        for key, value in tree.entries:
            if key.text == wanted:
                yield from _items(value)
            else:
                yield from _scalars_under(value, wanted)


def _items(tree: Tree | None) -> tuple[Scalar, ...]:
    items = tree.items if isinstance(tree, Items) else (tree,)
    return tuple(item for item in items if isinstance(item, Scalar))


def _texts(tree: Tree | None) -> tuple[str, ...]:
    return tuple(item.text for item in _items(tree))


def _entries(tree: Tree | None) -> tuple[tuple[Scalar, Tree], ...]:
    if isinstance(tree, Keys):
        return tree.entries
    return tuple((item, Items((), item.place)) for item in _items(tree))


def _keys(tree: Tree | None, key: str) -> Mapping[str, Place]:
    inner = tree.get(key) if isinstance(tree, Keys) else None
    return {name.text: name.place for name, _ in inner.entries} if isinstance(inner, Keys) else {}


def _is_yes(tree: Tree | None) -> bool:
    return isinstance(tree, Scalar) and tree.text == "yes"
