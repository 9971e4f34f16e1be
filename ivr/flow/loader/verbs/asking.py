"""`say`, `ask` and `menu`."""

from typing import TYPE_CHECKING

from ivr.flow.flow import Ask, Menu, Say, Step
from ivr.flow.loader.questions import read_options, read_question
from ivr.flow.loader.reading import Block
from ivr.flow.types import Type

if TYPE_CHECKING:  # a step's verb is read for the reader of steps
    from ivr.flow.loader.steps import StepReader


def say(reader: "StepReader", block: Block) -> Step | None:
    prompt = reader.prompt(block, "say")
    announces = block.value("announces") == "recording"
    return Say(prompt, block.place, block.value("interrupt"), announces) if prompt else None


def ask(reader: "StepReader", block: Block) -> Step | None:
    slots = reader.slots(block, "ask")
    return Ask(slots, block.place, reader.slots(block, "may_fill"), reader.prompt(block, "open")) if slots else None


def menu(reader: "StepReader", block: Block) -> Step | None:
    name = reader.told.text(block.tree("name"), "name:")
    options = read_options(block.tree("options"), reader.scope, reader.steps, "options:")
    prompt = reader.prompt(block, "menu")
    if prompt is None:
        return None
    question = read_question(block, reader.scope, reader.steps, options, Type.CHOICE)
    return Menu(name.text if name else reader.node or "menu", prompt, options, question, block.place)
