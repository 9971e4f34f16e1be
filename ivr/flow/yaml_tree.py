"""YAML text to a tree in which every key and value knows where it stands, and every scalar is still text.

No resolver guesses types (`no`, `012` and `12:30` stay what was written). Anchors, aliases, tags, a key twice and a key
without a value are mistakes. One mistake of YAML itself ends the reading; all others are told in one pass.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ivr.flow.messages import Message
from ivr.flow.text import Place

MOST_CHARACTERS: Final = 1_000_000
DEEPEST: Final = 40
ALIAS: Final = "alias"


@dataclass(frozen=True, slots=True)
class Scalar:
    """`plain`: written without quotes. `width`: characters it takes on its line, for the mark under it."""

    text: str
    place: Place
    plain: bool
    width: int = 1


@dataclass(frozen=True, slots=True)
class Items:
    items: tuple["Tree", ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Keys:
    """`entries` in the written order; a key stands only once."""

    entries: tuple[tuple[Scalar, "Tree"], ...]
    place: Place

    def get(self, key: str) -> "Tree | None":
        return next((value for name, value in self.entries if name.text == key), None)


Tree = Scalar | Items | Keys


def read_tree(text: str, file: str) -> tuple[Tree | None, list[Message]]:
    """The tree, or None if the text is not YAML at all; with every mistake found on the way."""
    if len(text) > MOST_CHARACTERS:
        return None, [Message(Place(file, 1, 1), "IVR001", f"This file is longer than {MOST_CHARACTERS:,} characters.")]
    try:
        node = compose(text)
    except MaxDepthExceededError as error:
        return None, [Message(_place(error, file), "IVR001", "This is nested too deeply.")]
    except MarkedYAMLError as error:
        return None, [_retold(error, file, text)]
    except (YAMLError, RecursionError) as error:
        deep = isinstance(error, RecursionError)
        what = "This file is nested too deeply." if deep else "There is a character in this file that YAML forbids."
        return None, [Message(Place(file, 1, 1), "IVR001", what)]
    if node is None or (isinstance(node, ScalarNode) and node.style is None and not node.value):
        return None, [Message(Place(file, 1, 1), "IVR001", "This file is empty.")]
    reading = _Reading(file, [], tuple(text.splitlines()))
    return reading.tree(node), reading.messages


def compose(text: str) -> Node | None:
    """The nodes of YAML itself, with their marks. Raises YAMLError; the text is one that `read_tree` can read."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Composer = _Composer
    yaml.max_depth = DEEPEST
    node: Node | None = yaml.compose(text)
    return node


class _Composer(Composer):
    """An alias becomes a text of its own: what it stands for is never copied, however often it is named."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if not self.parser.check_event(AliasEvent):
            return super().compose_node(parent, index)
        event = self.parser.get_event()
        return ScalarNode(ALIAS, f"*{event.anchor}", event.start_mark, event.end_mark)


@dataclass(slots=True)
class _Reading:
    file: str
    messages: list[Message]
    lines: tuple[str, ...]
    """Of the file, for what YAML leaves out."""

    def tree(self, node: Node) -> Tree:
        place = Place(self.file, node.start_mark.line + 1, node.start_mark.column + 1)
        self._refuse_references(node, place)
        if isinstance(node, MappingNode):
            return self._keys(node, place)
        if isinstance(node, SequenceNode):
            return Items(tuple(self.tree(item) for item in node.value), place)
        assert isinstance(node, ScalarNode)
        one_line = node.end_mark.line == node.start_mark.line
        width = max(1, node.end_mark.column - node.start_mark.column) if one_line else 1
        return Scalar(str(node.value), place, plain=node.style is None, width=width)

    def _keys(self, node: MappingNode, place: Place) -> Keys:
        entries: list[tuple[Scalar, Tree]] = []
        seen: dict[str, int] = {}
        cut = False  # the one before was what a comma left of a sentence
        for key_node, value_node in node.value:
            key = self.tree(key_node)
            if not isinstance(key, Scalar):
                self.messages.append(Message(key.place, "IVR005", "A key must be one word, not a list or a mapping."))
                continue
            if key.text in seen:
                text = f'"{key.text}" stands here twice; the first is on line {seen[key.text]}.'
                self.messages.append(Message(key.place, "IVR002", text, width=key.width))
                continue
            seen[key.text] = key.place.line
            value = self.tree(value_node)
            if isinstance(value, Scalar) and value.plain and value.text == "":
                alone = bool(node.flow_style) and len(node.value) == 1
                self._refuse_empty(key, entries, alone=alone, told=cut)
                cut = True
                continue
            cut = False
            entries.append((key, value))
        return Keys(tuple(entries), place)

    def _refuse_empty(self, key: Scalar, before: list[tuple[Scalar, Tree]], *, alone: bool, told: bool) -> None:
        """`alone`: nothing else stands between the braces. `told`: another piece of the same sentence was."""
        beside = before[-1][1] if before else None
        if isinstance(beside, Scalar) and beside.place.line == key.place.line:
            if told:
                return
            text = f'The comma ends the sentence here: YAML reads "{key.text}" as a second key.'
            fix = "Put quotes around the whole sentence, or move it to its own line."
            self.messages.append(Message(key.place, "IVR004", text, width=key.width, fix=fix))
        else:
            fix = f'If it is a field in a sentence, put quotes around it:  "{{{key.text}}}"' if alone else ""
            line = self.lines[key.place.line - 1] if key.place.line <= len(self.lines) else ""
            if re.match(r"\s*:\s*#", line[key.place.column - 1 + key.width :]):
                fix = "What follows # is a remark. If it is meant, put quotes around it."
            self.messages.append(Message(key.place, "IVR003", f'"{key.text}" has no value.', width=key.width, fix=fix))

    def _refuse_references(self, node: Node, place: Place) -> None:
        tag = str(node.tag or "")
        if node.anchor or (tag and not tag.startswith("tag:yaml.org,2002:")) or "python" in tag:
            text = "Anchors, aliases and tags (&, * and !) are not used in these files."
            fix = "Quote a text that begins with one of them."
            self.messages.append(Message(place, "IVR006", text, fix=fix))


def _place(error: MarkedYAMLError, file: str) -> Place:
    mark = error.problem_mark or error.context_mark
    return Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)


def _retold(error: MarkedYAMLError, file: str, text: str) -> Message:
    place = _place(error, file)
    problem = str(error.problem or "")
    lines = text.splitlines()
    before = lines[place.line - 1][: place.column - 1] if place.line <= len(lines) else ""
    opened = _open_quote(lines, place.line)
    width = 1
    if "mapping values are not allowed" in problem:
        said, fix = "There is a second colon in this line.", "Put quotes around the text that has it."
    elif "single document" in problem or "another document" in problem:
        said, fix = "One file holds one document.", "Take out the line of dashes."
    elif "\\t" in problem:
        said, fix = "A tab stands here.", "Indent with spaces."
    elif opened is not None and _QUOTED.search(problem):
        place, said, fix = (
            Place(file, *opened),
            "This quote is not closed.",
            "Put a quote at the end of the sentence too.",
        )
    elif "expected alphabetic or numeric" in problem:
        begins = max(before.rfind("*"), before.rfind("&"))
        place = Place(file, place.line, begins + 1) if begins >= 0 else place
        mark = before[begins] if begins >= 0 else "*"
        said, fix = f"A text that begins with {mark} needs quotes.", f'Write  "{mark}".'
    elif "expected ',' or" in problem:
        said = "A bracket is not closed before this, or a sentence with a comma, colon or bracket is not quoted."
        fix = "Put quotes around the sentence, or close the bracket."
    elif "expected <block end>" in problem and before.rstrip().endswith(("}", "]")):
        said = "Without quotes the text before this is read as a list of its own, and ends here."
        fix = "Put quotes around the whole sentence."
    elif "expected <block end>" in problem and before.strip() in ("", "-"):
        said = "This line is not indented like those it belongs with."
        fix = "Begin it in the same column as the lines beside it."
    elif "expected <block end>" in problem:
        said, fix = "The text before this has ended already, by a quote or a bracket.", "Put quotes around all of it."
    elif "could not find expected ':'" in problem:
        said, fix = (
            "This line has no colon, or the one above does not end.",
            "Write  key: value.  Close quotes and brackets.",
        )
    elif "cannot start any token" in problem:
        said, fix = "A text cannot begin with this character.", "Put quotes around the text."
    elif "unexpected end of stream" in problem:
        said, fix = "The file ends inside a quoted text.", "Close the quote."
    else:
        said, fix = "This is not valid YAML.", "Mind the indentation, close brackets and quotes, and quote sentences."
    return Message(place, "IVR001", said, width=width, fix=fix)


_QUOTED: Final = re.compile(r"<scalar>|end of stream|quoted scalar|expected ':'|expected <block end>|expected ',' or")
_TEXTS: Final = re.compile(r""" "(?:[^"\\]|\\.)*" | '(?:[^']|'')*' | (?<![^\s\[{,:-])\# .* """, re.VERBOSE)


def _open_quote(lines: list[str], until: int) -> tuple[int, int] | None:
    """Line and column of the last quote before the fault that its own line does not close; None if there is none."""
    for number in range(min(until, len(lines)), 0, -1):
        bare = _TEXTS.sub(lambda found: " " * len(found.group()), lines[number - 1])
        opens = re.search(r"""(?:(?<=: )|(?<=- )|(?<=[\[{,])|(?<=, ))["'](?=\S)""", bare)
        if opens is not None:
            return number, opens.start() + 1
    return None
