"""`if`, `set` and `forget`."""

from typing import TYPE_CHECKING

from ivr.flow.flow import Forget, If, Literal_, SetStep, Step
from ivr.flow.grammar.conditions import parse_condition, parse_operand
from ivr.flow.grammar.names import Complaint, Named
from ivr.flow.grammar.tree import Condition, Operand, Template
from ivr.flow.grammar.typist import Typed
from ivr.flow.loader.reading import Block, text_place
from ivr.flow.loader.slots import EXAMPLES, option_named, read_value
from ivr.flow.schema.shapes import BeShape
from ivr.flow.types import CHOSEN, Type
from ivr.flow.yaml_tree import Items, Keys, Scalar, Tree

if TYPE_CHECKING:  # a step's verb is read for the reader of steps
    from ivr.flow.loader.steps import StepReader


def if_(reader: "StepReader", block: Block) -> Step | None:
    condition = reader.scope.condition(reader.told.text(block.tree("if"), "if:"))
    then, otherwise = reader.steps(block.tree("then")), reader.steps(block.tree("else"))
    return If(condition, then, otherwise, block.place) if condition else None


def set_(reader: "StepReader", block: Block) -> Step | None:
    values = []
    for key, tree in reader.told.entries(block.tree("set"), "set:"):
        settable = {**reader.scope.slots, **reader.scope.vars}
        if not reader.told.known(key, settable, "slot or variable"):
            continue
        value = _set_value(reader, key.text, tree)
        if value is not None:
            values.append((key.text, value))
    return SetStep(tuple(values), block.place)


def _set_value(reader: "StepReader", name: str, tree: Tree) -> Template | Operand | Condition | Literal_ | None:
    named = reader.scope.names.names[(name,)]
    if isinstance(tree, Keys):
        block = reader.told.block(tree, BeShape, f"set: {name}")
        be = reader.told.text(block.tree("be"), "be:") if block else None
        return _be(reader, be, named, name) if be else None
    if isinstance(tree, Items) and named.type is Type.LIST:
        return _list(reader, tree, named, name)
    scalar = reader.told.text(tree, f"set: {name}")
    if scalar is None:
        return None
    if "{" in scalar.text:
        template = reader.scope.template(scalar)
        if template is not None and len(template.parts) == 1:
            field = template.fields[0]
            _require_type(reader, field.type, named.type, scalar, name)
            if field.type is named.type is Type.LIST and field.of is not named.of:
                text = f"{name} is a list of {named.of}, and this is a list of {field.of}."
                reader.told.say("IVR204", scalar, text)
        elif template is not None and named.type not in (Type.TEXT, Type.NAME):
            text = f"{name} is of type {named.type.value}; a sentence does not fit it."
            reader.told.say("IVR204", scalar, text, 'Write one field alone: "{name}".')
        return template
    value = _choice(scalar, named) if named.type in CHOSEN else read_value(scalar.text, named.type)
    if value is None:
        text = f'set: "{scalar.text}" is not of type {named.type.value}, which {name} is.'
        reader.told.say("IVR204", scalar, text, f"Write it like {EXAMPLES[named.type]}.")
        return None
    return Literal_(value)


def _list(reader: "StepReader", tree: Items, named: Named, name: str) -> Literal_ | None:
    """`set: {extras: [window, chair]}`."""
    kind = named.of or Type.TEXT
    values = []
    for item in reader.told.texts(tree, f"set: {name}"):
        value = _choice(item, named) if kind in CHOSEN else read_value(item.text, kind)
        if value is None:
            text = f'set: "{item.text}" is not of type {kind.value}, of which {name} is a list.'
            reader.told.say("IVR204", item, text, f"Write it like {EXAMPLES[kind]}.")
            return None
        values.append(value)
    return Literal_(tuple(values))


def _choice(scalar: Scalar, named: Named) -> str | None:
    return option_named(scalar.text, named.options or {})


def _be(reader: "StepReader", scalar: Scalar, named: Named, name: str) -> Operand | Condition | None:
    place = text_place(scalar)
    try:
        typed: Typed = parse_operand(scalar.text, place, reader.scope.names)
    except Complaint:
        if named.type is Type.YES_NO:
            try:
                return parse_condition(scalar.text, place, reader.scope.names)
            except Complaint as other:
                complaint = other
        reader.told.add(*complaint.messages)
        return None
    if typed.type is not None:
        _require_type(reader, typed.type, named.type, scalar, name)
    return typed.operand


def _require_type(reader: "StepReader", found: Type, wanted: Type, scalar: Scalar, name: str) -> None:
    texts = {Type.TEXT, Type.NAME, Type.DIGITS, Type.PHONE, Type.EMAIL, Type.SPELLED}
    counts = {Type.NUMBER, Type.MONEY}
    wide = wanted in (Type.TEXT, Type.NAME) and found in texts
    if found is not wanted and not wide and not (found in counts and wanted in counts):
        text = f"{name} is of type {wanted.value}, and this is {found.value}."
        reader.told.say("IVR204", scalar, text)


def forget(reader: "StepReader", block: Block) -> Step | None:
    named = reader.told.texts(block.tree("forget"), "forget:")
    known = {**reader.scope.slots, **reader.scope.vars, **reader.scope.kept}
    return Forget(tuple(n.text for n in named if reader.told.known(n, known, "slot")), block.place)
