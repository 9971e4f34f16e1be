"""What stands between a caller and the person the call is handed to: the whisper, and how the time is passed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ivr.flow.flow.words import Option, Prompt
from ivr.flow.grammar.tree import Condition, Template
from ivr.flow.text import Place
from ivr.flow.types import Type

MUSIC = "hold"
"""The sound a caller holds with where the flow names none."""


@dataclass(frozen=True, slots=True)
class WhisperLine:
    """One sentence for the attendant; `only_if` None: always."""

    prompt: Prompt
    only_if: Condition | None = None


@dataclass(frozen=True, slots=True)
class Accept:
    """What an attendant says or presses to take the call; one of the two is there."""

    hear: tuple[str, ...] = ()
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Whisper:
    """`accept` None: both are joined as soon as the attendant has heard it. `answer_from`: slots the attendant may ask
    for before that."""

    lines: tuple[WhisperLine, ...] = ()
    accept: Accept | None = None
    answer_from: tuple[str, ...] = ()
    within_ms: int = 60_000


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What a caller hears while nobody has taken the call: a sound, and a line each `every_ms`. An option with steps
    keeps the place, one that leaves gives it up."""

    music: str = MUSIC
    every_ms: int | None = None
    say: Prompt | None = None
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class TargetValue:
    """A value that a target's address takes. `length`: of digits; `low` and `high`: as whole numbers."""

    name: str
    type: Type
    length: tuple[int, int] | None = None
    low: int | None = None
    high: int | None = None


Kind = Literal["number", "sip", "queue"]


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a call can be handed to: an E.164 number, a SIP address, or a queue from which attendants take calls."""

    name: str
    number: str | None
    sip: str | None
    """As written; with `takes` its fields stand in braces."""
    ring_ms: int
    queue: str | None = None
    hours: str | None = None
    """Name under `hours:` outside of which nobody is called."""
    wait_ms: int = 300_000
    """How long a caller waits in the queue."""
    most: int | None = None
    """More do not wait in the queue."""
    takes: Mapping[str, TargetValue] = field(default_factory=dict)
    address: Template | None = None
    """The SIP address with its fields, where it takes values."""
    place: Place | None = field(default=None, compare=False)

    @property
    def kind(self) -> Kind:
        if self.queue is not None:
            return "queue"
        return "number" if self.number is not None else "sip"
