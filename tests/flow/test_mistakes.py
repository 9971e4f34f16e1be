"""Mistakes that operators make, and the one message each gets. `mistakes/` has a file for each: a flow, or a
project.yaml (then the flow is the sound one below). `mistakes/expected.txt` has the message: place, severity, code,
text and fix; a mark stands under the word it is about. `slips.py` has those of a project of several flows, which uses
the whole language, and `mistakes/slips.txt` their messages. `python -m tests.flow.test_mistakes` writes both anew;
what changed is to be read."""

import re
from pathlib import Path
from typing import Final

import pytest

from ivr.flow.blocks import block
from ivr.flow.loader import load_project
from tests.flow.slips import SLIPS, Slip

FOLDER: Final = Path(__file__).parent / "mistakes"
SOUND: Final = FOLDER / "sound"
WHOLE: Final = {path.name: path.read_text(encoding="utf-8") for path in sorted((FOLDER / "whole").iterdir())}
FILES: Final = sorted(path for path in FOLDER.iterdir() if path.suffix == ".yaml")
PROGRAMMERS_WORDS: Final = re.compile(
    r"\b(None|True|False|null|dict|str|int|float|bool|tuple|NoneType|OrderedDict|Traceback|Exception|ValueError"
    r"|KeyError|token|scalar|mapping|sequence|parse[rd]?|regex|boolean|string|integer|Python|YAML node)\b"
    r"|<block|0x[0-9a-f]"
)


def told(path: Path) -> str:
    """The messages about a mistake, as a terminal shows them."""
    files = {file.name: file.read_text(encoding="utf-8") for file in SOUND.iterdir()}
    name = "project.yaml" if path.name.endswith(".project.yaml") else "line.flow.yaml"
    files[name] = path.read_text(encoding="utf-8")
    return "\n".join(block(message, files.get(message.place.file)) for message in load_project(files).messages)


def told_of(slip: Slip) -> str:
    """Those about a slip in the project that uses the whole language."""
    files = {**WHOLE, slip.file: WHOLE[slip.file].replace(slip.was, slip.now)}
    return "\n".join(block(message, files.get(message.place.file)) for message in load_project(files).messages)


def expected(file: str = "expected.txt") -> dict[str, str]:
    text = (FOLDER / file).read_text(encoding="utf-8")
    parts = re.split(r"^## (\S+)\n", text, flags=re.MULTILINE)[1:]
    return {name: said.strip("\n") for name, said in zip(parts[::2], parts[1::2], strict=True)}


def test_without_a_mistake_nothing_is_told() -> None:
    assert told(SOUND / "line.flow.yaml") == ""
    assert load_project(WHOLE).messages == ()


def test_there_is_a_message_for_each_mistake() -> None:
    assert set(expected()) == {path.name for path in FILES}
    assert len(FILES) >= 60
    assert list(expected("slips.txt")) == [slip.name for slip in SLIPS]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.partition(".")[0])
def test_a_mistake_is_told_once_at_its_word_in_words_for_operators(path: Path) -> None:
    said = told(path)
    assert said == expected()[path.name]
    require_one(said)


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.name)
def test_a_slip_in_a_project_of_several_flows_is_told_once(slip: Slip) -> None:
    assert WHOLE[slip.file].count(slip.was) == 1, "the slip is made at one place"
    said = told_of(slip)
    assert said == expected("slips.txt")[slip.name]
    require_one(said)


def require_one(said: str) -> None:
    heads = re.findall(r"^\S+:\d+:\d+  (?:error|warning)  IVR\d{3}  .+$", said, re.MULTILINE)
    assert len(heads) == 1, "one mistake is one message"
    ours = [line for line in said.splitlines() if not re.match(r"\s+\d+ \|", line)]
    assert not PROGRAMMERS_WORDS.search("\n".join(ours))


def _write() -> None:
    text = "\n\n".join(f"## {path.name}\n{told(path)}" for path in FILES)
    (FOLDER / "expected.txt").write_text(text + "\n", encoding="utf-8")
    text = "\n\n".join(f"## {slip.name}\n{told_of(slip)}" for slip in SLIPS)
    (FOLDER / "slips.txt").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    _write()
