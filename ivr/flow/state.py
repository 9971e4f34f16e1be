"""Where a call stands in its flow, what can happen to it, and what the engine asks for.

`engine.step(bundle, state, event) -> (state, effects)`: no clock, randomness or I/O inside. Each event carries `at_ms`
since the call began. Effect ids are `CallId:seq:n`, so replay gives the same ids; they are the idempotency keys, and an
answer whose id nobody awaits changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from ivr.flow.flow import Option
from ivr.flow.types import Interrupt, Privacy, Source, Trouble, Type, Value
from ivr.units import CallId, Millis

# ---- what is expected of the caller -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Expected:
    """A slot (or a menu, as a choice named after its question) that the caller's words may fill."""

    slot: str
    type: Type
    options: tuple[Option, ...] = ()
    length: tuple[int, int] | None = None
    low: "Value | None" = None
    high: "Value | None" = None
    currency: str = "USD"
    near: Literal["past", "future"] | None = None
    key_order: Literal["mmddyyyy", "ddmmyyyy", "yyyymmdd"] = "mmddyyyy"
    current: Value | None = None
    """The value it has now, where a correction may change it."""
    lead: tuple[str, ...] = ()
    keys_yes: str = "1"
    keys_no: str = "2"
    skip_words: tuple[str, ...] = ()
    skip_key: str | None = None
    privacy: Privacy = Privacy.OPEN


@dataclass(frozen=True, slots=True)
class CommandWords:
    name: str
    hear: tuple[str, ...]
    key: str | None


@dataclass(frozen=True, slots=True)
class KeySpec:
    """Which keys the question takes. `single`: keys that answer at once (options, yes and no, awake one-key commands).
    `longest` 0: no digits are entered. A digit entry ends at `longest`, at `end`, or after `pause_ms`."""

    single: frozenset[str]
    shortest: int = 0
    longest: int = 0
    end: str = "#"
    pause_ms: int = 3000
    first_ms: int = 6000
    total_ms: int = 30_000
    ahead: bool = True
    decimal: bool = False
    """number and money: `*` is the decimal point."""
    most: int | None = None
    """A number that no further digit would keep within this is complete."""
    places: int | None = None
    """money: so many digits behind the point complete it."""


@dataclass(frozen=True, slots=True)
class Listen:
    """What the engine waits for. The floor answers with one Heard, KeysEntered or NothingHeard; a later Listen replaces
    it, and so does a StopListening."""

    id: str
    question: str
    """The slot's name, or the menu's."""
    expects: tuple[Expected, ...]
    """The one being asked first; then others the same words may fill."""
    corrects: tuple[Expected, ...]
    """Slots answered before that "no, I said four" may change, latest first, each with its `current`."""
    confirming: Expected | None
    """Set while a value is read back: yes, no, or a correction of it. `current` is the value read back."""
    commands: tuple[CommandWords, ...]
    keys: KeySpec
    answer_within_ms: int
    answer: Literal["short", "sentence", "story"] | None
    pause_ms: int | None
    """A fixed pause that ends the turn; None: by what was heard (satisfied, free, open ending)."""
    privacy: Privacy
    accept_speech: bool = True
    language: str = "en-US"
    guarded: bool = False
    """The flow asks for private digits somewhere: long digits that nobody understood are not shown."""


@dataclass(frozen=True, slots=True)
class Fill:
    slot: str
    value: Value | None
    """None: the caller left it empty (skip words)."""
    source: Source
    sure: float = 1.0
    """0 to 1: how well the words fitted (fuzzy match), not how well they were heard."""
    corrects: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What the caller's words mean for one Listen. Nothing set at all: they are of no use (no match)."""

    words: str
    fills: tuple[Fill, ...] = ()
    command: str | None = None
    yes: bool | None = None
    """While confirming: agreed or not."""
    satisfied: bool = False
    """The question has all it asked for: the turn can end at once."""
    open_ending: bool = False
    """The words sound unfinished: digits still short, a trailing filler or function word or comma."""
    score: float | None = None
    """The recogniser's mean log-probability, where it gives one."""
    pieces: bool = False
    """Digits of the asked slot still short of its length; a further utterance may complete them."""
    growing: bool = False
    """What was said will do, and more of it is likely: digits below their longest, a day without its year."""
    stalling: bool = False
    """The caller asks for time: "hold on", "let me see"."""


# ---- the state ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words as spoken, and the same with private values masked."""

    text: str
    shown: str
    fixed: bool = True
    """No field was in it."""


@dataclass(frozen=True, slots=True)
class Slot:
    value: Value | None
    """None: the caller left it empty (skip words); it is not asked again."""
    source: Source
    confirmed: bool = False
    """The caller said yes to it."""
    sure: float = 1.0
    score: float | None = None
    settled: bool = True
    """False while it waits for the caller's yes; until then conditions, sentences and tools find it empty."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it was asked, with the slots as they stood: what `back` and a correction return to."""

    question: str
    node: str
    step: tuple[int | str, ...]
    slots: Mapping[str, Slot]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a call stands in a running flow. `step` is a path: (2, 0) is the first step inside the third. How the path
    walks branches is the engine's own affair, but it is data: it survives a crash."""

    flow: str
    node: str
    step: tuple[int | str, ...]
    slots: Mapping[str, Slot] = field(default_factory=dict)
    vars: Mapping[str, Value] = field(default_factory=dict)
    kept: Mapping[str, Value] = field(default_factory=dict)
    """Values kept from tools' answers."""
    kept_by: Mapping[str, tuple[str, tuple[tuple[str, Value | None], ...]]] = field(default_factory=dict)
    """Kept name to the tool and the arguments it came from: gone when those change."""
    tries: Mapping[tuple[str, Trouble], int] = field(default_factory=dict)
    repairs: Mapping[tuple[int | str, ...], int] = field(default_factory=dict)
    """Step of a call to how often its repair ran."""
    asked: tuple[Asked, ...] = ()
    visits: Mapping[str, int] = field(default_factory=dict)
    question: str | None = None
    """The question that is open, or was last asked in this node."""
    question_step: tuple[int | str, ...] = ()
    """The step that asked it."""
    why: Phrase = Phrase("", "")
    """Why the last answer would not do: `{why}` of the rungs."""
    doubts: Mapping[str, Phrase] = field(default_factory=dict)
    """Slots emptied because a correction elsewhere broke their rule, and why; said when they are asked again."""
    correcting: bool = False
    """Steps are walked again after a correction: look-ups whose arguments are the same are not made again."""


class Doing(StrEnum):
    TELLING = "telling"
    ASKING = "asking"
    CONFIRMING = "confirming"
    CALLING = "calling"
    TRANSFERRING = "transferring"
    ENDING = "ending"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Await:
    """An answer that is waited for, by the id of the effect that asked for it."""

    kind: Literal["tool", "transfer"]
    what: str
    """The tool, or the target."""
    deadline_ms: Millis | None = None
    arguments: tuple[tuple[str, Value | None], ...] = ()
    changes_world: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """A call of a tool that was sent. Of a changing tool each one is kept, of a look-up the last."""

    tool: str
    arguments: tuple[tuple[str, Value | None], ...]
    changes_world: bool
    names: frozenset[str]
    """Slots and kept values its arguments came from."""
    result: str | None = None
    """None: not answered yet."""
    succeeded: bool = False


@dataclass(frozen=True, slots=True)
class Pending:
    """A value waiting for the caller's yes: read back, or (`fill.corrects`) to take the place of another."""

    fill: Fill
    step: tuple[int | str, ...]


Speaker = Literal["bot", "caller"]


@dataclass(frozen=True, slots=True)
class Said:
    """One turn as it was really said and heard; private values are masked."""

    who: Speaker
    text: str
    at_ms: Millis


@dataclass(frozen=True, slots=True)
class Prompted:
    """A prompt on its way to the caller."""

    id: str
    phrase: Phrase
    filler: bool = False


@dataclass(frozen=True, slots=True)
class CallState:
    call: CallId
    bundle: str
    started: datetime
    """Aware, UTC. now = started + the event's at_ms, in the project's zone."""
    caller: str
    dialled: str
    seed: int
    seq: int = 0
    doing: Doing = Doing.TELLING
    standings: tuple[Standing, ...] = ()
    language: str = "en-US"
    data: Mapping[str, Value] = field(default_factory=dict)
    awaiting: Mapping[str, Await] = field(default_factory=dict)
    listening: Listen | None = None
    calling: str | None = None
    """Id of the tool call the flow waits for."""
    prompts: tuple[Prompted, ...] = ()
    """Prompts asked for whose end has not been heard."""
    pending: Pending | None = None
    last_prompt: Phrase = Phrase("", "")
    """All that was said since the caller's last turn, re-prompts and fillers left out: what `repeat` says."""
    told: tuple[Said, ...] = ()
    """The last 40 turns."""
    made: tuple[Made, ...] = ()
    turns: int = 0
    quiet_ms: int = 0
    """How long the caller has been silent at questions, in a row."""
    steps_walked: int = 0
    """Since the caller last answered, or was silent, at a question: the loop guard."""
    outcome: str | None = None


# ---- what can happen ----------------------------------------------------------------------------------------------


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

# ---- what the engine asks for -------------------------------------------------------------------------------------


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


Effect = SayEffect | StopSaying | Listen | StopListening | WakeAt | CallToolEffect | Dial | HangUp | Note
