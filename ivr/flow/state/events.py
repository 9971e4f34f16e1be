"""What can happen to a call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from ivr.flow.state.expected import Reading
from ivr.units import Millis


@dataclass(frozen=True, slots=True)
class CallStarted:
    at_ms: Millis
    split_calls: Mapping[str, int] = field(default_factory=dict)
    """How many calls each split with an `until: {calls}` has parted so far."""
    answered_by: str | None = None
    """Who or what took a call that we made: person, machine, menu, fax."""
    written: bool = False
    """It is a conversation in writing."""
    language: str | None = None
    """Whoever opened it asked for this one; None, or one that the project does not have: the project's first."""


@dataclass(frozen=True, slots=True)
class PromptDone:
    """A prompt was heard to its end, or `cut` after `heard_ms`. `heard` is the text up to there."""

    at_ms: Millis
    id: str
    heard_ms: Millis
    heard: str
    cut: bool


@dataclass(frozen=True, slots=True)
class Heard:
    at_ms: Millis
    listen: str
    """Id of the Listen this answers."""
    reading: Reading
    cost: Decimal = Decimal(0)
    """What it cost to ask a model what was meant."""
    waited_ms: int = 0
    """How long the caller had been silent by then."""


@dataclass(frozen=True, slots=True)
class KeysEntered:
    """`ended_by` tells why the entry is over."""

    at_ms: Millis
    listen: str
    keys: str
    ended_by: Literal["single", "length", "end", "pause", "total"]


@dataclass(frozen=True, slots=True)
class NothingHeard:
    at_ms: Millis
    listen: str


@dataclass(frozen=True, slots=True)
class Woke:
    at_ms: Millis
    id: str


@dataclass(frozen=True, slots=True)
class RawReply:
    """What a tool answered, before the flow's `results:` name it. HTTP: `status` and `body` (parsed JSON; None is no
    content). Python: `result` and its values as `body`. `error` is set when there was no usable answer."""

    status: int | None = None
    body: object = None
    result: str | None = None
    error: Literal["timeout", "unreachable", "garbage", "too_large", "refused", "breaker_open", "raised"] | None = None
    sent: bool = True
    """False when it is certain that the far end never got the request."""


@dataclass(frozen=True, slots=True)
class NamedReply:
    """A scripted answer of a scenario: the result's name and the kept values as written there."""

    result: str
    kept: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ToolAnswered:
    at_ms: Millis
    id: str
    reply: RawReply | NamedReply


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One thing a model asked for: `fill`, `correct`, `exit_NAME`, or a tool. `arguments` are JSON, unchecked."""

    id: str
    name: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ModelSaid:
    """More of a reply under way, which may be said before it is whole (see AskModel.leaves). Pieces are numbered from
    0. `voiced`: their sound came with the words; else a voice speaks them."""

    at_ms: Millis
    id: str
    """Id of the AskModel this begins to answer."""
    piece: int
    words: str
    voiced: bool = False


@dataclass(frozen=True, slots=True)
class ModelReplied:
    """A model's answer is whole. `words`: those of it that have not come as ModelSaid. They are data: never read as a
    template. `voiced`: their sound came with them, and is piece 0."""

    at_ms: Millis
    id: str
    """Id of the AskModel this answers."""
    words: str
    requests: tuple[ModelRequest, ...] = ()
    cost: Decimal = Decimal(0)
    """What the reply cost, in the currency of the model's prices; 0 where that is not known."""
    voiced: bool = False


@dataclass(frozen=True, slots=True)
class ModelFailed:
    """No reply came, or (`blocked`) one that must not be spoken: the judge of sentences, or the provider, says so."""

    at_ms: Millis
    id: str
    why: Literal["unavailable", "timeout", "not_configured", "blocked"] = "unavailable"


@dataclass(frozen=True, slots=True)
class TransferEnded:
    at_ms: Millis
    id: str
    result: Literal["answered", "no_answer", "busy", "closed", "failed", "caller_left"]


@dataclass(frozen=True, slots=True)
class AttendantAnswered:
    """Somebody is on the line and hears the whisper; the caller still holds."""

    at_ms: Millis
    id: str


@dataclass(frozen=True, slots=True)
class AttendantAccepted:
    """Who is on the line takes the call."""

    at_ms: Millis
    id: str


@dataclass(frozen=True, slots=True)
class PlaceMoved:
    """The caller's place in the queue; 1 is served next."""

    at_ms: Millis
    id: str
    position: int


@dataclass(frozen=True, slots=True)
class MessageTaken:
    """`ended_by`: what ended it. `empty`: nothing was said; `failed`: it could not be kept. `length_ms`: of what was
    kept."""

    at_ms: Millis
    id: str
    ended_by: Literal["silence", "key", "full", "empty", "failed", "caller_left"]
    length_ms: int = 0


@dataclass(frozen=True, slots=True)
class CallbackBooked:
    """A callback was written down, or could not be."""

    at_ms: Millis
    id: str
    result: Literal["booked", "failed"]


@dataclass(frozen=True, slots=True)
class CallerLeft:
    at_ms: Millis


@dataclass(frozen=True, slots=True)
class StreamLost:
    """The media stream ended though the caller did not hang up."""

    at_ms: Millis


@dataclass(frozen=True, slots=True)
class Resumed:
    """The stream is back (after a loss, or after a transfer that nobody answered)."""

    at_ms: Millis


Event = (
    CallStarted
    | PromptDone
    | Heard
    | KeysEntered
    | NothingHeard
    | Woke
    | ToolAnswered
    | ModelSaid
    | ModelReplied
    | ModelFailed
    | TransferEnded
    | AttendantAnswered
    | AttendantAccepted
    | PlaceMoved
    | MessageTaken
    | CallbackBooked
    | CallerLeft
    | StreamLost
    | Resumed
)
