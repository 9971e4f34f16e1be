"""A model at work inside a flow: what it was asked, what it asked for, and what has become of that."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from ivr.flow.types import Value
from ivr.units import Millis

Arguments = tuple[tuple[str, Value | None], ...]


@dataclass(frozen=True, slots=True)
class News:
    """What became of one request of the model, in plain words. `refused`: it goes back as a tool's error."""

    request: str
    """The request's id; empty: about the reply as a whole."""
    name: str
    text: str
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """A tool that the model asked for and that has not been sent yet."""

    request: str
    tool: str
    given: tuple[tuple[str, Value | None], ...]
    """The arguments that the model gave, typed."""


@dataclass(frozen=True, slots=True)
class Agency:
    """One visit to an agent step."""

    agent: str
    node: str
    step: tuple[int | str, ...]
    began_ms: Millis
    asking: str | None = None
    """Id of the AskModel whose reply is waited for."""
    unanswered: bool = False
    """The caller said something that the model has not answered."""
    heard: str = ""
    """What the caller said that the model has not been told yet, as it may read it."""
    question: tuple[str, str] = ("", "")
    """What was said last, as spoken and masked: the question that is open."""
    words: str = ""
    """Words of the reply under way that have not been spoken yet."""
    voiced: str | None = None
    """The name of their sound, where it came with them."""
    spoken: str = ""
    """Words of the reply under way that were said before it was whole."""
    exits: tuple[tuple[str, str], ...] = ()
    """Exits that the reply under way asked for: request and name."""
    wanted: tuple[Wanted, ...] = ()
    sent: Mapping[str, str] = field(default_factory=dict)
    """Tools at work, by the id of their call, and the requests they came from."""
    agreed: Arguments | None = None
    """The arguments of a change to which the caller has just said yes."""
    changed: bool = True
    """False: a change of the reply under way did not go through."""
    news: tuple[News, ...] = ()
    """For the model, with the next question to it."""
    turns: int = 0
    """Of the caller, in this visit."""
    tool_calls: int = 0
    cost: Decimal = Decimal(0)
    rounds: int = 0
    """Times the model was asked since the caller last spoke."""
    faults: int = 0
    """Replies of no use, in a row."""
    blocked: int = 0
    """Replies with words that must not be said, in a row."""
