"""What a flow declares, read before anything that uses it: types of slots, variables and kept values, nodes, tools."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from ivr.flow.grammar.names import CALL_NAMES, Named
from ivr.flow.grammar.tokens import read_number
from ivr.flow.grammar.tree import Path
from ivr.flow.loader.reading import Reader
from ivr.flow.messages import nearest
from ivr.flow.text import Place
from ivr.flow.types import CHOSEN, Privacy, Type, read_type
from ivr.flow.yaml_tree import Items, Keys, Scalar, Tree

RESERVED: Final = frozenset(
    (
        *("question", "hint", "keypad_hint", "why", "item", "position", "caller", "call", "hours", "today", "now"),
        *(
            "empty",
            "open",
            "yes",
            "no",
            "visits",
            "words",
            "summary",
            "and",
            "or",
            "not",
            "is",
            "in",
            "on",
            "before",
            "after",
            "as",
        ),
    )
)


def read_names(reader: Reader, slots: Tree | None, vars_: Tree | None, tools: Tree | None) -> "Declared":
    """The types of everything that has a name. Only what is needed for that is read; mistakes inside are told when
    each part is read whole."""
    declared = Declared()
    for key, tree in _named(slots):
        kind, of = _kind(_get(tree, "type"))
        options = _options(_get(tree, "options")) if CHOSEN & {kind, of} else None
        bounds = _bounds(tree)
        says = f"{key.text} goes from {bounds[0]} to {bounds[1]}" if bounds else ""
        currency = _word(tree, "currency") or "USD"
        unsure = kind is None or (kind is not Type.LIST and _get(tree, "up_to") is not None)
        named = Named(kind or Type.TEXT, options, currency, _privacy(tree), says, bounds, of, unsure=unsure)
        declared.declare(reader, key, named, declared.slots)
        declared.confirmed[key.text] = _word(tree, "confirm") or "never"
    for key, tree in _named(vars_):
        kind, of = _kind(_get(tree, "type"))
        options = _written_options(_get(tree, "options")) if kind in CHOSEN else None
        declared.declare(reader, key, Named(kind or Type.TEXT, options, of=of), declared.vars)
    for _, tool in _named(tools):
        for _, result in _named(_get(tool, "results")):
            for key, kept in _named(_get(result, "keep")):
                declared.declare(reader, key, kept_named(kept), declared.kept)
    for key, tree in _named(slots):
        _name_choices(declared, key.text, tree)
    return declared


def _name_choices(declared: "Declared", name: str, tree: Tree) -> None:
    """A slot whose choices come from a list has the type of the value that it keeps of an item."""
    choices = _get(tree, "options_from")
    listed = declared.names.get((_word(choices, "list") or "",)) if choices is not None else None
    kept = item_field(_word(choices, "keep") or "") if choices is not None else ""
    named = (listed.fields or {}).get(kept) if listed is not None else None
    own = declared.names.get((name,))
    if choices is not None and named is None and own is not None:
        declared.names[(name,)] = replace(
            own, unsure=True
        )  # the list, or the value of its items, is told where it stands
    if named is not None and own is not None:
        privacy = max((own.privacy, named.privacy), key=tuple(Privacy).index)
        declared.names[(name,)] = replace(named, privacy=privacy)


def item_field(written: str) -> str:
    """`item.time` is the value `time` of an item."""
    return written.strip().removeprefix("item.")


@dataclass(slots=True)
class Declared:
    names: dict[Path, Named] = field(default_factory=lambda: dict(CALL_NAMES))
    slots: dict[str, Place] = field(default_factory=dict)
    vars: dict[str, Place] = field(default_factory=dict)
    kept: dict[str, Place] = field(default_factory=dict)
    confirmed: dict[str, str] = field(default_factory=dict)

    def declare(self, reader: Reader, key: Scalar, named: Named, into: dict[str, Place]) -> None:
        name = key.text
        if name in RESERVED:
            reader.say(
                "IVR107", key, f'"{name}" has a meaning of its own here and cannot be a name.', "Choose another."
            )
            return
        before = self.names.get((name,))
        if before is not None and (into is not self.kept or name not in self.kept):
            where = (self.slots | self.vars | self.kept)[name]
            text = f'"{name}" is a name already; slots, vars and kept values share one space of names.'
            reader.say("IVR107", key, text, f"The other one stands at {where.file}:{where.line}.")
            return
        if before is not None and (before.type is not named.type or before.privacy is not named.privacy):
            text = f'"{name}" is kept as {before.type.value} elsewhere, and here as {named.type.value}.'
            reader.say("IVR107", key, text, "Keep it with one type and one privacy, or under two names.")
            return
        self.names[(name,)] = named
        into.setdefault(name, key.place)


def kept_named(tree: Tree) -> Named:
    """`$.balance as money`, a type alone, or the long form; `list_of` for records."""
    if isinstance(tree, Scalar):
        written = tree.text.rpartition(" as ")[2].strip() if tree.text.startswith("$") else tree.text.strip()
        read = read_type(written)
        if read is not None:
            return Named(read[0], of=read[1])
        return Named(_type(Scalar(written, tree.place, tree.plain)) or Type.TEXT)
    records = _get(tree, "list_of")
    if records is not None:
        fields = {key.text: kept_named(inner) for key, inner in _named(records)}
        return Named(Type.LIST, privacy=_privacy(tree), fields=fields)
    read = read_type(_word(tree, "type") or "")
    if read is not None:
        return Named(read[0], None, _word(tree, "currency") or "USD", _privacy(tree), of=read[1])
    return Named(_type(_get(tree, "type")) or Type.TEXT, None, _word(tree, "currency") or "USD", _privacy(tree))


def _named(tree: Tree | None) -> tuple[tuple[Scalar, Tree], ...]:
    return tree.entries if isinstance(tree, Keys) else ()


MISSPELT: Final = frozenset({"type", "options", "keep", "results"})
"""Keys that carry types: misspelt ones are understood here too, so that only the slip itself is told."""


def _get(tree: Tree | None, key: str) -> Tree | None:
    if not isinstance(tree, Keys):
        return None
    found = tree.get(key)
    if found is None and key in MISSPELT:
        found = next((value for name, value in tree.entries if nearest(name.text, (key,))), None)
    return found


def _word(tree: Tree, key: str) -> str | None:
    found = _get(tree, key)
    return found.text if isinstance(found, Scalar) else None


def _type(tree: Tree | None) -> Type | None:
    if not isinstance(tree, Scalar):
        return None
    meant = tree.text if tree.text in set(Type) else nearest(tree.text, Type)
    return Type(meant) if meant else None


def _kind(tree: Tree | None) -> tuple[Type | None, Type | None]:
    """The type, and for a list that of its items."""
    if isinstance(tree, Scalar):
        read = read_type(tree.text.strip())
        if read is not None:
            return read
    kind = _type(tree)
    return (None if kind in (Type.LIST, Type.WEEK) else kind), None


def _privacy(tree: Tree) -> Privacy:
    written = _word(tree, "private")
    return Privacy(written) if written in set(Privacy) else Privacy.OPEN


def _options(tree: Tree | None) -> Mapping[str, str]:
    """Option name to how it is said: its `say:`, else its first `hear:`."""
    if isinstance(tree, Items):
        return {item.text: item.text.replace("_", " ") for item in _scalars(tree)}
    found = {}
    for key, option in _named(tree):
        hear = _get(option, "hear")
        first = hear.items[0] if isinstance(hear, Items) and hear.items else hear
        found[key.text] = _word(option, "say") or (first.text if isinstance(first, Scalar) else key.text)
    return found


def _written_options(tree: Tree | None) -> Mapping[str, str]:
    items = tree.items if isinstance(tree, Items) else (tree,)
    return {item.text: item.text for item in items if isinstance(item, Scalar)}


def _scalars(tree: Tree) -> tuple[Scalar, ...]:
    items = tree.items if isinstance(tree, Items) else (tree,)
    return tuple(item for item in items if isinstance(item, Scalar))


def _bounds(tree: Tree) -> tuple[Decimal, Decimal] | None:
    low, high = read_number(_word(tree, "from") or ""), read_number(_word(tree, "to") or "")
    return (low, high) if low is not None and high is not None else None
