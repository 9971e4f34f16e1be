"""What is answered: a test's mind behind the endpoints, given what was asked and heard."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ivr.sim.model_house.manners import Manner

JsonObject = Mapping[str, Any]

AUTO, NONE = "auto", "none"


@dataclass(frozen=True, slots=True)
class Offered:
    """A tool the request allows the model to ask for. `parameters` is its JSON Schema."""

    name: str
    parameters: JsonObject


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as a mind sees it."""

    instructions: str
    """All system and developer messages, in order, one a paragraph."""
    heard: str
    """What the caller said last: the sounds of the user's last message as the house's ear heard them; without any, what
    is written in it."""
    results: tuple[str, ...]
    """What tools answered since the model last spoke: a request that has any is not a turn of the caller."""
    offered: tuple[Offered, ...]
    choice: str
    """auto, none, required, or the name of the one tool that must be asked for."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool asked for, as the model writes it. `arguments` is JSON, or what a model makes of it."""

    name: str
    arguments: str = "{}"


@dataclass(frozen=True, slots=True)
class Answer:
    """Words are spoken where sound was asked for, and written otherwise."""

    words: str = ""
    calls: tuple[ToolCall, ...] = ()
    refusal: str = ""
    """The model will not: in place of words."""
    manner: Manner | None = None
    """How this one is given; None: as the house does."""


class Mind(Protocol):
    """Called in the loop of the house; returns at once."""

    def answer(self, asked: Asked) -> Answer: ...


class OutOfAnswers(AssertionError):
    """A script was asked for more than it has; the far end sees a status 500."""


class Scripted:
    """Its answers in order, one a request, text standing for words. Running out is a mistake of the test's."""

    def __init__(self, *answers: Answer | str) -> None:
        self._answers = [Answer(one) if isinstance(one, str) else one for one in answers]
        self.asked: list[Asked] = []

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        if len(self.asked) > len(self._answers):
            raise OutOfAnswers(f"asked for answer {len(self.asked)} of {len(self._answers)}")
        return self._answers[len(self.asked) - 1]


class Echo:
    """Says what it heard. A tool it must ask for gets what was heard, put where the schema wants it.

    After the result of a tool it says that result.
    """

    def answer(self, asked: Asked) -> Answer:
        if tool := required(asked):
            return Answer(calls=(ToolCall(tool.name, json.dumps(filled(tool.parameters, asked.heard))),))
        if asked.results:
            return Answer(" ".join(asked.results))
        return Answer(f"You said: {asked.heard}" if asked.heard else "I heard nothing.")


def required(asked: Asked) -> Offered | None:
    """The tool that must be asked for: the one named, or the first."""
    if asked.choice in (AUTO, NONE) or not asked.offered:
        return None
    return next((tool for tool in asked.offered if tool.name == asked.choice), asked.offered[0])


def filled(schema: JsonObject, words: str) -> Any:
    """A value of this JSON Schema made from the words: an enum's member named in them, their number, the words."""
    if "enum" in schema:
        return _named(schema["enum"], words)
    kinds = schema.get("type", "object" if "properties" in schema else "string")
    match kinds if isinstance(kinds, str) else next((kind for kind in kinds if kind != "null"), "null"):
        case "object":
            return {name: filled(part, words) for name, part in schema.get("properties", {}).items()}
        case "array":
            return [filled(schema.get("items", {}), words)]
        case "integer" | "number":
            return _number(words)
        case "boolean":
            return re.search(r"\b(yes|true|right|sure|please)\b", words.lower()) is not None
    return words


def _named(members: Sequence[Any], words: str) -> Any:
    said = words.lower().replace("_", " ")
    return next((one for one in members if str(one).lower().replace("_", " ") in said), members[0])


def _number(words: str) -> int | float:
    found = re.search(r"-?\d[\d ,]*(?:\.\d+)?", words)
    if found is None:
        return 0
    digits = re.sub(r"[ ,]", "", found.group())
    return float(digits) if "." in digits else int(digits)
