"""The questions that recorded clips answer, as flows: one a kind of answer, each also with a fixed pause."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.speech import Clip
from ivr.catalog import Catalog
from ivr.flow.flow import Bundle
from ivr.flow.state import Expected, KeySpec, Listen
from ivr.flow.types import Privacy, Type
from ivr.flow.understand import interpret

PROJECT = "questions"
TYPES = {"yesno": "yes_no", "date": "date", "money": "money"}


@dataclass(frozen=True, slots=True)
class Question:
    """`flow`: its name; `slot`: the lines of its slot that say what it takes."""

    flow: str
    slot: tuple[str, ...]


def question_of(clip: Clip, clips: Sequence[Clip]) -> Question:
    match clip.kind:
        case "digits":
            count = digits_in(clip.text)
            return Question(f"digits_{count}", ("type: digits", f"length: {count}"))
        case "menu" | "word":
            said = sorted({c.text.strip(" .").lower() for c in clips if c.kind in ("menu", "word")})
            options = (f'  option_{n}: {{hear: ["{text}"]}}' for n, text in enumerate(said))
            return Question("menu", ("type: choice", "options:", *options))
        case "yesno" | "date" | "money":
            return Question(clip.kind, (f"type: {TYPES[clip.kind]}",))
        case _:
            return Question("free", ("type: text",))


def digits_in(text: str) -> int:
    """How many digits the words are."""
    asked = Expected("said", Type.DIGITS)
    listen = Listen(
        "", "said", (asked,), (), None, (), KeySpec(frozenset()), 6000, None, None, Privacy.OPEN
    )  # fmt: skip
    fills = interpret(text, listen, datetime(2026, 3, 2, tzinfo=UTC)).fills
    return len(str(fills[0].value)) if fills else 1


def bundle_of(questions: Iterable[Question], folder: Path, fixed_ms: int) -> Bundle:
    """Each question as a flow of its name, and as NAME_fixed with the pause that ends its turn. Raises: FlowError."""
    project = folder / PROJECT
    project.mkdir()
    for question in questions:
        for name, turn in ((question.flow, ""), (f"{question.flow}_fixed", f"turn: {{pause: {fixed_ms}ms}}\n")):
            (project / f"{name}.flow.yaml").write_text(_flow(name, turn, question.slot))
            first = name
    (project / "project.yaml").write_text(
        f"schema: callflow/1\nproject: {PROJECT}\nzone: Etc/UTC\nentry: {{default: {first}}}\n"
        "limits: {call: none, silence: none, turns: none}\n"
    )
    return Catalog(folder, {}).load(PROJECT)


def _flow(name: str, turn: str, slot: Sequence[str]) -> str:
    lines = "\n".join(f"    {line}" for line in (*slot, "ask: Go on."))
    return (
        f"schema: callflow/1\nflow: {name}\nabout: One question.\nstart: only\n{turn}slots:\n  said:\n{lines}\n"
        "nodes:\n  only:\n    - ask: said\n    - end: Thanks.\n"
    )
