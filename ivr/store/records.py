"""What is kept about a call, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from ivr.call.line_account import joined
from ivr.call.line_report import LineReport, from_kept
from ivr.flow.types import Privacy
from ivr.units import CallId, CallSid, Millis


class CallStatus(StrEnum):
    """The carrier's words for where a call stands; LOST is ours: its process died."""

    QUEUED = "queued"
    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    FAILED = "failed"
    NO_ANSWER = "no-answer"
    CANCELED = "canceled"
    LOST = "lost"


TERMINAL = frozenset(
    {
        CallStatus.COMPLETED,
        CallStatus.BUSY,
        CallStatus.FAILED,
        CallStatus.NO_ANSWER,
        CallStatus.CANCELED,
        CallStatus.LOST,
    }
)
"""A call that reached one of these never leaves it for another kind."""


@dataclass(frozen=True, slots=True)
class HangUpIntent:
    """Once the stream is closed, the carrier is told to hang up."""


@dataclass(frozen=True, slots=True)
class TransferIntent:
    """Once the stream is closed, the carrier is told to dial."""

    kind: Literal["number", "sip"]
    to: str
    ring_s: int
    action_id: str
    """The id of the effect that asked: the answer of the Dial goes back to it."""
    target: str = ""
    """Its name in the flow's directory."""
    data: Mapping[str, str] = field(default_factory=dict)
    """What travels with the call to a SIP address."""


@dataclass(frozen=True, slots=True)
class JoinIntent:
    """Once the stream is closed, the carrier is told to join the caller with the attendant of this id."""

    attendant: str


Intent = HangUpIntent | TransferIntent | JoinIntent


@dataclass(frozen=True, slots=True)
class Quality:
    """How complete the line and the recording were."""

    gaps_ms: int = 0
    """Sound of the caller that never came, by the carrier's timestamps."""
    late_frames: int = 0
    underruns: int = 0
    lost_ms: int = 0
    """Sound that was there and is not in the recording."""
    bad_messages: int = 0
    unknown_messages: int = 0
    line: LineReport | None = None
    """None: the call was kept before there were such reports."""

    def and_then(self, later: "Quality") -> "Quality":
        """Of a call whose next stream was like this."""
        line = self.line or later.line
        if self.line is not None and later.line is not None:
            line = joined(self.line, later.line)
        return Quality(
            gaps_ms=self.gaps_ms + later.gaps_ms,
            late_frames=self.late_frames + later.late_frames,
            underruns=self.underruns + later.underruns,
            lost_ms=self.lost_ms + later.lost_ms,
            bad_messages=self.bad_messages + later.bad_messages,
            unknown_messages=self.unknown_messages + later.unknown_messages,
            line=line,
        )


def quality_from(kept: Mapping[str, Any]) -> Quality:
    """As any version of ours kept it."""
    known = {name: value for name, value in kept.items() if name in Quality.__dataclass_fields__}
    line = kept.get("line")
    return Quality(**{**known, "line": None if line is None else from_kept(line)})


Medium = Literal["phone", "text"]
"""How a caller talks with us: by sound, or in writing."""


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call in review. `caller` and `dialled` are masked; `Calls.numbers` has them whole."""

    id: CallId
    call_sid: CallSid
    account_sid: str
    caller: str
    dialled: str
    flow: str | None
    bundle: str | None
    """Content hash of the flow version it began with."""
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    """None: still open."""
    status: CallStatus
    outcome: str | None
    end_reason: str | None
    intent: Intent | None
    answer: str | None
    """The TwiML the first webhook was given."""
    resumes: int
    quality: Quality | None
    recording: str | None
    """Path below the data folder."""
    order_id: str | None = None
    """Of a call that we made: what asked for it. `caller` is then who was called, `dialled` the number they saw."""
    medium: Medium = "phone"


@dataclass(frozen=True, slots=True)
class Turn:
    """One party's time to speak. The texts are as views may show them (private values masked); `unmasked` holds those
    that differ, by field name, and is sealed with the call's key. Nothing of class pci or secret belongs in either."""

    no: int
    who: Literal["bot", "caller"]
    at_ms: Millis
    end_ms: Millis | None = None
    generated: str = ""
    """The bot: what was to be said."""
    sent: str = ""
    """The bot: what went to the carrier."""
    heard: str = ""
    """The bot: what the caller heard, by the carrier's marks and the time since the last one."""
    acknowledged: str = ""
    """The bot: as much of that as the marks alone prove."""
    acknowledged_ms: int | None = None
    """The bot: how much sound that is; None: not known."""
    words: str = ""
    """The caller: what was understood, or the keys."""
    interrupted: bool = False
    node: str = ""
    score: float | None = None
    latencies: Mapping[str, int] = field(default_factory=dict)
    """Milliseconds by stage."""
    privacy: Privacy = Privacy.OPEN
    written: bool = False
    """The caller: it came in writing."""
    unmasked: Mapping[str, str] = field(default_factory=dict)


class ToolState(StrEnum):
    INTENT = "intent"
    DONE = "done"
    UNKNOWN = "unknown"
    """The process died between intent and result: nobody knows whether the far end acted."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    id: str
    """The effect's id: its idempotency key."""
    tool: str
    at_ms: Millis
    changes_world: bool
    state: ToolState = ToolState.INTENT
    ms: int | None = None
    result: str | None = None
    """The result's name in the flow, never its content."""


@dataclass(frozen=True, slots=True)
class KeptMark:
    name: str
    turn: int
    sent_ms: Millis
    ended_ms: Millis | None
    """None: it never ended."""
    end: Literal["acknowledged", "cleared", "expired"] | None


@dataclass(frozen=True, slots=True)
class KeptNote:
    """A step of the flow's reasoning: a node entered, a condition decided, a ladder climbed. No private values."""

    no: int
    at_ms: Millis
    kind: str
    what: str
    detail: str = ""
    place: str = ""
    """File and line in the flow."""
