"""Where a call stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from ivr.flow.flow import ToolSpec
from ivr.flow.state.agency import Agency
from ivr.flow.state.expected import Fill, Listen
from ivr.flow.types import Source, Trouble, Value
from ivr.units import CallId, Millis


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words as spoken, and the same with private values masked."""

    text: str
    shown: str
    fixed: bool = True
    """No field was in it."""
    sound: str | None = None
    """A recorded prompt: these are its words."""
    voiced: str | None = None
    """Words of a model whose sound came with them, under this name."""
    parts: "tuple[Phrase, ...]" = ()
    """Spoken and recorded ones in their order, where something recorded is among them; empty: it is one itself."""

    @property
    def pieces(self) -> "tuple[Phrase, ...]":
        """What is played one after the other."""
        return self.parts or (self,)

    @property
    def recorded(self) -> bool:
        """Is a recording in it?"""
        return self.sound is not None or bool(self.parts)


@dataclass(frozen=True, slots=True)
class Slot:
    value: Value | None
    """None: the caller left it empty (skip words); it is not asked again."""
    source: Source
    confirmed: bool = False
    """The caller said yes to it."""
    sure: float = 1.0
    score: float | None = None
    checked: bool = True
    """False until the tool of its `check:` has answered; it is not settled before."""
    settled: bool = True
    """False while it waits for the caller's yes; until then conditions, sentences and tools find it empty."""
    part: Literal["more", "spell"] | None = None
    """What it still lacks: further items of a list, the letters of a name. It is not settled before."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it was asked, with the slots as they stood: what `back` and a correction return to."""

    question: str
    node: str
    step: tuple[int | str, ...]
    slots: Mapping[str, Slot]
    chose: Value | None = None
    """The option taken, where it was a menu."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a summary read back, and whether the caller let it stand (or refused it, with nothing to change)."""

    values: Mapping[str, Value | None]
    yes: bool = True


@dataclass(frozen=True, slots=True)
class Ran:
    """A sub-flow that came back: at which step it ran, what went in and came out, and how it stood at its end, so that
    what it asked can be put right."""

    node: str
    step: tuple[int | str, ...]
    given: tuple[tuple[str, Value | None], ...]
    gave: tuple[tuple[str, Value | None], ...]
    outcome: str
    facts: frozenset[str]
    """All that were granted when it came back."""
    inner: "Standing"


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
    either: tuple[Fill, ...] = ()
    """Corrections by words that fit several slots; which one is meant is being asked."""
    agreed: "Agreed | None" = None
    """The last summary that was answered."""
    pages: Mapping[str, int] = field(default_factory=dict)
    """Question with choices from a list to the first item of the page on offer."""
    waits_until: Millis | None = None
    """The caller asked for time; the question is open again then."""
    replay: Mapping[tuple[str, tuple[int | str, ...]], Value] = field(default_factory=dict)
    """Menus passed since the question that a correction went back to, with the option taken: not asked again."""
    retracing: bool = False
    """A correction leads through questions that were asked before, to the first that is open again."""
    ran: tuple[Ran, ...] = ()
    """Sub-flows that came back, the last one last."""
    correcting: bool = False
    """Steps are walked again after a correction: look-ups whose arguments are the same are not made again."""
    agency: Agency | None = None
    """A model is at work here."""


class Doing(StrEnum):
    TELLING = "telling"
    ASKING = "asking"
    CONFIRMING = "confirming"
    CALLING = "calling"
    THINKING = "thinking"
    HOLDING = "holding"
    TRANSFERRING = "transferring"
    RECORDING = "recording"
    ENDING = "ending"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Await:
    """An answer that is waited for, by the id of the effect that asked for it."""

    kind: Literal["tool", "model", "transfer", "attendant", "joined", "message", "callback"]
    what: str
    """The tool, the target, or the message's name."""
    deadline_ms: Millis | None = None
    arguments: tuple[tuple[str, Value | None], ...] = ()
    changes_world: bool = False
    position: int | None = None
    """attendant: the caller's place in the queue."""
    fillers: int = 0
    """tool: how many sentences were said while it is waited for."""
    flow: str = ""
    """tool: the flow that has it."""


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
    home: str = ""
    """The file that the tool stands in: flows may have tools of the same name, and one of the project is theirs all."""

    def of(self, tool: ToolSpec) -> bool:
        return self.tool == tool.name and self.home == tool.place.file


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
    reply: str | None = None
    """Id of the AskModel whose reply it is (a part of)."""


@dataclass(frozen=True, slots=True)
class Prompted:
    """A prompt on its way to the caller."""

    id: str
    phrase: Phrase
    filler: bool = False
    reply: str | None = None
    """Id of the AskModel whose words these are."""


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
    answered_by: str | None = None
    """Who or what took a call that we made."""
    written: bool = False
    """In writing: nobody can be put through, nothing is recorded, and what is to be kept nowhere is not asked."""
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
    facts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Fact to the names it hangs on: it falls when one of them changes."""
    said_once: frozenset[str] = frozenset()
    """Exact sentences that are said one time in a call, by where they stand."""
    model_cost: Decimal = Decimal(0)
    """Of all replies in this call."""
    split_calls: Mapping[str, int] = field(default_factory=dict)
    """How many calls each split had parted when this one began."""
    faulted: frozenset[str] = frozenset()
    """Flows whose `on_error` has taken over."""
    over_limit: bool = False
    """A limit was reached, and `on_limit` has taken over."""
    turns: int = 0
    held_ms: int = 0
    """How long the caller has held for attendants, in all."""
    holding_since_ms: Millis | None = None
    """Since when the caller holds now."""
    quiet_ms: int = 0
    spoke_until_ms: int | None = None
    """When the caller had spoken their last words, where nothing was said to them since."""
    """How long the caller has been silent at questions, in a row."""
    steps_walked: int = 0
    """Since the caller last answered, or was silent, at a question: the loop guard."""
    after_done: bool = False
    """`after_call` has run."""
    music: str | None = None
    """The sound that plays while an answer is waited for."""
    outcome: str | None = None
