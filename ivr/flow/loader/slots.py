"""Slots and variables."""

import re
from collections.abc import Iterable
from typing import Final

from ivr.flow.flow import Check, Rule, SlotSpec, VarSpec
from ivr.flow.grammar.tokens import read_date, read_duration, read_number, read_time
from ivr.flow.grammar.tree import Condition
from ivr.flow.grammar.walk import refs_of
from ivr.flow.loader.names import Scope
from ivr.flow.loader.questions import ReadSteps, read_options, read_question
from ivr.flow.loader.reading import Block
from ivr.flow.schema.shapes import CheckShape, KeyShape, RuleShape, SkipShape, SlotShape, VarShape
from ivr.flow.types import Confirm, Privacy, Type, Value
from ivr.flow.yaml_tree import Items, Keys, Scalar, Tree

ONLY_FOR: Final = {
    "length": {Type.DIGITS},
    "from": {Type.NUMBER, Type.MONEY},
    "to": {Type.NUMBER, Type.MONEY},
    "currency": {Type.MONEY},
    "near": {Type.DATE},
    "options": {Type.CHOICE},
    "check": {Type.DIGITS, Type.TEXT, Type.NAME},
}
"""Settings that only slots of these types have."""


def read_slot(key: Scalar, tree: Tree, scope: Scope, steps: ReadSteps) -> SlotSpec | None:
    reader = scope.reader
    block = reader.block(tree, SlotShape, f'Slot "{key.text}"')
    if block is None or block.value("type") is None:
        return None
    kind = Type(block.value("type"))
    _refuse_settings(block, kind, scope)
    options = read_options(block.tree("options"), scope, None, "options:")
    if kind is Type.CHOICE and not block.has("options") and not block.later:
        reader.say(
            "IVR104", key, f'"{key.text}" is a choice without options.', "Add  options:  with what can be chosen."
        )
    keys = reader.block(block.tree("keys"), KeyShape, "keys:")
    privacy = Privacy(block.value("private") or Privacy.OPEN)
    secret = privacy in (Privacy.PCI, Privacy.SECRET)
    question = read_question(block, scope, steps, options, kind)
    skip = _skip(block.tree("skip"), scope)
    if skip is not None and not block.value("optional"):
        reader.say("IVR106", block.keys["skip"], "Only an optional slot can be skipped.", "Add  optional: yes.")
    return SlotSpec(
        name=key.text,
        type=kind,
        place=key.place,
        ask=scope.prompt(block.tree("ask"), "ask:"),
        question=question,
        options=options,
        length=block.value("length"),
        low=block.value("from"),
        high=block.value("to"),
        currency=_currency(block),
        near=block.value("near"),
        key_order=keys.value("order", "mmddyyyy") if keys else "mmddyyyy",
        privacy=privacy,
        accept=block.value("accept", "keys" if secret else "both"),
        check=_check(block.tree("check"), scope),
        must=_rules(block.tree("must"), scope),
        confirm=block.value("confirm", Confirm.NEVER),
        confirm_change=Confirm(block.value("confirm_change", "never")),
        optional=block.value("optional", False),
        skip=skip,
        only_if=scope.condition(reader.text(block.tree("only_if"), "only_if:")),
        lead=reader.words(block.tree("lead"), "lead:"),
    )


def _refuse_settings(block: Block, kind: Type, scope: Scope) -> None:
    for setting, kinds in ONLY_FOR.items():
        if block.has(setting) and kind not in kinds:
            text = f'A slot of type {kind.value} has no "{setting}:".'
            fix = f"It is for {' and '.join(sorted(kinds))}."
            scope.reader.say("IVR106", block.keys[setting], text, fix)
    low, high = block.value("from"), block.value("to")
    if low is not None and high is not None and low > high:
        scope.reader.say("IVR105", block.keys["to"], "to: is below from:; nothing would fit.", "Swap the two.")


def _currency(block: Block) -> str:
    written = block.tree("currency")
    return written.text if isinstance(written, Scalar) else "USD"


def _check(tree: Tree | None, scope: Scope) -> Check | None:
    if tree is None:
        return None
    reader = scope.reader
    if isinstance(tree, Scalar):
        if tree.text == "mod10":
            return Check("mod10", None, None)
        reader.say("IVR105", tree, f'check: "{tree.text}" is no check.', "Write  mod10  or  {pattern: ...}.")
        return None
    block = reader.block(tree, CheckShape, "check:")
    if block is None:
        return None
    otherwise = reader.text(block.tree("else"), "else:")
    template = scope.template(otherwise) if otherwise else None
    if block.value("mod10"):
        return Check("mod10", None, template)
    pattern = reader.text(block.tree("pattern"), "pattern:")
    if pattern is None and block.later:
        return None
    if pattern is None:
        reader.say("IVR104", block.place, 'check: needs "pattern:" or "mod10: yes".')
        return None
    if not _is_plain_pattern(pattern.text):
        text = "This pattern cannot be used."
        fix = "A pattern has letters, digits, [sets], (a|b), ?, and counts such as {2,4}."
        reader.say("IVR105", pattern, text, fix)
        return None
    return Check("pattern", pattern.text, template)


def _is_plain_pattern(pattern: str) -> bool:
    """A regular expression without what can take for ever on a hostile answer: no look-around, no back reference, and
    nothing repeated inside something repeated."""
    if len(pattern) > 200 or re.search(r"\(\?|\\[1-9]", pattern) or re.search(r"[*+}]\)[*+{]", pattern):
        return False
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


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
        rules.append(Rule(condition, scope.template(otherwise) if otherwise else None, _slots_in(condition, scope)))
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
    kind = Type(block.value("type"))
    written = scope.reader.text(block.tree("value"), "value:")
    if written is None:
        return None
    options = tuple(option.text for option in scope.reader.texts(block.tree("options"), "options:"))
    if (kind is Type.CHOICE) is not block.has("options"):
        _refuse_options(key, block, kind, scope)
        return None
    value = option_named(written.text, options) if kind is Type.CHOICE else read_value(written.text, kind)
    if value is None and kind is Type.CHOICE:
        scope.reader.known(written, options, "option")
        return None
    if value is None:
        text = f'value: "{written.text}" is not of type {kind.value}.'
        scope.reader.say("IVR105", written, text, f"Write it like {EXAMPLES[kind]}.")
        return None
    return VarSpec(key.text, kind, value, key.place)


def _refuse_options(key: Scalar, block: Block, kind: Type, scope: Scope) -> None:
    if kind is Type.CHOICE:
        text = f'"{key.text}" is a choice without options.'
        scope.reader.say("IVR104", key, text, "Add  options: [one, another].")
    else:
        text = f'A variable of type {kind.value} has no "options:".'
        scope.reader.say("IVR106", block.keys["options"], text, "It is for choice.")


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
        case Type.MOMENT:
            return None
        case _:
            return written
