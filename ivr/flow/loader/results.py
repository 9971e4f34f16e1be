"""What a tool's answers are called, when each fits, and what is kept of it."""

import re
from typing import Final

from ivr.flow.flow import Keep, ToolResultSpec
from ivr.flow.loader.names import kept_named
from ivr.flow.loader.reading import Block
from ivr.flow.loader.scope import Scope
from ivr.flow.schema.shapes import KeepShape, ResultShape
from ivr.flow.types import Privacy, Type
from ivr.flow.types import read_type as written_type
from ivr.flow.yaml_tree import Scalar, Tree

FORBIDDEN_RESULTS: Final = frozenset({"failed", "declined", "unknown"})
"""The engine's own names for what can become of a call."""
_PATH: Final = re.compile(r"\$(?:\.[A-Za-z_]\w*|\[\d{1,6}\])*", re.ASCII)


def read_results(block: Block, kind: str, scope: Scope) -> tuple[ToolResultSpec, ...]:
    found = []
    for key, tree in scope.reader.entries(block.tree("results"), "results:"):
        if key.text in FORBIDDEN_RESULTS:
            text = f'"{key.text}" is the engine\'s own result and cannot be named here.'
            scope.reader.say("IVR107", key, text, "Choose another name.")
            continue
        result = scope.reader.block(tree, ResultShape, f'Result "{key.text}"')
        if result is not None:
            found.append(_result(key, result, kind, scope))
    return tuple(found)


def _result(key: Scalar, block: Block, kind: str, scope: Scope) -> ToolResultSpec:
    reader = scope.reader
    statuses = []
    for scalar in reader.texts(block.tree("status"), "status:"):
        if re.fullmatch(r"[1-5]\d\d", scalar.text, re.ASCII):
            statuses.append(int(scalar.text))
        else:
            reader.say("IVR105", scalar, f'status: "{scalar.text}" is not an HTTP status.', "Write it like 200 or 404.")
    if kind == "python" and (block.has("status") or block.has("when")):
        odd = block.keys["status" if block.has("status") else "when"]
        reader.say("IVR106", odd, "A Python function names its result itself.", f'It returns Result("{key.text}").')
    when = scope.condition(reader.text(block.tree("when"), "when:"), json=True)
    keeps = tuple(
        keep
        for name, tree in reader.entries(block.tree("keep"), "keep:")
        if (keep := _keep(name, tree, kind, scope)) is not None
    )
    return ToolResultSpec(key.text, tuple(statuses), when, keeps)


def _keep(name: Scalar, tree: Tree, kind: str, scope: Scope) -> Keep | None:
    reader = scope.reader
    named = kept_named(tree)
    if isinstance(tree, Scalar):
        path, as_, type_name = (
            tree.text.partition(" as ") if tree.text.startswith("$") else (name.text, " as ", tree.text)
        )
        if not as_:
            reader.say(
                "IVR105", tree, f"keep: {name.text} has no type.", f"Write  {name.text}: {path.strip()} as text."
            )
            return None
        if not _is_type(Scalar(type_name.strip(), tree.place, tree.plain, tree.width), scope):
            return None
        return Keep(name.text, _path(path.strip(), tree, kind, scope), named.type, Privacy.OPEN, False, of=named.of)
    block = reader.block(tree, KeepShape, f"keep: {name.text}")
    if block is None:
        return None
    if block.has("type") is block.has("list_of") and not block.later:
        text = f"keep: {name.text} has {'two kinds of' if block.has('type') else 'no'} type."
        reader.say("IVR104", name, text, "Write  type:  for a value, or  list_of:  for a list of records.")
        return None
    if block.has("type") and block.value("type") is None:
        return None
    start = reader.text(block.tree("from"), "from:")
    path = start.text if start else name.text
    steps = _path(path, start or tree, kind, scope)
    optional = block.value("optional", False)
    fields = _fields(block.tree("list_of"), scope) if block.has("list_of") else None
    return Keep(name.text, steps, named.type, named.privacy, optional, named.currency, named.of, fields)


def _fields(tree: Tree | None, scope: Scope) -> tuple[Keep, ...]:
    """What is kept of each record: a type for the value of that name, or its path inside the record."""
    found = []
    for name, inner in scope.reader.entries(tree, "list_of:"):
        named = kept_named(inner)
        if named.type is Type.LIST:
            text = f"{name.text} is a list inside a list; a record holds single values."
            scope.reader.say("IVR134", inner, text, "Keep single values of it.")
            continue
        keep = _keep(name, inner, "python", scope)
        if keep is not None:
            found.append(keep)
    return tuple(found)


def _is_type(tree: Scalar, scope: Scope) -> bool:
    return written_type(tree.text) is not None or read_type(tree, scope) is not None


def _path(path: str, tree: Tree, kind: str, scope: Scope) -> tuple[str | int, ...]:
    if kind == "python" and not path.startswith("$"):
        return (path,)
    if not _PATH.fullmatch(path):
        fix = "A path begins with $, such as  $.first  or  $.items[0].name."
        scope.reader.say("IVR105", tree, f'"{path}" is not a path into the answer.', fix)
        return ()
    parts = re.findall(r"\.([A-Za-z_]\w*)|\[(\d+)\]", path)
    return tuple(int(index) if index else name for name, index in parts)


def read_type(tree: Tree, scope: Scope) -> Type | None:
    if isinstance(tree, Scalar) and tree.text in set(Type):
        return Type(tree.text)
    if (isinstance(tree, Scalar) and tree.text.split()[:1] == ["list"]) or (
        isinstance(tree, Scalar) and tree.text in ("email", "spelled")
    ):
        scope.reader.later(tree)
    else:
        said = tree.text if isinstance(tree, Scalar) else "this"
        scope.reader.say("IVR105", tree, f'"{said}" is not a type of value.', f"Types are {', '.join(Type)}.")
    return None
