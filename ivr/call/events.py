"""Everything that can happen to a call. Time is given beside them: `Call.feed(event, now)`.

`turn` numbers a caller's turn and `attempt` the try at its words: an answer that carries an older number is late news.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from ivr.call.watch import Bound, Silence
from ivr.flow.flow import Detect
from ivr.flow.state import ModelRequest, RawReply
from ivr.units import Millis


@dataclass(frozen=True, slots=True)
class Answered:
    """The media stream of a new call is open. `split_calls`: how many calls each split of the flow that ends after a
    number of them has parted so far."""

    split_calls: Mapping[str, int] = field(default_factory=dict)
    detect: Detect | None = None
    """It is a call that we made, and this tells who or what has answered; None: a caller's."""
    written: bool = False
    """It is a conversation in writing. `language`: as whoever opened it asks for."""
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Rejoined:
    """A stream is open again for a call that was under way: its last one was lost, or nobody took the transfer."""

    transfer: str | None = None
    """How the transfer ended (no_answer, busy, failed); None after a lost stream."""


@dataclass(frozen=True, slots=True)
class Reopened:
    """A conversation in writing goes on with another message: nothing was lost, unless something was under way."""


@dataclass(frozen=True, slots=True)
class Written:
    """Words in writing, which answer the open question as if they were said. `request`: the name of the message, which
    tells it from every other one. `opening`: with it the conversation began: a mere "hello" answers nothing yet."""

    words: str
    request: str
    opening: bool = False


@dataclass(frozen=True, slots=True)
class MessageAnswered:
    """All was said to a message in writing that there was to say: the next one is waited for."""


@dataclass(frozen=True, slots=True)
class SpeechScores:
    """What the detector makes of one window: 0 to 1."""

    window_no: int
    score: float


@dataclass(frozen=True, slots=True)
class KeyPressed:
    digit: str


@dataclass(frozen=True, slots=True)
class PlayoutBegan:
    """The first sound of a say left for the line."""

    say: str


@dataclass(frozen=True, slots=True)
class MarkEnded:
    """One receipt: when its sound was sent and how it ended."""

    name: str
    sent_ms: Millis
    ended_ms: Millis
    end: Literal["acknowledged", "cleared", "expired"]


@dataclass(frozen=True, slots=True)
class PlayoutEnded:
    """A say is over. `heard_ms` of its sound and `heard` of its text reached the ear; of these the carrier has
    acknowledged `acknowledged_ms` and `acknowledged` by its marks, the rest was reckoned from time."""

    say: str
    sent: str
    """Text whose sound left, heard or not."""
    heard_ms: Millis
    heard: str
    cut: bool
    """It was taken back, or the voice failed, before it was over."""
    began_ms: Millis | None = None
    """When its sound began to be heard; None: none of it was."""
    marks: tuple[MarkEnded, ...] = ()
    acknowledged_ms: int = 0
    acknowledged: str = ""


@dataclass(frozen=True, slots=True)
class PlayoutFailed:
    """The voice gave no (more) sound for a say. PlayoutEnded follows."""

    say: str
    why: str


@dataclass(frozen=True, slots=True)
class Transcribed:
    turn: int
    attempt: int
    text: str
    score: float | None
    engine_ms: Millis


@dataclass(frozen=True, slots=True)
class TranscribeFailed:
    turn: int
    attempt: int
    why: str


@dataclass(frozen=True, slots=True)
class Ranked:
    """How near the words are to each phrase that was asked about; empty when the engine failed."""

    turn: int
    attempt: int
    scores: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Understood:
    """What a model says that the caller meant: the arguments of the question's tool, JSON that nobody has checked.
    None: it failed, or its time was over."""

    turn: int
    attempt: int
    given: Mapping[str, object] | None
    cost: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class TurnJudged:
    """`finished`: how surely the caller sounds so, 0 to 1; None: nobody had the time."""

    turn: int
    attempt: int
    finished: float | None


@dataclass(frozen=True, slots=True)
class ModelSaid:
    """See flow.ModelSaid. Where it is `voiced` its sound is at hand for the playout, though not all of it yet."""

    id: str
    piece: int
    words: str
    voiced: bool


@dataclass(frozen=True, slots=True)
class ModelReplied:
    id: str
    words: str
    requests: tuple[ModelRequest, ...]
    cost: Decimal
    voiced: bool = False


@dataclass(frozen=True, slots=True)
class ModelFailed:
    id: str
    why: Literal["unavailable", "timeout", "not_configured", "blocked"]


@dataclass(frozen=True, slots=True)
class ModelTrouble:
    """Somebody who hears, means, thinks or speaks for us failed; for the reviewers. Whoever was asked then has
    answered, or what was asked for has failed by an event of its own."""

    role: Literal["hear", "understand", "think", "speak"]
    detail: str


@dataclass(frozen=True, slots=True)
class ToolReplied:
    id: str
    reply: RawReply
    ms: Millis


@dataclass(frozen=True, slots=True)
class Woke:
    id: str


@dataclass(frozen=True, slots=True)
class CallbackKept:
    """A callback is written down; `kept` False: it could not be."""

    id: str
    kept: bool


@dataclass(frozen=True, slots=True)
class CallerHungUp:
    """The carrier said so."""

    why: str = "the caller hung up"


@dataclass(frozen=True, slots=True)
class StreamLost:
    """The socket went away without a word."""


@dataclass(frozen=True, slots=True)
class FellSilent:
    """It is our turn, and the caller hears nothing; or nothing is heard of the caller any more."""

    cause: Silence


@dataclass(frozen=True, slots=True)
class CutOff:
    """The call is beyond what any call may last: it ends now."""

    bound: Bound


@dataclass(frozen=True, slots=True)
class Faulted:
    """An event before this one met a mistake of ours; what it was is in the log."""


@dataclass(frozen=True, slots=True)
class TransferEnded:
    """The carrier reports how a transfer ended, with no stream open, or that no attendant comes to a caller who holds.
    `id`: of that attendant; empty: of the transfer that is waited for."""

    result: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class AttendantAnswered:
    id: str


@dataclass(frozen=True, slots=True)
class AttendantAccepted:
    id: str


@dataclass(frozen=True, slots=True)
class PlaceMoved:
    """In the queue; 1 is served next."""

    id: str
    position: int


Event = (
    Answered
    | Rejoined
    | Reopened
    | Written
    | MessageAnswered
    | SpeechScores
    | KeyPressed
    | PlayoutBegan
    | PlayoutEnded
    | PlayoutFailed
    | Transcribed
    | TranscribeFailed
    | Ranked
    | Understood
    | TurnJudged
    | ModelSaid
    | ModelReplied
    | ModelFailed
    | ModelTrouble
    | ToolReplied
    | Woke
    | CallbackKept
    | CallerHungUp
    | StreamLost
    | FellSilent
    | CutOff
    | Faulted
    | TransferEnded
    | AttendantAnswered
    | AttendantAccepted
    | PlaceMoved
)
