"""Small readers of the tree that scenarios share: each gives the value, or notes the mistake and gives None."""

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, TypeVar

from ivr.flow.messages import Message, nearest
from ivr.flow.text import Place
from ivr.flow.yaml_tree import Items, Keys, Scalar, Tree

T = TypeVar("T")

YES: Final = frozenset({"yes", "true", "on"})
NO: Final = frozenset({"no", "false", "off"})
_LENGTH: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")
_UNITS_MS: Final = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_JSON_NUMBER: Final = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_KEYS: Final = re.compile(r"[0-9*#]+")


@dataclass(slots=True)
class Mistakes:
    """Every mistake found so far, in the order found."""

    messages: list[Message] = field(default_factory=list)

    def note(self, code: str, tree: Tree, text: str, fix: str = "") -> None:
        width = tree.width if isinstance(tree, Scalar) else 1
        self.messages.append(Message(tree.place, code, text, width=width, fix=fix))

    def missing(self, place: Place, what: str, fix: str = "") -> None:
        self.messages.append(Message(place, "IVR104", what, fix=fix))

    def keys(self, tree: Tree, what: str, known: Collection[str], later: Collection[str] = ()) -> Keys | None:
        """The mapping with its unknown keys noted and left out."""
        if not isinstance(tree, Keys):
            self.note("IVR102", tree, f"{what} is written as keys with values.")
            return None
        kept = []
        for key, value in tree.entries:
            if key.text in known:
                kept.append((key, value))
            elif key.text in later:
                self.note("IVR190", key, f'"{key.text}" is known, but not in this version.')
            else:
                near = nearest(key.text, [*known, *later])
                fix = f'Did you mean "{near}"?' if near else f"It knows: {', '.join(known)}."
                self.note("IVR101", key, f'{what} has no key "{key.text}".', fix)
        return Keys(tuple(kept), tree.place)

    def text(self, tree: Tree, what: str) -> str | None:
        if isinstance(tree, Scalar) and tree.text.strip():
            return tree.text
        self.note("IVR102", tree, f"{what} is one text.")
        return None

    def texts(self, tree: Tree, what: str) -> list[Scalar]:
        """One text, or a list of them."""
        items = tree.items if isinstance(tree, Items) else (tree,)
        return [item for item in items if self.text(item, what) is not None and isinstance(item, Scalar)]

    def length_ms(self, tree: Tree, what: str) -> int | None:
        """300ms, 8s, 15m, 2h, 1d."""
        found = read_length_ms(tree.text) if isinstance(tree, Scalar) else None
        if found is None:
            self.note("IVR105", tree, f"{what} is a length of time.", "Write it like 300ms, 8s or 2m.")
        return found

    def pressed(self, tree: Tree, what: str) -> str | None:
        if isinstance(tree, Scalar) and _KEYS.fullmatch(tree.text.replace(" ", "")):
            return tree.text.replace(" ", "")
        self.note("IVR105", tree, f"{what} are 0 to 9, * and #.", 'Write them like 123# or "*".')
        return None

    def yes(self, tree: Tree, what: str) -> bool:
        """True for yes; anything else is a mistake (leaving the key out is how to say no)."""
        if isinstance(tree, Scalar) and tree.text.lower() in YES:
            return True
        self.note("IVR105", tree, f"{what} can only be yes.")
        return False

    def mapping(self, tree: Tree, what: str, read: Callable[[Scalar, Tree], T | None]) -> Mapping[str, T]:
        """A mapping with names of the writer's own as keys."""
        if not isinstance(tree, Keys):
            self.note("IVR102", tree, f"{what} is written as names with values.")
            return {}
        found = ((key.text, read(key, value)) for key, value in tree.entries)
        return {name: value for name, value in found if value is not None}


def read_length_ms(text: str) -> int | None:
    """300ms, 8s, 1.5s, 15m, 2h, 1d; None if it is none of them."""
    match = _LENGTH.fullmatch(text.strip())
    return round(Decimal(match[1]) * _UNITS_MS[match[2]]) if match else None


def plain_value(tree: Tree) -> object:
    """Written values: texts, with lists and mappings as they stand."""
    if isinstance(tree, Scalar):
        return tree.text
    if isinstance(tree, Items):
        return [plain_value(item) for item in tree.items]
    return {key.text: plain_value(value) for key, value in tree.entries}


def json_value(tree: Tree) -> object:
    """A body as JSON has it: unquoted numbers, true, false and null are those, all else is text."""
    if isinstance(tree, Items):
        return [json_value(item) for item in tree.items]
    if isinstance(tree, Keys):
        return {key.text: json_value(value) for key, value in tree.entries}
    if tree.plain and tree.text in ("true", "false", "null"):
        return json.loads(tree.text)
    if tree.plain and _JSON_NUMBER.fullmatch(tree.text):
        return json.loads(tree.text, parse_float=Decimal)
    return tree.text
