"""Slots and variables."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from ivr.flow.answers import is_email
from ivr.flow.flow import Rule, SlotSpec, VarSpec
from ivr.flow.grammar.names import Named
from ivr.flow.grammar.tokens import read_date, read_duration, read_number, read_time
from ivr.flow.grammar.tree import Condition
from ivr.flow.grammar.walk import refs_of
from ivr.flow.languages import key_order
from ivr.flow.loader.choices import read_options_from
from ivr.flow.loader.nouns import nouns_of
from ivr.flow.loader.questions import ReadSteps, read_options, read_question
from ivr.flow.loader.reading import Block
from ivr.flow.loader.scope import Scope
from ivr.flow.loader.slot_types import (
    Kind,
    keypad_hint,
    read_kind,
    read_named_options,
    read_region,
    refuse_settings,
    require_targets,
)
from ivr.flow.loader.value_checks import read_check
from ivr.flow.schema.shapes import KeyShape, RuleShape, SkipShape, SlotShape, VarShape
from ivr.flow.types import CHOSEN, Confirm, Privacy, Type, Value
from ivr.flow.yaml_tree import Items, Keys, Scalar, Tree


def read_slot(key: Scalar, tree: Tree, scope: Scope, steps: ReadSteps) -> SlotSpec | None:
    reader = scope.reader
    block = reader.block(tree, SlotShape, f'Slot "{key.text}"')
    if block is None or block.value("type") is None:
        return None
    kind = read_kind(block)
    refuse_settings(block, kind, scope)
    named = read_named_options(block, kind, scope, key.text)
    options = named if named is not None else read_options(block.tree("options"), scope, None, "options:", key.text)
    require_targets(options, kind, scope)
    listed = read_options_from(block.tree("options_from"), scope)
    if block.has("options_from") and (kind.type is not Type.CHOICE or block.has("options")):
        text = "options_from: is for a choice, in the place of options:."
        reader.say("IVR106", block.keys["options_from"], text, "Take one of them out.")
    if kind.item in CHOSEN and not block.has("options") and not block.has("options_from") and not block.later:
        text = f'"{key.text}" is a {kind.item} without options.'
        reader.say("IVR104", key, text, "Add  options:  with what can be chosen.")
    keys = reader.block(block.tree("keys"), KeyShape, "keys:")
    privacy = Privacy(block.value("private") or Privacy.OPEN)
    secret = privacy in (Privacy.PCI, Privacy.SECRET)
    question = read_question(block, scope, steps, options, kind.item)
    question = replace(question, keypad_hint=keypad_hint(question, kind, block, scope))
    skip = _skip(block.tree("skip"), scope)
    if skip is not None and not block.value("optional"):
        reader.say("IVR106", block.keys["skip"], "Only an optional slot can be skipped.", "Add  optional: yes.")
    ask = scope.prompt(block.tree("ask"), "ask:")
    own = scope.names.names.get((key.text,))
    return SlotSpec(
        name=key.text,
        type=own.type if listed is not None and own is not None else kind.type,
        place=key.place,
        ask=ask,
        question=question,
        options=options,
        length=block.value("length"),
        low=block.value("from"),
        high=block.value("to"),
        currency=_currency(block),
        near=block.value("near"),
        key_order=keys.value("order", key_order(scope.language)) if keys else key_order(scope.language),
        privacy=_hardest(privacy, own) if listed is not None else privacy,
        accept=block.value("accept", "keys" if secret else "both"),
        check=read_check(block.tree("check"), scope),
        must=_rules(block.tree("must"), scope),
        confirm=block.value("confirm", Confirm.NEVER),
        confirm_change=Confirm(block.value("confirm_change", "never")),
        optional=block.value("optional", False),
        skip=skip,
        only_if=scope.condition(reader.text(block.tree("only_if"), "only_if:")),
        lead=reader.words(block.tree("lead"), "lead:"),
        nouns=nouns_of(key.text, ask),
        options_from=listed[0] if listed is not None else None,
        of=kind.of,
        up_to=block.value("up_to"),
        region=read_region(block, scope),
        spell=block.value("spell"),
        longest_ms=block.value("max"),
        about=_about(block.tree("about"), scope),
    )


def _about(tree: Tree | None, scope: Scope) -> str:
    written = scope.reader.text(tree, "about:")
    return written.text if written is not None else ""


def _hardest(privacy: Privacy, named: Named | None) -> Privacy:
    """An item's value brings its own class along."""
    return max((privacy, named.privacy if named is not None else privacy), key=tuple(Privacy).index)


def _currency(block: Block) -> str:
    written = block.tree("currency")
    return written.text if isinstance(written, Scalar) else "USD"


def _rules(tree: Tree | None, scope: Scope) -> tuple[Rule, ...]:
    trees = tree.items if isinstance(tree, Items) else () if tree is None else (tree,)
    rules = []
    for item in trees:
        if isinstance(item, Scalar):
            scope.reader.say("IVR102", item, "must: is written  {be: CONDITION, else: SENTENCE}.")
            continue
        block = scope.reader.block(item, RuleShape, "must:")
        be = scope.reader.text(block.tree("be"), "be:") if block else None
        condition = scope.condition(be)
        if block is None or condition is None:
            continue
        otherwise = scope.reader.text(block.tree("else"), "else:")
        rules.append(Rule(condition, scope.spoken(otherwise) if otherwise else None, _slots_in(condition, scope)))
    return tuple(rules)


def _slots_in(condition: Condition, scope: Scope) -> frozenset[str]:
    return frozenset(ref.path[0] for ref in refs_of(condition) if ref.path[0] in scope.slots)


def _skip(tree: Tree | None, scope: Scope) -> tuple[tuple[str, ...], str | None] | None:
    if tree is None:
        return None
    if not isinstance(tree, Keys):
        return scope.reader.words(tree, "skip:"), None
    block = scope.reader.block(tree, SkipShape, "skip:")
    return (scope.reader.words(block.tree("hear"), "hear:"), block.value("key")) if block else None


def read_var(key: Scalar, tree: Tree, scope: Scope) -> VarSpec | None:
    block = scope.reader.block(tree, VarShape, f'Variable "{key.text}"')
    if block is None or block.value("type") is None:
        return None
    kind = read_kind(block)
    if kind.of is not None:
        return _list_var(key, block, kind, scope)
    return _var(key, block, kind.type, scope)


def _list_var(key: Scalar, block: Block, kind: Kind, scope: Scope) -> VarSpec | None:
    """`value: [soup, bread]`."""
    assert kind.of is not None
    if block.has("options"):
        _refuse_options(key, block, kind.type, scope)
        return None
    values: list[Value] = []
    for item in scope.reader.texts(block.tree("value"), "value:"):
        one = read_value(item.text, kind.of)
        if one is None:
            text = f'value: "{item.text}" is not of type {kind.of.value}.'
            scope.reader.say("IVR105", item, text, f"Write it like {EXAMPLES[kind.of]}.")
            return None
        values.append(one)
    return VarSpec(key.text, kind.type, tuple(values), key.place, kind.of)


def _var(key: Scalar, block: Block, kind: Type, scope: Scope) -> VarSpec | None:
    written = scope.reader.text(block.tree("value"), "value:")
    if written is None:
        return None
    options = tuple(option.text for option in scope.reader.texts(block.tree("options"), "options:"))
    if (kind in CHOSEN) is not block.has("options"):
        _refuse_options(key, block, kind, scope)
        return None
    value = option_named(written.text, options) if kind in CHOSEN else read_value(written.text, kind)
    if value is None and kind in CHOSEN:
        scope.reader.known(written, options, "option")
        return None
    if value is None:
        text = f'value: "{written.text}" is not of type {kind.value}.'
        scope.reader.say("IVR105", written, text, f"Write it like {EXAMPLES[kind]}.")
        return None
    return VarSpec(key.text, kind, value, key.place)


def _refuse_options(key: Scalar, block: Block, kind: Type, scope: Scope) -> None:
    if kind in CHOSEN:
        text = f'"{key.text}" is a {kind.value} without options.'
        scope.reader.say("IVR104", key, text, "Add  options: [one, another].")
    else:
        text = f'A variable of type {kind.value} has no "options:".'
        scope.reader.say("IVR106", block.keys["options"], text, "It is for choice and target.")


def option_named(text: str, options: Iterable[str]) -> str | None:
    """An option by its name, whatever its case."""
    return next((option for option in options if option.casefold() == text.strip().casefold()), None)


EXAMPLES: Final = {
    Type.DIGITS: "0042",
    Type.NUMBER: "3",
    Type.MONEY: "42.50",
    Type.DATE: "2026-12-24",
    Type.TIME: "17:30",
    Type.MOMENT: "(moments cannot be written)",
    Type.YES_NO: "yes or no",
    Type.CHOICE: "one of its options",
    Type.NAME: "Ana",
    Type.TEXT: "hello",
    Type.PHONE: '"+15550107788"',
    Type.DURATION: "2 days",
    Type.EMAIL: "ana@example.com",
    Type.SPELLED: "AB4",
    Type.TARGET: "one of its options",
    Type.LIST: "[one, another]",
    Type.WEEK: "(hours cannot be written)",
}


def read_value(text: str, kind: Type) -> Value | None:
    """A value as it is written in a file; None if it is not of this type."""
    written = text.strip()
    match kind:
        case Type.NUMBER | Type.MONEY:
            return read_number(written)
        case Type.DATE:
            return read_date(written)
        case Type.TIME:
            return read_time(written)
        case Type.DURATION:
            return read_duration(written)
        case Type.YES_NO:
            return written == "yes" if written in ("yes", "no") else None
        case Type.DIGITS:
            return written if re.fullmatch(r"[0-9]+", written) else None
        case Type.PHONE:
            return written if re.fullmatch(r"\+[1-9][0-9]{5,14}", written) else None
        case Type.EMAIL:
            return written.lower() if is_email(written) else None
        case Type.SPELLED:
            return written.upper() if re.fullmatch(r"[A-Za-z0-9'-]+", written) else None
        case Type.MOMENT | Type.LIST | Type.WEEK:
            return None
        case _:
            return written
