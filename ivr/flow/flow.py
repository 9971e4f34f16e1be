"""A checked project as values: what the loader makes of the YAML and the engine walks. Mappings are read-only.

Everything here has been checked once, at load: names exist, types fit, ladders leave. Nothing below checks again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from ivr.flow.grammar.tree import Condition, Operand, Template
from ivr.flow.text import Place
from ivr.flow.types import Confirm, Interrupt, Privacy, Trouble, Type, Value


@dataclass(frozen=True, slots=True)
class Prompt:
    """One or more wordings of the same thing (`one_of`); the engine picks by the call's seed and the visit."""

    variants: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a choice or menu. `steps` is what a menu's option does (empty for a slot's option)."""

    name: str
    hear: tuple[str, ...]
    key: str | None
    say: str
    """How it is said back: `say:`, else the first of `hear`."""
    place: Place
    steps: tuple["Step", ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """Words and a key that work on every question. At most one of goto and steps; both empty: built in (repeat,
    help, back). operator and cancel without a goto are left out by the loader."""

    name: str
    hear: tuple[str, ...]
    key: str | None
    goto: str | None = None
    steps: tuple["Step", ...] = ()
    """Own commands: `say:` or `do:`, then back to the open question with its counters as they were."""
    place: Place | None = field(default=None, compare=False)
    """Where its key stands, else its name; None: built in."""


@dataclass(frozen=True, slots=True)
class Rung:
    """What is done the n-th time an answer fails."""

    steps: tuple["Step", ...]


Ladders = Mapping[Trouble, tuple[Rung, ...]]


@dataclass(frozen=True, slots=True)
class Check:
    """A test of digits: mod10 (Luhn) or a pattern (a regular expression, whole match); `otherwise` tells why."""

    kind: Literal["mod10", "pattern"]
    pattern: str | None
    otherwise: Template | None


@dataclass(frozen=True, slots=True)
class Rule:
    """`must:` with the sentence that says why not."""

    be: Condition
    otherwise: Template | None
    names: frozenset[str]
    """Slots the rule speaks of: a correction of one of them runs it again."""


@dataclass(frozen=True, slots=True)
class KeySettings:
    pause_ms: int = 3000
    end: str = "#"
    ahead: bool = True
    yes: str = "1"
    no: str = "2"


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """What kind of answer is expected: it sets how long a pause ends the turn. `pause_ms` fixes it."""

    answer: Literal["short", "sentence", "story"] | None = None
    pause_ms: int | None = None


@dataclass(frozen=True, slots=True)
class QuestionSettings:
    """What a slot's question and a menu have in common."""

    hint: Prompt | None = None
    keypad_hint: Prompt | None = None
    """The loader makes one from the keys where the operator wrote none and keys exist."""
    trouble: Ladders = field(default_factory=dict)
    commands: Mapping[str, Command | None] = field(default_factory=dict)
    """By name; None switches one off here."""
    interrupt: Interrupt | None = None
    answer_within_ms: int = 6000
    keys: KeySettings = KeySettings()
    turn: TurnSettings = TurnSettings()


@dataclass(frozen=True, slots=True)
class SlotSpec:
    name: str
    type: Type
    place: Place
    ask: Prompt | None
    question: QuestionSettings
    options: tuple[Option, ...] = ()
    length: tuple[int, int] | None = None
    """digits: least and most."""
    low: Decimal | None = None
    high: Decimal | None = None
    currency: str = "USD"
    near: Literal["past", "future"] | None = None
    key_order: Literal["mmddyyyy", "ddmmyyyy", "yyyymmdd"] = "mmddyyyy"
    privacy: Privacy = Privacy.OPEN
    accept: Literal["keys", "speech", "both"] = "both"
    check: Check | None = None
    must: tuple[Rule, ...] = ()
    confirm: Confirm = Confirm.NEVER
    confirm_change: Confirm = Confirm.NEVER
    optional: bool = False
    skip: tuple[tuple[str, ...], str | None] | None = None
    """Words and key that leave it empty."""
    only_if: Condition | None = None
    lead: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VarSpec:
    name: str
    type: Type
    value: Value
    place: Place


@dataclass(frozen=True, slots=True)
class Keep:
    """A value kept from a tool's answer: `path` from `$` (HTTP), or the name of a Python result's value."""

    name: str
    path: tuple[str | int, ...]
    type: Type
    privacy: Privacy
    optional: bool
    currency: str = "USD"


@dataclass(frozen=True, slots=True)
class ToolResultSpec:
    """Tried in the written order; the first that fits counts. No status and no `when` fits any 2xx."""

    name: str
    statuses: tuple[int, ...]
    when: Condition | None
    keep: tuple[Keep, ...]


@dataclass(frozen=True, slots=True)
class Retry:
    times: int = 0
    wait_ms: int = 300


@dataclass(frozen=True, slots=True)
class Body:
    """A tree of templates: scalars are templates (`"{day}"` alone keeps the slot's type)."""

    entries: Mapping[str, "Body | Template | tuple[Body | Template, ...]"]


@dataclass(frozen=True, slots=True)
class ToolSpec:
    name: str
    kind: Literal["http", "python"]
    place: Place
    takes: Mapping[str, Type]
    """Arguments: declared, or for http the fields of its address, query, headers and body."""
    results: tuple[ToolResultSpec, ...]
    method: str = "GET"
    api: str = ""
    segments: tuple[Template, ...] = ()
    """The address below the api, one template a path segment."""
    query: Mapping[str, Template] = field(default_factory=dict)
    headers: Mapping[str, Template] = field(default_factory=dict)
    body: Body | None = None
    bearer: str | None = None
    """Name of the secret sent as a bearer token."""
    module: str = ""
    function: str = ""
    timeout_ms: int = 4000
    retry: Retry = Retry()
    filler: Prompt | None = None
    filler_after_ms: int = 700
    changes_things: bool = False
    confirm_with: str | None = None
    unconfirmed: str | None = None
    once_per_call: bool = False


@dataclass(frozen=True, slots=True)
class Say:
    prompt: Prompt
    place: Place
    interrupt: Interrupt | None = None
    announces_recording: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    slots: tuple[str, ...]
    place: Place
    may_fill: tuple[str, ...] = ()
    open: Prompt | None = None


@dataclass(frozen=True, slots=True)
class Menu:
    name: str
    prompt: Prompt
    options: tuple[Option, ...]
    question: QuestionSettings
    place: Place


@dataclass(frozen=True, slots=True)
class If:
    condition: Condition
    then: tuple["Step", ...]
    otherwise: tuple["Step", ...]
    place: Place


@dataclass(frozen=True, slots=True)
class SetStep:
    """`values`: name to a template (a scalar), or to an operand (`be:`), or to a condition for yes_no."""

    values: tuple[tuple[str, "Template | Operand | Condition | Literal_"], ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Literal_:
    """A value written in the file, already typed."""

    value: Value | None


@dataclass(frozen=True, slots=True)
class Forget:
    names: tuple[str, ...]
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


@dataclass(frozen=True, slots=True)
class Goto:
    node: str
    place: Place


@dataclass(frozen=True, slots=True)
class Transfer:
    target: str
    on: Mapping[str, Route]
    place: Place
    say: Prompt | None = None
    routed: Mapping[str, Place] = field(default_factory=dict, compare=False)
    """Where each result stands under `on:`."""


@dataclass(frozen=True, slots=True)
class End:
    say: Prompt | None
    outcome: str
    place: Place


Step = Say | Ask | Menu | If | SetStep | Forget | CallTool | Goto | Transfer | End


@dataclass(frozen=True, slots=True)
class Node:
    name: str
    steps: tuple[Step, ...]
    place: Place
    trouble: Ladders = field(default_factory=dict)
    commands: Mapping[str, Command | None] = field(default_factory=dict)
    interrupt: Interrupt | None = None
    turn: TurnSettings = TurnSettings()


@dataclass(frozen=True, slots=True)
class Limits:
    """None is no limit. `tries` caps the attempts at one question over all kinds of trouble."""

    call_ms: int | None = 30 * 60_000
    silence_ms: int | None = 60_000
    turns: int | None = None
    tries: int | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    name: str
    about: str
    start: str
    slots: Mapping[str, SlotSpec]
    vars: Mapping[str, VarSpec]
    tools: Mapping[str, ToolSpec]
    """Own tools, and the project's that it may call."""
    nodes: Mapping[str, Node]
    """Own nodes, and the project's it does not redefine."""
    trouble: Ladders
    commands: Mapping[str, Command | None]
    """The project's and the flow's own, joined; built-in words filled in."""
    limits: Limits
    on_error: tuple[Step, ...]
    on_hangup: tuple[Step, ...]
    turn: TurnSettings
    interrupt: Interrupt
    place: Place


@dataclass(frozen=True, slots=True)
class Api:
    """A back end. `url` has no trailing slash."""

    name: str
    url: str
    allow_private: bool


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a call can be handed to: an E.164 number or a SIP address."""

    name: str
    number: str | None
    sip: str | None
    ring_ms: int


@dataclass(frozen=True, slots=True)
class Bundle:
    """One version of one project. `hash` is over the content of its files: a call stays on the bundle it began with."""

    project: str
    hash: str
    zone: str
    language: str
    entry_default: str
    entry_numbers: Mapping[str, str]
    """Dialled number (E.164) to flow."""
    flows: Mapping[str, Flow]
    apis: Mapping[str, Api]
    targets: Mapping[str, Target]
    secrets: frozenset[str]
    words: Mapping[str, str]
    """The engine's own sentences: those of the package, single ones replaced by the project."""
    folder: str
    """Where its files are, for Python tools; decides nothing."""
    recording: bool = True
    announce_recording: bool = False
