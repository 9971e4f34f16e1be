"""What happened on a call run by text, in order, as plain values: what checks look at and people are shown."""

from collections.abc import Mapping
from dataclasses import dataclass

from ivr.flow.scenario import SendKind
from ivr.flow.state import Note
from ivr.flow.types import Value
from ivr.units import Millis


@dataclass(frozen=True, slots=True)
class BotSpoke:
    """A prompt that was begun. `text` is what was heard of it, `shown` the whole with private values masked."""

    at_ms: Millis
    """First sound."""
    id: str
    text: str
    shown: str
    until_ms: Millis
    cut: bool = False


@dataclass(frozen=True, slots=True)
class CallerSpoke:
    """`used` False: nobody listened, or a protected prompt was played over it."""

    at_ms: Millis
    until_ms: Millis
    words: str
    shown: str
    used: bool


@dataclass(frozen=True, slots=True)
class CallerPressed:
    at_ms: Millis
    keys: str
    shown: str


@dataclass(frozen=True, slots=True)
class CallerWasSilent:
    """The question timed out."""

    at_ms: Millis
    question: str


@dataclass(frozen=True, slots=True)
class CallerHungUp:
    at_ms: Millis


@dataclass(frozen=True, slots=True)
class ToolCalled:
    at_ms: Millis
    id: str
    tool: str
    arguments: Mapping[str, Value | None]
    answered: str | None
    """What it answered: a result's name, a status, or what went wrong; None: no answer was given for it."""
    answered_ms: Millis


@dataclass(frozen=True, slots=True)
class Dialled:
    at_ms: Millis
    target: str
    result: str | None


@dataclass(frozen=True, slots=True)
class Whispered:
    """What an attendant hears before caller and attendant are joined."""

    at_ms: Millis
    target: str
    text: str
    shown: str


@dataclass(frozen=True, slots=True)
class AttendantSpoke:
    at_ms: Millis
    words: str


@dataclass(frozen=True, slots=True)
class AttendantPressed:
    at_ms: Millis
    keys: str


@dataclass(frozen=True, slots=True)
class Sent:
    """Something left the call: a message, a callback, the caller's own recorded words. `name`: the receiver, or the
    record; `shown`: what was sent, private values masked."""

    at_ms: Millis
    kind: SendKind
    name: str
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Chose:
    """A choice was filled. People need not see it: the words that filled it stand beside it."""

    at_ms: Millis
    flow: str
    slot: str
    option: str


@dataclass(frozen=True, slots=True)
class Noted:
    at_ms: Millis
    note: Note


@dataclass(frozen=True, slots=True)
class CallEnded:
    at_ms: Millis
    outcome: str


Happening = (
    BotSpoke
    | CallerSpoke
    | CallerPressed
    | CallerWasSilent
    | CallerHungUp
    | ToolCalled
    | Dialled
    | Whispered
    | AttendantSpoke
    | AttendantPressed
    | Sent
    | Noted
    | Chose
    | CallEnded
)
