"""`say`, `ask` and `menu`."""

from typing import TYPE_CHECKING

from ivr.flow.flow import Ask, Menu, Prompt, Say, Step
from ivr.flow.loader.choices import read_each, read_options_from
from ivr.flow.loader.questions import read_options, read_question, step_tree
from ivr.flow.loader.reading import Block
from ivr.flow.types import Type
from ivr.flow.yaml_tree import Keys

if TYPE_CHECKING:  # a step's verb is read for the reader of steps
    from ivr.flow.loader.steps import StepReader


def say(reader: "StepReader", block: Block) -> Step | None:
    listed = block.tree("say")
    if isinstance(listed, Keys) and listed.get("each") is not None:
        each = read_each(listed, reader.scope)
        return Say(Prompt(()), block.place, block.value("interrupt"), each=each) if each is not None else None
    prompt = reader.prompt(block, "say")
    announces = block.value("announces") == "recording"
    after_tone = block.value("after") == "tone"
    if after_tone and not reader.scope.family.makes_calls(reader.scope.flow):
        text = "Only a machine that answers a call of ours gives a tone, and this flow has no answered_by:."
        reader.told.say("IVR162", block.keys["after"], text, "Take it out, or add  answered_by: {machine: NODE}.")
    return Say(prompt, block.place, block.value("interrupt"), announces, after_tone=after_tone) if prompt else None


def ask(reader: "StepReader", block: Block) -> Step | None:
    slots = reader.slots(block, "ask")
    summary = reader.prompt(block, "summary")
    on_no = reader.node_name(reader.told.text(block.tree("on_no"), "on_no:"))
    if on_no is not None and not block.has("summary"):
        reader.told.say("IVR106", block.keys["on_no"], "on_no: is the way of a no to a summary.", "Add  summary: TEXT.")
    if not slots:
        return None
    may_fill, opening = reader.slots(block, "may_fill"), reader.prompt(block, "open")
    return Ask(slots, block.place, may_fill, opening, summary, on_no)


def menu(reader: "StepReader", block: Block) -> Step | None:
    name = reader.told.text(block.tree("name"), "name:")
    owner = name.text if name is not None else reader.node
    options = read_options(block.tree("options"), reader.scope, reader.steps, "options:", owner)
    prompt = reader.prompt(block, "menu")
    listed = read_options_from(block.tree("options_from"), reader.scope)
    into, chosen = _into(reader, listed[1]) if listed is not None else (None, ())
    if not options and not block.has("options_from"):
        reader.told.say("IVR104", block.place, "A menu needs options: or options_from:.")
        return None
    beside = _beside(reader, block)
    if prompt is None:
        return None
    question = read_question(block, reader.scope, reader.steps, options, Type.CHOICE)
    return Menu(
        name=name.text if name else reader.node or "menu",
        prompt=prompt,
        options=options,
        question=question,
        place=block.place,
        or_slot=beside[0],
        or_goto=beside[1],
        options_from=listed[0] if listed is not None else None,
        into=into,
        chosen=chosen,
    )


def _into(reader: "StepReader", block: Block) -> tuple[str | None, tuple[Step, ...]]:
    """Where the chosen item's value goes, and what follows."""
    into = reader.told.text(block.tree("into"), "into:")
    if into is None:
        if not block.has("into"):
            text = "options_from: of a menu needs into:, the slot that gets what is chosen."
            reader.told.say("IVR104", block.place, text)
    elif not reader.told.known(into, reader.scope.slots, "slot"):
        into = None
    goto = block.tree("goto")
    leads = reader.steps(block.tree("do"))
    if goto is not None:
        leads = (*leads, *reader.steps(step_tree(block, "goto", goto)))
    return (into.text if into is not None else None), leads


def _beside(reader: "StepReader", block: Block) -> tuple[str | None, str]:
    """`or: SLOT` with `or_goto:`: a longer number in the place of an option."""
    slot = reader.told.text(block.tree("or"), "or:")
    goto = reader.node_name(reader.told.text(block.tree("or_goto"), "or_goto:"))
    if block.has("or") is not block.has("or_goto"):
        key = block.keys["or" if block.has("or") else "or_goto"]
        reader.told.say("IVR106", key, "or: and or_goto: go together.", "Say which slot it fills, and where it leads.")
        return None, ""
    if slot is None or goto is None or not reader.told.known(slot, reader.scope.slots, "slot"):
        return None, ""
    kind = reader.scope.names.names[(slot.text,)].type
    if kind not in (Type.DIGITS, Type.NUMBER):
        text = f'"{slot.text}" is of type {kind.value}; beside a menu only digits or a number can be typed.'
        reader.told.say("IVR135", slot, text, "Name a slot of type digits.")
        return None, ""
    return slot.text, goto
