"""A checked project: its flows and what they share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from ivr.flow.flow.handover import Target
from ivr.flow.flow.questions import SlotSpec, TurnSettings, VarSpec
from ivr.flow.flow.steps import Step
from ivr.flow.flow.tools import Auth, McpServer, ToolSpec
from ivr.flow.flow.words import Command, Ladders
from ivr.flow.grammar.names import Named
from ivr.flow.hours import OpeningHours
from ivr.flow.text import Place
from ivr.flow.types import Interrupt, Privacy


@dataclass(frozen=True, slots=True)
class Node:
    name: str
    steps: tuple[Step, ...]
    place: Place
    trouble: Ladders = field(default_factory=dict)
    commands: Mapping[str, Command | None] = field(default_factory=dict)
    interrupt: Interrupt | None = None
    turn: TurnSettings = field(default_factory=TurnSettings)


@dataclass(frozen=True, slots=True)
class Limits:
    """None is no limit. `tries` caps the attempts at one question over all kinds of trouble."""

    call_ms: int | None = 30 * 60_000
    silence_ms: int | None = 60_000
    turns: int | None = None
    tries: int | None = None
    model_cost: Decimal | None = None
    """Of all replies of models in one call, in the currency of their prices."""


@dataclass(frozen=True, slots=True)
class Input:
    """A value that a flow is given when it is run, handed over to, or started with data. `fills`: it fills the slot of
    that name, which is then not asked; else it is a value of its own."""

    name: str
    named: Named
    optional: bool
    fills: bool
    place: Place


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
    after_call: tuple[Step, ...] = ()
    on_limit: tuple[Step, ...] = ()
    inputs: Mapping[str, Input] = field(default_factory=dict)
    outcomes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Each with the outputs it fills. A flow with any is a sub-flow: others run it, and callers cannot start it."""
    carried: Mapping[str, Privacy] = field(default_factory=dict)
    """Values that are no slot's, variable's or tool's: inputs, and what is kept of sub-flows."""
    beyond: frozenset[str] = frozenset()
    """Nodes outside a sub-flow that it can go to: of the flows that run it, and the project's."""
    answered_by: Mapping[str, str] = field(default_factory=dict)
    """Who or what answered a call that we made (person, machine, menu, fax), and the node it then begins with."""

    @property
    def starts(self) -> tuple[str, ...]:
        """Every node that a call can begin with."""
        return tuple(dict.fromkeys((self.start, *self.answered_by.values())))


@dataclass(frozen=True, slots=True)
class Api:
    """A back end. `url` has no trailing slash."""

    name: str
    url: str
    allow_private: bool


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom a text, a page or a message goes to: a number for text messages, or a place at a back end."""

    name: str
    sms: str | None = None
    api: str = ""
    segments: tuple[str, ...] = ()
    auth: Auth | None = None


@dataclass(frozen=True, slots=True)
class Detect:
    """How it is found out who has answered a call of ours. Phrases are beside those that are known anyway."""

    wait_ms: int = 2_000
    """Silence from the beginning: a person who waits for us to speak."""
    machine: tuple[str, ...] = ()
    menu: tuple[str, ...] = ()
    give_up_ms: int = 8_000
    """Who still speaks then without a pause is a machine."""
    no_tone_ms: int = 30_000
    """So long the tone is waited for; then what was to follow it is said all the same."""


@dataclass(frozen=True, slots=True)
class Outbound:
    """Calls that we make: the flow they begin with, from which number, when, and how often one is tried."""

    name: str
    flow: str
    sender: str
    hours: str | None
    """Only while these are open."""
    tries: int
    ring_ms: int
    outcomes: Mapping[str, str]
    """What a call that nobody answered comes to: no_answer, busy, failed, caller_left to an outcome of the flow's."""
    place: Place
    detect: Detect = Detect()


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
    languages: tuple[str, ...] = ()
    """The default first."""
    other_words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The engine's own sentences in the further languages."""
    hours: Mapping[str, OpeningHours] = field(default_factory=dict)
    contacts: Mapping[str, Contact] = field(default_factory=dict)
    servers: Mapping[str, McpServer] = field(default_factory=dict)
    entry_data: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Dialled number to what its row of the table says: call.data."""
    outbound: Mapping[str, Outbound] = field(default_factory=dict)
    countries: frozenset[str] = frozenset()
    """Two letters each: where calls may go."""
    counted_splits: frozenset[str] = frozenset()
    """Splits that end after a number of calls."""
    facts: frozenset[str] = frozenset()
    """All that any flow grants."""

    def words_in(self, language: str) -> Mapping[str, str]:
        """The engine's own sentences in one of the project's languages."""
        return self.other_words.get(language, self.words)
