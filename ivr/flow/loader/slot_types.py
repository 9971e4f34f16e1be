"""What goes with the type of a slot: the settings only some types have, options of targets, hints for the keypad."""

from dataclasses import dataclass
from typing import Final

from ivr.flow.flow import Option, Prompt, QuestionSettings
from ivr.flow.loader.keypad_hints import type_words
from ivr.flow.loader.questions import made_prompt
from ivr.flow.loader.reading import Block
from ivr.flow.loader.scope import Scope
from ivr.flow.types import CHOSEN, Type, read_type
from ivr.flow.understand.phones import is_region
from ivr.flow.yaml_tree import Items, Keys, Scalar

WRITTEN: Final = frozenset({Type.DIGITS, Type.TEXT, Type.NAME, Type.PHONE, Type.EMAIL, Type.SPELLED})
ONLY_FOR: Final[dict[str, frozenset[Type]]] = {
    "length": frozenset({Type.DIGITS, Type.SPELLED}),
    "from": frozenset({Type.NUMBER, Type.MONEY}),
    "to": frozenset({Type.NUMBER, Type.MONEY}),
    "currency": frozenset({Type.MONEY}),
    "near": frozenset({Type.DATE, Type.TIME}),
    "options": CHOSEN,
    "check": WRITTEN,
    "region": frozenset({Type.PHONE}),
    "spell": frozenset({Type.NAME, Type.EMAIL}),
    "max": frozenset({Type.TEXT}),
}
"""Settings that only slots of these types have, and lists of them."""
UNTYPED: Final = frozenset({Type.NAME, Type.TEXT, Type.EMAIL, Type.SPELLED, Type.DURATION})
"""Nobody types these on a keypad."""
_NEAR: Final = {Type.DATE: ("past", "future"), Type.TIME: ("morning", "afternoon", "evening")}


@dataclass(frozen=True, slots=True)
class Kind:
    """`of` is the type of a list's items; `item` that of one value."""

    type: Type
    of: Type | None = None

    @property
    def item(self) -> Type:
        return self.of or self.type

    def __str__(self) -> str:
        return f"list of {self.of}" if self.of is not None else str(self.type)


def read_kind(block: Block) -> Kind:
    """The type as it is written; `block` has one that is known."""
    tree = block.tree("type")
    found = read_type(tree.text.strip()) if isinstance(tree, Scalar) else None
    return Kind(*found) if found is not None else Kind(Type(block.value("type")))


def refuse_settings(block: Block, kind: Kind, scope: Scope) -> None:
    say = scope.reader.say
    for setting, kinds in ONLY_FOR.items():
        if block.has(setting) and kind.item not in kinds:
            text = f'A slot of type {kind} has no "{setting}:".'
            say("IVR106", block.keys[setting], text, f"It is for {' and '.join(sorted(kinds))}.")
    low, high = block.value("from"), block.value("to")
    if low is not None and high is not None and low > high:
        say("IVR105", block.keys["to"], "to: is below from:; nothing would fit.", "Swap the two.")
    near, near_tree = block.value("near"), block.tree("near")
    fitting = _NEAR.get(kind.item, ())
    if near is not None and near_tree is not None and fitting and near not in fitting:
        text = f"near: {near} says nothing about a {kind.item}."
        say("IVR105", near_tree, text, f"Write  near: {' or '.join(fitting)}.")
    if block.has("up_to") and kind.of is None:
        say(
            "IVR106",
            block.keys["up_to"],
            f'A slot of type {kind} has no "up_to:".',
            f"It is for lists:  type: list of {kind}.",
        )
    elif block.value("up_to") == 0:
        say("IVR105", block.trees["up_to"], "up_to: 0 leaves nothing to ask for.", "Write  up_to: 3.")
    if kind.of is not None and block.has("options_from"):
        say("IVR106", block.keys["options_from"], "A list has its options written out.", "Write  options:.")
    _refuse_sums(block, kind, scope)
    _refuse_keys(block, kind, scope)


def _refuse_sums(block: Block, kind: Kind, scope: Scope) -> None:
    """mod10 where there are no digits."""
    tree = block.tree("check")
    written = tree.text if isinstance(tree, Scalar) else "mod10" if isinstance(tree, Keys) and tree.get("mod10") else ""
    if written == "mod10" and kind.item in (Type.NAME, Type.EMAIL) and tree is not None:
        text = f"check: mod10 tests digits; a slot of type {kind} would never pass it."
        scope.reader.say("IVR106", tree, text, "Write  {pattern: ...},  or ask for digits.")


def _refuse_keys(block: Block, kind: Kind, scope: Scope) -> None:
    """Keys alone, where there are none."""
    if kind.item not in UNTYPED:
        return
    secret = block.value("private") in ("pci", "secret") and not block.has("accept")
    if block.value("accept") != "keys" and not secret:
        return
    at = block.keys["private" if secret else "accept"]
    why = f"private: {block.value('private')} takes keys only" if secret else "accept: keys takes nothing else"
    text = f"A slot of type {kind} cannot be typed, and {why}: it could never be filled."
    fix = "Write  accept: speech,  or ask for digits." if secret else "Take accept: out, or ask for digits."
    scope.reader.say("IVR218", at, text, fix)


def read_region(block: Block, scope: Scope) -> str:
    tree = scope.reader.text(block.tree("region"), "region:")
    if tree is None:
        return "US"
    if not is_region(tree.text):
        text = f'region: "{tree.text}" is no country with phone numbers.'
        scope.reader.say("IVR105", tree, text, "Write its two letters, such as  US  or  NZ.")
    return tree.text


def read_named_options(block: Block, kind: Kind, scope: Scope, owner: str) -> tuple[Option, ...] | None:
    """`options: [care, sales]`: each heard by its name. None: they are written as a mapping."""
    tree = block.tree("options")
    if not isinstance(tree, Items):
        return None
    found: dict[str, Option] = {}
    for item in scope.reader.texts(tree, "options:"):
        words = item.text.replace("_", " ")
        if item.text in found:
            scope.reader.say("IVR107", item, f'"{item.text}" stands twice.', "Take one out.")
        hears = scope.words_of(f"{owner}.{item.text}", item, called=True)
        says = {language: heard[0] for language, heard in hears.items()}
        found[item.text] = Option(item.text, (words,), None, words, item.place, says=says, hears=hears)
    return tuple(found.values())


def require_targets(options: tuple[Option, ...], kind: Kind, scope: Scope) -> None:
    """Each option of a target is one of the project's."""
    for option in options if kind.item is Type.TARGET else ():
        scope.reader.known(Scalar(option.name, option.place, True, len(option.name)), scope.targets, "target")


# ---- hints for the keypad


def keypad_hint(question: QuestionSettings, kind: Kind, block: Block, scope: Scope) -> Prompt | None:
    """Made from the type where the operator wrote none, and the type has keys."""
    made = question.keypad_hint
    if block.has("keypad_hint") or block.value("accept") == "speech":
        return made

    def words(language: str) -> str:
        of_type = made.variants[0] if made is not None else None
        plain = of_type.others.get(language, of_type).fixed if of_type is not None else None
        near, many = block.has("near"), kind.of is not None
        return type_words(language, plain or "", kind.item, end=question.keys.end, near=near, many=many)

    return made_prompt(words, block, scope)
