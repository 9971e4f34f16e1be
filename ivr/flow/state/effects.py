"""What the engine asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ivr.flow.state.expected import Listen
from ivr.flow.types import Interrupt, Value
from ivr.units import Millis


@dataclass(frozen=True, slots=True)
class SayEffect:
    """Speak `text` after what is being said already. `shown` is the same with private values masked, for every view.
    `fixed`: no field was in it, so its sound may be kept for all calls."""

    id: str
    text: str
    shown: str
    interrupt: Interrupt
    fixed: bool
    filler: bool = False
    """Spoken only to bridge a wait; no answer to it is expected and it is not repeated."""


@dataclass(frozen=True, slots=True)
class StopSaying:
    """The engine's own state changed: what is being said is stale."""


@dataclass(frozen=True, slots=True)
class StopListening:
    pass


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Wake the engine with Woke(id) at `at_ms`; a later WakeAt of the same id replaces the earlier one; at_ms None
    takes it back."""

    id: str
    at_ms: Millis | None


@dataclass(frozen=True, slots=True)
class CallToolEffect:
    id: str
    tool: str
    flow: str
    arguments: Mapping[str, Value | None]
    changes_world: bool


@dataclass(frozen=True, slots=True)
class Dial:
    """Hand the caller over to a target of the project. Changes the world."""

    id: str
    target: str
    data: Mapping[str, Value | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call once what was said is heard. Changes the world."""

    outcome: str


NoteKind = Literal["node", "decided", "filled", "trouble", "command", "tool", "outcome", "error", "correction"]


@dataclass(frozen=True, slots=True)
class Note:
    """For the record: a node was entered, a condition decided, a slot filled, a ladder climbed. No values of slots.
    `place` is file:line."""

    kind: NoteKind
    what: str
    detail: str = ""
    place: str = ""
    flow: str = field(default="", compare=False)
    """The flow that ran."""


Effect = SayEffect | StopSaying | Listen | StopListening | WakeAt | CallToolEffect | Dial | HangUp | Note
