"""Operators' files in one form: block notation, two spaces, quotes where a text would be misread, comments kept.

A comment on a line of its own stays before what it stood before; one behind something stays behind the first thing of
its line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ivr.flow.yaml_tree import Items, Keys, Scalar, Tree, compose, read_tree

_BEGINS_OTHERWISE: Final = re.compile(r"[!&*\[\]{}#|>@`\"'%,]|[-?:](?:\s|$)|---|\.\.\.")
_BREAKS: Final = re.compile(r":(?:\s|$)|\s#")
_TYPED: Final = re.compile(
    r"[-+]?(?:\d[\d_]*(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+|0x[0-9a-fA-F]+|0o?[0-7]+|\.inf|\.nan)|\d+(?::[0-5]?\d)+"
    r"|\d{4}-\d\d?-\d\d?|true|false|yes|no|on|off|null|~|",
    re.IGNORECASE,
)
"""What other readers of YAML would take for a number, a date, yes or no, or nothing."""
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\t]")


class CannotFormat(Exception):
    """The file is not changed; the text says why."""


def format_text(text: str, file: str) -> str:
    """The same file in block form; the same again for what is in that form. Raises: CannotFormat."""
    tree, messages = read_tree(text, file)
    if tree is None or messages:
        raise CannotFormat("it has mistakes of YAML; ivr check tells them")
    node = compose(text)
    assert node is not None
    comments = _Comments.of(text, node)
    lines = [*_Writer(comments).document(node)]
    made = "\n".join(lines).rstrip("\n") + "\n"
    again, faults = read_tree(made, file)
    if faults or again is None or _plain(again) != _plain(tree):
        raise CannotFormat("it could not be written without changing what it says")
    if sorted(comments.texts) != sorted(_Comments.of(made, compose(made)).texts):
        raise CannotFormat("a comment would be lost")
    return made


def _plain(tree: Tree) -> object:
    match tree:
        case Scalar(text):
            return text
        case Items(items):
            return [_plain(item) for item in items]
        case Keys(entries):
            return [(key.text, _plain(value)) for key, value in entries]


# ---- comments


@dataclass(slots=True)
class _Comments:
    """By line, from 0: comments that stand alone, and those behind something; lines with nothing on them."""

    alone: dict[int, str]
    behind: dict[int, str]
    empty: set[int]
    written: set[int] = field(default_factory=set)

    @property
    def texts(self) -> list[str]:
        return [*self.alone.values(), *self.behind.values()]

    @staticmethod
    def of(text: str, node: Node | None) -> "_Comments":
        spans = sorted(_spans(node)) if node is not None else []
        alone: dict[int, str] = {}
        behind: dict[int, str] = {}
        empty: set[int] = set()
        begin = 0
        for number, line in enumerate(text.splitlines(keepends=True)):
            bare = line.rstrip("\r\n")
            if not bare.strip():
                empty.add(number)
            for match in re.finditer(r"(?:^|(?<=\s))#", bare):
                at = begin + match.start()
                if not any(first <= at < last for first, last in spans):
                    where = behind if bare[: match.start()].strip() else alone
                    where[number] = bare[match.start() :].rstrip()
                    break
            begin += len(line)
        return _Comments(alone, behind, empty)


def _spans(node: Node) -> Iterator[tuple[int, int]]:
    """Where scalars stand, in characters of the text."""
    if isinstance(node, ScalarNode):
        yield node.start_mark.index, node.end_mark.index
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            yield from _spans(key)
            yield from _spans(value)
    elif isinstance(node, SequenceNode):
        for item in node.value:
            yield from _spans(item)


# ---- writing


class _Writer:
    def __init__(self, comments: _Comments) -> None:
        self._comments = comments
        self._next = 0
        """The first line of the file whose comments are not written yet."""

    def document(self, node: Node) -> Iterator[str]:
        if isinstance(node, ScalarNode):
            yield from self._before(node, "")
            yield f"{_scalar(node, '')}{self._behind(node)}"
        else:
            yield from self._collection(node, "")
        last = max([*self._comments.alone, *self._comments.behind, -1]) + 1
        yield from self._pending(last, "")

    def _before(self, node: Node, indent: str) -> Iterator[str]:
        """An empty line and comments that stood before an entry."""
        yield from self._pending(node.start_mark.line, indent)

    def _pending(self, until: int, indent: str) -> Iterator[str]:
        comments = self._comments
        for line in range(self._next, until):
            if line in comments.empty:
                following = next((n for n in range(line + 1, until + 1) if n not in comments.empty), until)
                if line + 1 == following and self._next > 0:
                    yield ""
            elif line in comments.alone:
                yield f"{indent}{comments.alone[line]}"
            elif line in comments.behind and line not in comments.written:
                comments.written.add(line)
                yield f"{indent}{comments.behind[line]}"
        self._next = max(self._next, until)

    def _behind(self, node: Node) -> str:
        line = node.start_mark.line
        self._next = max(self._next, line + 1 if line not in self._comments.alone else line)
        if line in self._comments.behind and line not in self._comments.written:
            self._comments.written.add(line)
            return f"  {self._comments.behind[line]}"
        return ""

    def _collection(self, node: Node, indent: str) -> Iterator[str]:
        if isinstance(node, MappingNode):
            for key, value in node.value:
                yield from self._before(key, indent)
                yield from self._entry(f"{indent}{_key(key)}:", key, value, indent)
        else:
            for item in node.value:
                yield from self._before(item, indent)
                yield from self._item(item, indent)

    def _entry(self, head: str, key: Node, value: Node, indent: str) -> Iterator[str]:
        """`key:` and its value, which stands on the same line or is indented below."""
        behind = self._behind(key)
        if isinstance(value, ScalarNode):
            written = _scalar(value, indent + "  ")
            first, *rest = written.split("\n")
            yield f"{head} {first}{behind or self._behind(value)}"
            yield from rest
        elif not value.value:
            yield f"{head} {'{}' if isinstance(value, MappingNode) else '[]'}{behind}"
        else:
            yield f"{head}{behind}"
            yield from self._collection(value, indent + "  ")

    def _item(self, item: Node, indent: str) -> Iterator[str]:
        if isinstance(item, MappingNode) and item.value:
            (key, value), *others = item.value
            yield from self._entry(f"{indent}- {_key(key)}:", key, value, indent + "  ")
            for key, value in others:
                yield from self._before(key, indent + "  ")
                yield from self._entry(f"{indent}  {_key(key)}:", key, value, indent + "  ")
        elif isinstance(item, SequenceNode) and item.value:
            yield f"{indent}-{self._behind(item)}"
            yield from self._collection(item, indent + "  ")
        elif isinstance(item, ScalarNode):
            first, *rest = _scalar(item, indent + "  ").split("\n")
            yield f"{indent}- {first}{self._behind(item)}"
            yield from rest
        else:
            yield f"{indent}- {'{}' if isinstance(item, MappingNode) else '[]'}{self._behind(item)}"


def _key(node: Node) -> str:
    return _scalar(node, "")


def _scalar(node: Node, indent: str) -> str:
    """With quotes only where they are needed; a text of several lines as a block of its own."""
    text, style = str(node.value), getattr(node, "style", None)
    if "\n" in text and style in ("|", ">") and not text.startswith((" ", "\n")) and not re.search(r"[ \t]\n", text):
        end = "" if text.endswith("\n") and not text.endswith("\n\n") else "-" if not text.endswith("\n") else "+"
        body = text[:-1] if text.endswith("\n") else text
        return "\n".join([f"|{end}", *(f"{indent}{line}" if line else "" for line in body.split("\n"))])
    quoted = style in ('"', "'")
    if needs_quotes(text) or (quoted and _TYPED.fullmatch(text)):
        return _quoted(text)
    return text


def needs_quotes(text: str) -> bool:
    """Would YAML read it otherwise, in block notation?"""
    return bool(
        not text
        or text != text.strip()
        or _BEGINS_OTHERWISE.match(text)
        or _BREAKS.search(text)
        or _UNPRINTABLE.search(text)
    )


def quoted(text: str) -> str:
    """As it is, or in quotes where it would be read otherwise."""
    return _quoted(text) if needs_quotes(text) or _TYPED.fullmatch(text) else text


def _quoted(text: str) -> str:
    if '"' in text and not _UNPRINTABLE.search(text):
        return "'" + text.replace("'", "''") + "'"
    out = text.replace("\\", "\\\\").replace('"', '\\"')
    out = out.replace("\n", "\\n").replace("\t", "\\t")
    return '"' + _UNPRINTABLE.sub(lambda found: f"\\x{ord(found.group()):02x}", out) + '"'
