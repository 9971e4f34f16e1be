"""Operators' files brought to the newest version of what they are written in, with their comments.

Each file says what it is by its `schema:` line. A rewrite takes a file from one version to the next, on the document as
ruamel's round trip holds it; a file several versions behind takes them one after the other.
"""

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.util import load_yaml_guess_indent

from ivr.flow.messages import Message, nearest
from ivr.flow.text import Place
from ivr.flow.yaml_tree import Keys, Scalar, read_tree

NEWEST: Final[Mapping[str, int]] = {"callflow": 1, "callscript": 1, "callprompts": 1}
"""The kinds of files, with the version that this program writes. It runs that one and, where there is one, the one
before."""
Rewrite = Callable[[CommentedMap], None]
"""Changes a document in place, all but its `schema:`. Its scalars are text, as they were written."""
REWRITES: Final[Mapping[tuple[str, int], Rewrite]] = {}
"""By kind and version, to the next version. Empty while every kind has had one version only."""

_SCHEMA: Final = re.compile(r"([a-z]+)/([1-9][0-9]{0,3})")
_WHY: Final = "a file read as another version would tell callers something else."
_WIDEST: Final = 100_000
"""No line is broken that was not."""


@dataclass(frozen=True, slots=True)
class Migrated:
    """`text` is the file as it was where it stood at the newest version already."""

    kind: str
    was: int
    now: int
    text: str


def migrate_text(
    text: str,
    file: str,
    rewrites: Mapping[tuple[str, int], Rewrite] = REWRITES,
    newest: Mapping[str, int] = NEWEST,
) -> Migrated | Message:
    """The file at its newest version; or why it cannot be, with the place of the words that say so."""
    tree, mistakes = read_tree(text, file)
    if tree is None or mistakes:
        return mistakes[0]
    schema = tree.get("schema") if isinstance(tree, Keys) else None
    if not isinstance(schema, Scalar):
        fix = f"Write the version it was written for as its first line:  schema: {_written(newest)}."
        return Message(Place(file, 1, 1), "IVR104", "This file does not say what it is.", fix=fix, why=_WHY)
    match = _SCHEMA.fullmatch(schema.text)
    if match is None or match[1] not in newest:
        return _unknown(schema, newest)
    kind, was, now = match[1], int(match[2]), newest[match[1]]
    if was > now:
        said = f"This file is {schema.text}, and the newest that this version of ivr knows is {kind}/{now}."
        return _refused(schema, said, "Update ivr, or take the file as it was before.")
    if was == now:
        return Migrated(kind, was, now, text)
    missing = next((version for version in range(was, now) if (kind, version) not in rewrites), None)
    if missing is not None:
        said = f"No way leads from {kind}/{missing} to {kind}/{missing + 1} in this version of ivr."
        return _refused(schema, said, f"Bring the file to {kind}/{missing + 1} with the version before, then again.")
    made = _rewritten(text, kind, was, now, rewrites)
    if _comments(made) != _comments(text):
        return _refused(schema, "A comment of this file would be lost.", "Put the file at its new version by hand.")
    return Migrated(kind, was, now, made)


def _written(newest: Mapping[str, int]) -> str:
    return ", or ".join(f"{kind}/{version}" for kind, version in newest.items())


def _unknown(schema: Scalar, newest: Mapping[str, int]) -> Message:
    kind = nearest(schema.text.partition("/")[0], newest)
    like = _written({kind: newest[kind]} if kind is not None else newest)
    return _refused(schema, f'schema: "{schema.text}" is nothing that ivr has ever read.', f"Write  schema: {like}.")


def _refused(schema: Scalar, text: str, fix: str) -> Message:
    return Message(schema.place, "IVR105", text, fix=fix, width=schema.width, why=_WHY)


def _rewritten(text: str, kind: str, was: int, now: int, rewrites: Mapping[tuple[str, int], Rewrite]) -> str:
    yaml = _round_trip(text)
    document = yaml.load(text)
    for version in range(was, now):
        rewrites[kind, version](document)
    document["schema"] = f"{kind}/{now}"
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue()


def _round_trip(text: str) -> Any:
    """Reads every scalar as text, keeps quotes and comments, and indents as the file does."""
    _, indent, offset = load_yaml_guess_indent(text)
    yaml = YAML(typ="rt")
    yaml.Resolver = _Untyped
    yaml.preserve_quotes = True
    yaml.width = _WIDEST
    yaml.brace_single_entry_mapping_in_flow_sequence = True
    yaml.indent(mapping=2, sequence=indent or 4, offset=offset or 2 if indent != 2 else 0)
    return yaml


class _Untyped(VersionedResolver):
    """No text is a number, a date or yes, and so none needs quotes that it did not have."""

    @property
    def versioned_resolver(self) -> Mapping[str, object]:
        return {}


def _comments(text: str) -> list[str]:
    """What stands behind every `#` that may begin one: a rewrite moves comments at most."""
    return sorted(found[0].strip() for found in re.finditer(r"(?:^|(?<=\s))#.*$", text, re.MULTILINE))
