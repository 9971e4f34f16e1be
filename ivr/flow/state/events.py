"""What can happen to a call."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ivr.flow.state.expected import Reading
from ivr.units import Millis


@dataclass(frozen=True, slots=True)
class CallStarted:
    at_ms: Millis


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
class TransferEnded:
    at_ms: Millis
    id: str
    result: Literal["answered", "no_answer", "busy", "failed", "caller_left"]


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
    | TransferEnded
    | CallerLeft
    | StreamLost
    | Resumed
)
