"""Blocks of a file held against their shape: known and needed keys, single values. Mistakes gather; reading goes on."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import ValidationError

from ivr.flow.grammar.names import Complaint, NameTable
from ivr.flow.grammar.templates import parse_template
from ivr.flow.grammar.tree import Template
from ivr.flow.loader.fields import Known, fields_of
from ivr.flow.messages import Message, nearest
from ivr.flow.numerals import TEENS, UNITS
from ivr.flow.schema.leaves import Leaf
from ivr.flow.schema.meanings import meaning_of
from ivr.flow.schema.shapes import STEPS, Shape, StepShape
from ivr.flow.text import Place
from ivr.flow.yaml_tree import Items, Keys, Scalar, Tree

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Block:
    """A mapping whose keys are known. `values` holds the single values, made what their shape says."""

    place: Place
    trees: Mapping[str, Tree]
    keys: Mapping[str, Scalar]
    values: Mapping[str, Any]
    later: frozenset[str] = frozenset()
    """Keys that this version does not have; what is missing beside them is not looked for."""
    odd: bool = False
    """It has a key like none of its own, which may stand for what is missing."""

    def tree(self, key: str) -> Tree | None:
        return self.trees.get(key)

    def value(self, key: str, otherwise: Any = None) -> Any:
        found = self.values.get(key)
        return otherwise if found is None else found

    def has(self, key: str) -> bool:
        return key in self.trees


class Reader:
    """One pass over a project. A mistake is told once, however often the same place is read."""

    def __init__(self) -> None:
        self._messages: dict[tuple[Place, str, str], Message] = {}

    @property
    def messages(self) -> tuple[Message, ...]:
        return tuple(self._messages.values())

    def add(self, *messages: Message) -> None:
        for message in messages:
            missing = message.text if message.code == "IVR104" else ""  # several things may be missing at one place
            self._messages.setdefault((message.place, message.code, missing), message)

    def say(
        self, code: str, at: Tree | Place, text: str, fix: str = "", *, why: str = "", warning: bool = False
    ) -> None:
        place = at if isinstance(at, Place) else at.place
        width = at.width if isinstance(at, Scalar) else 1
        severity: Literal["error", "warning"] = "warning" if warning else "error"
        self.add(Message(place, code, text, severity, width, fix, why))

    # ---- shapes

    def block(self, tree: Tree | None, shape: type[Shape], what: str) -> Block | None:
        """None when it is no mapping; unknown keys are told and left out."""
        if not isinstance(tree, Keys):
            if tree is not None:
                self.say("IVR102", tree, f"{what} is written as keys with values.", _such_as(what, shape))
            return None
        fields = fields_of(shape)
        trees: dict[str, Tree] = {}
        keys: dict[str, Scalar] = {}
        values: dict[str, Any] = {}
        odd: list[Scalar] = []
        later = frozenset(key.text for key, _ in tree.entries if key.text in shape.later)
        for key, value in tree.entries:
            name, known = key.text, fields.get(key.text)
            if known is None and _is_odd(key, shape, fields):
                odd.append(key)
                continue
            if known is None:
                meant = self._refuse_key(key, what, shape, fields)
                if meant is None or tree.get(meant) is not None or meant in trees:
                    continue
                # read on as what was probably meant, so that one slip of the pen is one message
                name, known = meant, fields[meant]
            trees[name], keys[name] = value, key
            if known.leaf is not None:
                values[name] = self._leaf(name, value, known, known.leaf)
        missing = [name for name, field in fields.items() if field.needed and name not in trees]
        if len(missing) == len(odd) == 1 and not later:
            # what is needed stands there by another name: one slip
            self.say("IVR101", odd[0], f'{what} has no key "{odd[0].text}".', f"Write  {missing[0]}:  instead.")
            missing = []
        for key in odd:
            self._refuse_key(key, what, shape, fields)
        for name in missing:
            if not later and not _left_empty(tree, name, self._messages):
                self.missing(tree.place, what, shape, name)
        return Block(tree.place, trees, keys, values, later, bool(odd))

    def missing(self, at: Tree | Place, what: str, shape: type[Shape], name: str) -> None:
        meaning = meaning_of(shape.__name__, name)
        fix = f"Add  {name}:  {meaning.replace('`', '')}" if meaning else ""
        self.say("IVR104", at, f'{what} needs "{name}:".', fix)

    def _refuse_key(self, key: Scalar, what: str, shape: type[Shape], fields: Mapping[str, Known]) -> str | None:
        """Tells it; the key that was probably meant."""
        if key.text in shape.later:
            self.later(key)
            return None
        like = _like(key, shape, fields)
        takes = f"It takes {', '.join(fields)}." if len(fields) < 10 else "Take it out."
        fix = f'Did you mean "{like}"?' if like else takes
        if issubclass(shape, StepShape) and key.text in STEPS:
            fix = f"It is a step of its own: give it a line that begins with a dash,  - {key.text}: ..."
        self.say("IVR101", key, f'{what} has no key "{key.text}".', fix)
        return like if like in fields else None

    def later(self, tree: Scalar, what: str | None = None) -> None:
        self.say("IVR190", tree, f'"{what or tree.text}" is known, but not in this version.')

    def _leaf(self, key: str, tree: Tree, known: Known, leaf: Leaf) -> Any:
        if not isinstance(tree, Scalar):
            self.say("IVR102", tree, f"{key}: is one value.", f"Write it like {leaf.written}.")
            return None
        text = tree.text.strip()
        if leaf.later and re.fullmatch(leaf.later, text):
            self.later(tree)
            return None
        try:
            return known.adapter.validate_python(text)
        except ValidationError as error:
            self._refuse_leaf(key, tree, known, leaf, error)
            return None

    def _refuse_leaf(self, key: str, tree: Scalar, known: Known, leaf: Leaf, error: ValidationError) -> None:
        first = error.errors(include_url=False)[0]
        said = first["ctx"]["what"] if first["type"] == "leaf" else f"is not {leaf.written}"
        fix = f"Write it like {leaf.written}."
        if known.choices:
            like = nearest(tree.text, known.choices)
            fix = f'Did you mean "{like}"?' if like else f"Write {', '.join(known.choices)}."
        elif re.fullmatch(r"\d+", tree.text.strip()) and "300ms" in leaf.written:
            fix = f"Write  {tree.text.strip()}s  for seconds."
        elif key == "length":
            number = {**UNITS, **TEENS}.get(tree.text.strip().lower(), 7)
            fix = f"Write  length: {number}  or a range such as  6-8."
        self.say("IVR105", tree, f'{key}: "{tree.text}" {said}.', fix)

    # ---- texts

    def text(self, tree: Tree | None, what: str) -> Scalar | None:
        if tree is None:
            return None
        if isinstance(tree, Scalar) and tree.text.strip():
            return tree
        self.say("IVR102", tree, f"{what} is one text.")
        return None

    def texts(self, tree: Tree | None, what: str) -> tuple[Scalar, ...]:
        """One text, or a list of them."""
        items = tree.items if isinstance(tree, Items) else () if tree is None else (tree,)
        found = (self.text(item, what) for item in items)
        return tuple(item for item in found if item is not None)

    def words(self, tree: Tree | None, what: str) -> tuple[str, ...]:
        return tuple(" ".join(item.text.split()) for item in self.texts(tree, what))

    def entries(self, tree: Tree | None, what: str) -> tuple[tuple[Scalar, Tree], ...]:
        """A mapping with names of the writer's own as keys; names that cannot be names are told."""
        if tree is None:
            return ()
        if not isinstance(tree, Keys):
            first = tree.items[0] if isinstance(tree, Items) and tree.items else tree
            name = first.text if isinstance(first, Scalar) and NAME.fullmatch(first.text) else "NAME"
            self.say("IVR102", tree, f"{what} is written as names with values.", f"Such as  {what} {{{name}: ...}}.")
            return ()
        good = []
        for key, value in tree.entries:
            if NAME.fullmatch(key.text):
                good.append((key, value))
            else:
                fix = "A name has letters, digits and _ only, and begins with a letter."
                joined = "_".join(re.findall(r"[A-Za-z0-9_]+", key.text))
                if NAME.fullmatch(joined):
                    fix = f"Write  {joined}."
                self.say("IVR107", key, f'"{key.text}" cannot be a name.', fix)
        return tuple(good)

    def known(
        self, scalar: Scalar, among: Mapping[str, Place] | Iterable[str], what: str, code: str = "IVR110"
    ) -> bool:
        """Is it one of these names? If not, the nearest is told, with its line where that is known."""
        names = among if isinstance(among, Mapping) else dict.fromkeys(among)
        if scalar.text in names:
            return True
        like = nearest(scalar.text, names)
        place = names[like] if like else None
        line = f" (line {place.line})" if isinstance(place, Place) and place.file == scalar.place.file else ""
        there = ", ".join(sorted(names)[:8])
        named, where, place_ = what.partition(" in ")
        where += place_
        fix = f'Did you mean "{like}"{line}?' if like else f"There is {there}." if there else ""
        is_no = "are no" if named == "hours" else "is no"
        self.say(code, scalar, f'There {is_no} {named} "{scalar.text}"{where.removesuffix(":")}.', fix)
        return False

    def template(self, scalar: Scalar, names: NameTable) -> Template | None:
        try:
            return parse_template(scalar.text, text_place(scalar), names)
        except Complaint as complaint:
            self.add(*complaint.messages)
            return None


def text_place(scalar: Scalar) -> Place:
    """Where the text itself begins: behind the quote, if there is one."""
    place = scalar.place
    quoted = not scalar.plain and scalar.width > 1
    return Place(place.file, place.line, place.column + 1) if quoted else place


def _such_as(what: str, shape: type[Shape]) -> str:
    """`breaker: {after: ..., rest: ...}`: what is needed, else the first key there is."""
    fields = fields_of(shape)
    needed = [name for name, field in fields.items() if field.needed] or list(fields)[:1]
    inner = ", ".join(f"{name}: ..." for name in needed[:4])
    return f"Such as  {f'{what} ' if what.endswith(':') and ' ' not in what else ''}{{{inner}}}."


SAME: Final = {"takes": "with", "with": "takes", "body": "text", "text": "body", "number": "sms"}
"""Keys for the same thing in different places."""


def _like(key: Scalar, shape: type[Shape], fields: Mapping[str, Known]) -> str | None:
    same = SAME.get(key.text)
    return nearest(key.text, [*fields, *shape.later]) or (same if same in fields else None)


def _is_odd(key: Scalar, shape: type[Shape], fields: Mapping[str, Known]) -> bool:
    """A key that is no known one mistyped, and no step of its own."""
    own_step = issubclass(shape, StepShape) and key.text in STEPS
    return not own_step and key.text not in shape.later and _like(key, shape, fields) is None


def _left_empty(tree: Keys, name: str, told: Mapping[tuple[Place, str, str], Message]) -> bool:
    """Was this key written without a value, or another one twice, which may have been meant for it? That was told
    already."""
    return any(
        code == "IVR003" and message.text.startswith(f'"{name}"') and place.file == tree.place.file
        for (place, code, _), message in told.items()
        if place.line >= tree.place.line
    ) or any(
        code == "IVR002" and message.text == f'"{key.text}" stands here twice; the first is on line {key.place.line}.'
        for (place, code, _), message in told.items()
        for key, _ in tree.entries
        if place.file == key.place.file
    )
