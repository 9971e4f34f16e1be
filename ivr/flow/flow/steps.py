"""Steps of a node, one verb each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from ivr.flow.flow.agents import AgentLimits, Exact, Exit, Never, Style
from ivr.flow.flow.handover import Meanwhile, Whisper
from ivr.flow.flow.questions import OptionsFrom, QuestionSettings
from ivr.flow.flow.tools import Auth, Body, Retry
from ivr.flow.flow.words import Option, Prompt
from ivr.flow.grammar.tree import Condition, Field, Operand, Path, Template
from ivr.flow.text import Place
from ivr.flow.types import Interrupt, Value


@dataclass(frozen=True, slots=True)
class Say:
    prompt: Prompt
    place: Place
    interrupt: Interrupt | None = None
    announces_recording: bool = False
    each: "Each | None" = None
    after_tone: bool = False
    """A machine has answered a call of ours: spoken behind its tone."""


@dataclass(frozen=True, slots=True)
class Each:
    """Reads the records of a list out, `up_to` of them, each in the words of `say`; `empty` where there are none."""

    list: str
    say: Template
    up_to: int
    empty: Template | None
    place: Place


@dataclass(frozen=True, slots=True)
class Ask:
    slots: tuple[str, ...]
    place: Place
    may_fill: tuple[str, ...] = ()
    open: Prompt | None = None
    summary: Prompt | None = None
    """Reads everything back once all is filled."""
    on_no: str | None = None
    """Where a plain no to the summary leads; None: it is asked what to change."""


@dataclass(frozen=True, slots=True)
class Menu:
    name: str
    prompt: Prompt
    options: tuple[Option, ...]
    question: QuestionSettings
    place: Place
    or_slot: str | None = None
    """A slot that an answer may fill instead: an extension. Then it goes on at `or_goto`."""
    or_goto: str = ""
    options_from: OptionsFrom | None = None
    into: str | None = None
    """The slot that gets the item chosen from a list."""
    chosen: tuple["Step", ...] = ()
    """What follows such a choice."""


@dataclass(frozen=True, slots=True)
class If:
    condition: Condition
    then: tuple["Step", ...]
    otherwise: tuple["Step", ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Literal_:
    """A value written in the file, already typed."""

    value: Value | None


@dataclass(frozen=True, slots=True)
class SetStep:
    """`values`: name to a template (a scalar), or to an operand (`be:`), or to a condition for yes_no."""

    values: tuple[tuple[str, "Template | Operand | Condition | Literal_"], ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Forget:
    names: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Grant:
    """A fact about the caller holds from here on, until one of the values it hangs on changes."""

    fact: str
    names: tuple[str, ...]
    """Slots and kept values it hangs on."""
    place: Place


@dataclass(frozen=True, slots=True)
class Repair:
    """Under `on:`: say, empty the slots, ask them again, make the same call again; after `times`, leave to the node."""

    say: Prompt | None
    retry: tuple[str, ...]
    times: int
    leave: str
    place: Place


Route = tuple["Step", ...] | Repair


@dataclass(frozen=True, slots=True)
class CallTool:
    tool: str
    arguments: Mapping[str, Template]
    """`with:`; arguments not named here come from values of the same name."""
    on: Mapping[str, Route]
    place: Place
    routed: Mapping[str, Place] = field(default_factory=dict, compare=False)
    """Where each result stands under `on:`."""
    needs: tuple[str, ...] = ()
    """Facts without which the tool is not called; its own `needs:` besides."""
    named: Place | None = field(default=None, compare=False)
    """Where the tool's name stands; None where no file says it."""


@dataclass(frozen=True, slots=True)
class Run:
    """Another flow, which comes back with one of its outcomes."""

    flow: str
    arguments: Mapping[str, Template]
    keep: tuple[str, ...]
    on: Mapping[str, Route]
    place: Place
    routed: Mapping[str, Place] = field(default_factory=dict, compare=False)
    outcomes: tuple[str, ...] = ()
    """How it can end; empty: it goes on behind this step however it ends (the `run:` of a command)."""


@dataclass(frozen=True, slots=True)
class Agent:
    """A model inside rules. `name` is a label. `on` has the way of each exit too, by its name."""

    name: str
    on: Mapping[str, Route]
    place: Place
    question: QuestionSettings
    goal: str = ""
    open: Prompt | None = None
    reopen: Prompt | None = None
    collect: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    exits: Mapping[str, Exit] = field(default_factory=dict)
    style: Style = field(default_factory=Style)
    never: Never = field(default_factory=Never)
    always: tuple[Exact, ...] = ()
    limits: AgentLimits = field(default_factory=AgentLimits)
    routed: Mapping[str, Place] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Transfer:
    """The caller is handed to `target`; with `by`, to the one of `targets` that this name holds."""

    target: str
    on: Mapping[str, Route]
    place: Place
    say: Prompt | None = None
    routed: Mapping[str, Place] = field(default_factory=dict, compare=False)
    """Where each result stands under `on:`."""
    mode: Literal["cold", "warm"] = "cold"
    by: Field | None = None
    targets: tuple[str, ...] = ()
    """All it can be, in the order of the file; one where the flow names it."""
    arguments: Mapping[str, Template] = field(default_factory=dict)
    """`with:`, what the target takes; else values of the same name."""
    data: Mapping[str, Template] = field(default_factory=dict)
    """What travels with the call."""
    priority: Template | None = None
    whisper: Whisper = field(default_factory=Whisper)
    meanwhile: Meanwhile = field(default_factory=Meanwhile)
    caller_left_say: Prompt | None = None
    """For an attendant who is on the line when the caller leaves."""
    keys: Mapping[str, Place] = field(default_factory=dict, compare=False)
    """Where each key of the step stands."""


@dataclass(frozen=True, slots=True)
class Record:
    """The caller leaves a message. `key` None: none ends it."""

    name: str
    on: Mapping[str, Route]
    place: Place
    say: Prompt | None = None
    most_ms: int = 120_000
    silence_ms: int = 4000
    key: str | None = None
    send_to: str | None = None
    transcript: bool = False
    trim: bool = False
    routed: Mapping[str, Place] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Callback:
    """A target will call back: `to` is `caller`, or a name that holds a number."""

    target: str
    to: str
    within_ms: int
    on: Mapping[str, Route]
    place: Place
    routed: Mapping[str, Place] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class TextMessage:
    to: str
    body: Template
    place: Place


@dataclass(frozen=True, slots=True)
class Post:
    """A message to a back end, in the background. `contact` names where; else `api` and `segments`."""

    place: Place
    contact: str | None = None
    api: str = ""
    segments: tuple[Template, ...] = ()
    body: Body | None = None
    retry: Retry = field(default_factory=Retry)
    auth: Auth | None = None


@dataclass(frozen=True, slots=True)
class Page:
    contact: str
    text: Template
    place: Place


@dataclass(frozen=True, slots=True)
class Arm:
    """One way of a split, and its share out of the sum of all."""

    name: str
    share: int


@dataclass(frozen=True, slots=True)
class Split:
    """Callers are parted over `arms`; who has the same `by` always takes the same one."""

    name: str
    arms: tuple[Arm, ...]
    by: Path
    on: Mapping[str, Route]
    place: Place
    until: date | None = None
    """Last day of the trial, in the project's zone; from then on all take `then`."""
    calls: int | None = None
    then: str | None = None
    routed: Mapping[str, Place] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Goto:
    node: str
    place: Place


@dataclass(frozen=True, slots=True)
class Handoff:
    """Another flow takes over and does not come back."""

    flow: str
    arguments: Mapping[str, Template]
    place: Place


@dataclass(frozen=True, slots=True)
class Return:
    outcome: str
    place: Place


@dataclass(frozen=True, slots=True)
class End:
    say: Prompt | None
    outcome: str
    place: Place


@dataclass(frozen=True, slots=True)
class SpeakIn:
    """From here on everything is said, and heard, in this language."""

    language: str
    place: Place


Routed = CallTool | Transfer | Run | Agent | Record | Callback | Split
"""Steps with results, each with its way under `on:`."""

Step = (
    Say
    | Ask
    | Menu
    | If
    | SetStep
    | Forget
    | Grant
    | CallTool
    | Run
    | Agent
    | Transfer
    | Record
    | Callback
    | TextMessage
    | Post
    | Page
    | Split
    | Goto
    | Handoff
    | Return
    | End
    | SpeakIn
)
