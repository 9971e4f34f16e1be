"""Everything a call can ask for. Performing one never waits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ivr.call.codec import Deed
from ivr.call.events import MarkEnded
from ivr.flow.state import AskModel as AskedModel
from ivr.flow.state import BringAttendant as AskedAttendant
from ivr.flow.state import ModelTool
from ivr.flow.types import Privacy, Value
from ivr.units import Millis

ReadBy = Literal["words", "similarity", "model"]


@dataclass(frozen=True, slots=True)
class StartPlayout:
    """Speak `text` behind what is being said. `fixed`: its sound may be kept for other calls. `ahead`: before what the
    voice is still at work on, or not at all. `sound`: a recording of this name is played instead, and `voiced`: the
    sound of this name that came from a model; from `from_ms` on. `filler`: only that somebody is there."""

    say: str
    text: str
    fixed: bool
    ahead: bool = False
    language: str = "en-US"
    sound: str | None = None
    from_ms: int = 0
    voiced: str | None = None
    filler: bool = False


@dataclass(frozen=True, slots=True)
class CutPlayout:
    """Take back all that is unplayed. PlayoutEnded follows for each say under way."""


@dataclass(frozen=True, slots=True)
class PlayMusic:
    """What the caller hears whenever nothing is being said; `sound` None: nothing more."""

    sound: str | None


@dataclass(frozen=True, slots=True)
class Transcribe:
    """`mulaw`: the utterance with its pre-roll."""

    turn: int
    attempt: int
    mulaw: bytes
    expect: str


@dataclass(frozen=True, slots=True)
class DropTranscribe:
    """The answer is no longer wanted, nor that of a Rank, an Understand or a JudgeTurn."""


@dataclass(frozen=True, slots=True)
class Rank:
    turn: int
    attempt: int
    words: str
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Understand:
    """What did the caller mean? Answered by Understood. `words`: as they were heard; empty where nobody knows them.
    `mulaw`: the utterance; empty where it is not for a model to hear. `said`: what was asked, private values masked.
    `tool`: the one thing the model may answer with."""

    turn: int
    attempt: int
    words: str
    mulaw: bytes
    language: str
    said: str
    tool: ModelTool


@dataclass(frozen=True, slots=True)
class JudgeTurn:
    """Does the caller sound finished? `mulaw`: at most the last 8 s, up to shortly after the last word."""

    turn: int
    attempt: int
    mulaw: bytes


@dataclass(frozen=True, slots=True)
class RunTool:
    """With `changes_world` it waits until journal entry `entry` is durable."""

    id: str
    tool: str
    flow: str
    arguments: Mapping[str, Value | None]
    changes_world: bool
    entry: int


@dataclass(frozen=True, slots=True)
class SendOut:
    """A message, or a callback that was promised, is kept for whoever sends it, once journal entry `entry` is durable.
    Of a callback ev.CallbackKept comes."""

    deed: Deed
    entry: int


@dataclass(frozen=True, slots=True)
class AskModel:
    """Answered by any number of ModelSaid, and ModelReplied or ModelFailed, of its id. `mulaw`: the caller's last
    utterance, where it is for the model to hear; else empty."""

    asked: AskedModel
    mulaw: bytes = b""


@dataclass(frozen=True, slots=True)
class DropModel:
    """The reply is no longer wanted."""

    id: str


@dataclass(frozen=True, slots=True)
class WakeAt:
    """`at_ms` None takes it back."""

    id: str
    at_ms: Millis | None


@dataclass(frozen=True, slots=True)
class Leave:
    """Close the stream, having kept what the carrier is to do next. Waits until journal entry `entry` is durable.
    `join`: with the attendant who has taken the call."""

    intent: Literal["hang_up", "transfer", "join"]
    target: str | None
    transfer: str | None
    """The engine's id of the transfer."""
    entry: int
    to: str = ""
    """The address to dial; empty: the target's own."""
    data: Mapping[str, Value | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BringAttendant:
    """Get somebody on the line while the caller holds. Waits until journal entry `entry` is durable. AttendantNews and
    TransferEnded come of it."""

    asked: AskedAttendant
    entry: int


@dataclass(frozen=True, slots=True)
class DropAttendant:
    """Nobody waits for them any more."""

    id: str


@dataclass(frozen=True, slots=True)
class PlayTone:
    """The tone before a message, behind what is being said. PlayoutEnded of this `say` follows."""

    say: str


@dataclass(frozen=True, slots=True)
class KeepMessage:
    """From here on the caller's sound is a message."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class EndMessage:
    """The message ends here. Of it the part from `from_ms` to `to_ms` counts; nothing: it is not kept."""

    id: str
    ended_by: str
    from_ms: int
    to_ms: int
    transcript: bool = False


@dataclass(frozen=True, slots=True)
class Finish:
    """The call is over."""

    outcome: str
    reason: str


@dataclass(frozen=True, slots=True)
class PauseRecording:
    """While something is said or typed that must not be kept; `on` False goes on."""

    on: bool


@dataclass(frozen=True, slots=True)
class KeepEntry:
    """One line of the call's journal. pci and secret values are not in `body`."""

    seq: int
    at_ms: Millis
    kind: str
    body: Mapping[str, object]
    privacy: Privacy


@dataclass(frozen=True, slots=True)
class KeepTurn:
    """One turn for the transcript. `shown` and `heard` are masked; `words` is not and is kept by its `privacy`."""

    no: int
    who: Literal["bot", "caller"]
    at_ms: Millis
    end_ms: Millis
    shown: str
    """Bot: what was generated; caller: the recogniser's words or the keys."""
    sent: str
    """Bot: what left for the line."""
    heard: str
    """Bot: what reached the ear."""
    cut: bool
    words: str
    privacy: Privacy
    node: str
    score: float | None = None
    latency_ms: Mapping[str, int] = field(default_factory=dict)
    """From the end of the caller's speech: turn_over, text, first_audio."""
    by_keys: bool = False
    written: bool = False
    """It was read, or typed as words, and not said."""
    read_by: ReadBy = "words"
    """Caller: who found out what was meant."""
    marks: tuple[MarkEnded, ...] = ()
    """The receipts of a prompt's sound."""
    acknowledged: str = ""
    """Bot: as much of what was heard as the carrier's receipts prove; the rest is reckoned from time."""
    acknowledged_ms: int = 0


@dataclass(frozen=True, slots=True)
class KeepToolSent:
    """A tool is being called: known before it answers, so that a crash in between shows."""

    id: str
    tool: str
    at_ms: Millis
    changes_world: bool


@dataclass(frozen=True, slots=True)
class KeepTool:
    """What came of a tool call, for the reviewers: no arguments, no values."""

    id: str
    tool: str
    at_ms: Millis
    ms: int
    result: str
    changes_world: bool


@dataclass(frozen=True, slots=True)
class KeepNote:
    """A step of the flow's reasoning."""

    at_ms: Millis
    kind: str
    what: str
    detail: str
    place: str


Effect = (
    StartPlayout
    | CutPlayout
    | PlayMusic
    | Transcribe
    | DropTranscribe
    | Rank
    | Understand
    | JudgeTurn
    | RunTool
    | AskModel
    | DropModel
    | SendOut
    | WakeAt
    | BringAttendant
    | DropAttendant
    | PlayTone
    | KeepMessage
    | EndMessage
    | Leave
    | Finish
    | PauseRecording
    | KeepEntry
    | KeepTurn
    | KeepToolSent
    | KeepTool
    | KeepNote
)
