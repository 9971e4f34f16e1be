"""`goto` and `end`."""

from typing import TYPE_CHECKING

from ivr.flow.flow import End, Goto, SpeakIn, Step
from ivr.flow.loader.reading import Block
from ivr.flow.schema.shapes import EndShape
from ivr.flow.yaml_tree import Keys

if TYPE_CHECKING:  # a step's verb is read for the reader of steps
    from ivr.flow.loader.steps import StepReader


def goto(reader: "StepReader", block: Block) -> Step | None:
    node = reader.node_name(reader.told.text(block.tree("goto"), "goto:"))
    return Goto(node, block.place) if node else None


def language(reader: "StepReader", block: Block) -> Step | None:
    written = reader.told.text(block.tree("language"), "language:")
    spoken = (reader.scope.language, *reader.scope.translations.languages)
    if written is None or not reader.told.known(written, spoken, "language in this project"):
        return None
    return SpeakIn(written.text, block.place)


def end(reader: "StepReader", block: Block) -> Step | None:
    tree = block.tree("end")
    if isinstance(tree, Keys) and tree.get("one_of") is None:
        inner = reader.told.block(tree, EndShape, "end:")
        if inner is None:
            return None
        outcome = reader.told.text(inner.tree("outcome"), "outcome:")
        return End(reader.prompt(inner, "say"), outcome.text if outcome else "completed", block.place)
    return End(reader.prompt(block, "end"), "completed", block.place)
