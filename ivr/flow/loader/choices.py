"""`options_from:` and `each:`: choices and sentences out of a list of records that a tool kept."""

from collections.abc import Mapping
from typing import Final

from ivr.flow.commands import MORE
from ivr.flow.flow import Each, OptionsFrom
from ivr.flow.grammar.names import Named
from ivr.flow.grammar.tree import Path
from ivr.flow.loader.names import item_field
from ivr.flow.loader.reading import Block
from ivr.flow.loader.scope import Scope
from ivr.flow.schema.shapes import EachShape, MoreShape, OptionsFromShape
from ivr.flow.text import Place
from ivr.flow.types import Type
from ivr.flow.yaml_tree import Keys, Scalar, Tree

PAGE: Final = 4
"""Choices offered at a time where the flow says nothing."""
MOST: Final = 9
"""There are so many one-digit keys for them."""
UP_TO: Final = 5


def read_options_from(tree: Tree | None, scope: Scope) -> tuple[OptionsFrom, Block] | None:
    """The choices, and the block for what else a menu says in it."""
    reader = scope.reader
    block = reader.block(tree, OptionsFromShape, "options_from:")
    if block is None:
        return None
    listed = reader.text(block.tree("list"), "list:")
    items = read_items(listed, scope)
    said, kept = reader.text(block.tree("say"), "say:"), reader.text(block.tree("keep"), "keep:")
    if items is None or listed is None or said is None or kept is None:
        return None
    say = scope.spoken(said, more=items)
    name = item_field(kept.text)
    if not reader.known(Scalar(name, kept.place, kept.plain, kept.width), _names(items), "value of an item", "IVR131"):
        return None
    page = block.value("page", PAGE)
    if not 0 < page <= MOST:
        text = f"page: {page} is too many at a time." if page else "page: 0 offers nothing."
        reader.say("IVR132", block.trees["page"], text, "Callers remember three or four, and there are nine keys.")
        page = 0
    hear, key, place = _more(block, scope)
    if key is not None and key.isdigit() and 1 <= int(key) <= page:
        text = f'Key "{key}" chooses the {_nth(int(key))} of these already.'
        reader.say("IVR112", place, text, f"Take a key above {page}, * or #.")
        key = None
    if key is None and not block.has("more") and page < MOST:
        key = str(MOST)
    return (
        (OptionsFrom(listed.text, say, name, page or MOST, hear, key, block.place), block) if say is not None else None
    )


def read_items(listed: Scalar | None, scope: Scope) -> Mapping[Path, Named] | None:
    """The names that texts about an item of this list may use."""
    if listed is None:
        return None
    named = scope.names.names.get((listed.text,))
    if named is None:
        lists = {path[0]: scope.kept.get(path[0], listed.place) for path, n in scope.names.names.items() if n.fields}
        scope.reader.known(listed, lists, "list", "IVR130")
        return None
    if named.type is not Type.LIST or named.fields is None:
        kind = "a plain list" if named.type is Type.LIST else named.type.value
        text = f'"{listed.text}" is {kind}, and not a list of records.'
        scope.reader.say("IVR130", listed, text, "Keep it with  {from: $.items, list_of: {name: text}}.")
        return None
    return {("item", name): field for name, field in named.fields.items()}


def _names(items: Mapping[Path, Named]) -> tuple[str, ...]:
    return tuple(path[1] for path in items)


def _nth(number: int) -> str:
    return ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")[number - 1]


def _more(block: Block, scope: Scope) -> tuple[tuple[str, ...], str | None, Place]:
    tree = block.tree("more")
    if not isinstance(tree, Keys):
        return scope.reader.words(tree, "more:") or MORE, None, block.place
    inner = scope.reader.block(tree, MoreShape, "more:")
    if inner is None:
        return MORE, None, block.place
    key = inner.tree("key")
    words = scope.reader.words(inner.tree("hear"), "hear:")
    return words or MORE, inner.value("key"), key.place if key is not None else inner.place


def read_each(tree: Keys, scope: Scope) -> Each | None:
    """`say: {each: NAME, say: ..., up_to: 5, empty: TEXT}`."""
    reader = scope.reader
    block = reader.block(tree, EachShape, "say: with each:")
    if block is None:
        return None
    listed = reader.text(block.tree("each"), "each:")
    items = read_items(listed, scope)
    said = reader.text(block.tree("say"), "say:")
    if items is None or listed is None or said is None:
        return None
    say = scope.spoken(said, more=items)
    written = reader.text(block.tree("empty"), "empty:")
    empty = scope.spoken(written) if written is not None else None
    return Each(listed.text, say, block.value("up_to", UP_TO), empty, block.place) if say is not None else None
