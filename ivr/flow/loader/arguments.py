"""Arguments of tools that a model may call: each with its type, its bounds and what it is."""

from collections.abc import Mapping

from ivr.flow.flow import Option, QuestionSettings, SlotSpec
from ivr.flow.loader.scope import Scope
from ivr.flow.schema.shapes import TakeShape
from ivr.flow.types import Type
from ivr.flow.yaml_tree import Keys, Scalar, Tree


def read_arguments(tree: Tree | None, scope: Scope) -> Mapping[str, SlotSpec]:
    """Those of `takes:` that are written out."""
    if not isinstance(tree, Keys):
        return {}
    found = {key.text: _argument(key, value, scope) for key, value in tree.entries if isinstance(value, Keys)}
    return {name: spec for name, spec in found.items() if spec is not None}


def _argument(key: Scalar, tree: Tree, scope: Scope) -> SlotSpec | None:
    block = scope.reader.block(tree, TakeShape, f'Argument "{key.text}"')
    if block is None or block.value("type") is None:
        return None
    kind = Type(block.value("type"))
    about = scope.reader.text(block.tree("about"), "about:")
    currency = block.tree("currency")
    options = tuple(
        Option(option.text, (option.text,), None, option.text, option.place)
        for option in scope.reader.texts(block.tree("options"), "options:")
    )
    if kind is Type.CHOICE and not options:
        text = f'Argument "{key.text}" is a choice without options.'
        scope.reader.say("IVR104", key, text, "Add  options: [one, another].")
    return SlotSpec(
        name=key.text,
        type=kind,
        place=key.place,
        ask=None,
        question=QuestionSettings(),
        options=options,
        length=block.value("length"),
        low=block.value("from"),
        high=block.value("to"),
        currency=currency.text if isinstance(currency, Scalar) else "USD",
        optional=block.value("optional", False),
        about=about.text if about else "",
    )
