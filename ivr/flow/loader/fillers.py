"""`filler:` of a tool: what the caller hears while an answer takes its time."""

from typing import Final

from ivr.flow.flow import Filler
from ivr.flow.loader.scope import Scope
from ivr.flow.schema.shapes import FillerShape
from ivr.flow.yaml_tree import Items, Keys, Tree

EVERY_MS: Final = 6000
SHORTEST_EVERY_MS: Final = 2000
"""One sentence closer behind the other would only be noise."""


def read_filler(tree: Tree | None, scope: Scope) -> Filler | None:
    """A sentence, or `{after, say, every, music}` where `say` is one or several in turn."""
    if tree is None:
        return None
    if not isinstance(tree, Keys) or tree.get("one_of") is not None:
        said = scope.prompt(tree, "filler:")
        return Filler((said,)) if said else None
    block = scope.reader.block(tree, FillerShape, "filler:")
    if block is None:
        return None
    written = block.tree("say")
    items = written.items if isinstance(written, Items) else (written,) if written is not None else ()
    says = tuple(said for item in items if (said := scope.prompt(item, "say:")) is not None)
    music = scope.reader.text(block.tree("music"), "music:")
    every = block.value("every", EVERY_MS)
    if every < SHORTEST_EVERY_MS:
        text = f"every: {every}ms would fill the line with talk."
        scope.reader.say("IVR105", block.tree("every") or block.place, text, "Write  every: 6s.")
    return Filler(says, block.value("after", 700), every, music.text if music else None) if says else None
