"""`call`."""

from typing import TYPE_CHECKING

from ivr.flow.flow import CallTool, Step
from ivr.flow.loader.needs import read_needs
from ivr.flow.loader.reading import Block

if TYPE_CHECKING:  # a step's verb is read for the reader of steps
    from ivr.flow.loader.steps import StepReader


def call(reader: "StepReader", block: Block) -> Step | None:
    tool = reader.told.text(block.tree("call"), "call:")
    arguments = {}
    for key, tree in reader.told.entries(block.tree("with"), "with:"):
        scalar = reader.told.text(tree, f"with: {key.text}")
        template = reader.scope.template(scalar) if scalar else None
        if template is not None:
            arguments[key.text] = template
    on = reader.routes(block)
    if tool is None or not reader.told.known(tool, reader.scope.tools, "tool"):
        return None
    needs = read_needs(reader.scope, block.tree("needs"))
    return CallTool(tool.text, arguments, on, block.place, reader.routed(block), needs, tool.place)
