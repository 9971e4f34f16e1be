"""A scenario as values: what is given, what the caller does turn by turn, and what must be seen to happen.

Written values stay text (`Written`) until something with a type stands beside them: a slot, an argument, a kept value.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, get_args

from ivr.flow.text import Place

Written = str
"""A value as it stands in the file: `42.50`, `1980-05-02`, `yes`, `17:30`."""


AnsweredBy = Literal["person", "machine", "menu", "fax"]
"""What took a call that we made."""
SendKind = Literal["text", "callback", "post", "page", "record"]
"""How something leaves a call: in the background, or as the caller's message."""
ANSWERED_BY: Final[tuple[str, ...]] = get_args(AnsweredBy)
SEND_KINDS: Final[tuple[str, ...]] = get_args(SendKind)


@dataclass(frozen=True, slots=True)
class Reply:
    """What an agent's model answers once. `fault`: it does not answer at all, or its words are held back."""

    say: str | None = None
    fill: Mapping[str, Written | None] = field(default_factory=dict)
    calls: tuple[tuple[str, Mapping[str, object]], ...] = ()
    """Tools it asks for, with their arguments as they are written."""
    exit: str | None = None
    fault: Literal["down", "blocked"] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a tool, a transfer target, a callback, a record or an agent.

    Named (`result` and `kept`), raw (`status` and `body`, JSON), an agent's (`reply`), or `pending`: it never comes.
    What could be a result as well as a reply is both; who it is given for tells which. `after_ms` is how long it takes;
    None: at once for a tool, and for a target one second."""

    place: Place
    result: str | None = None
    kept: Mapping[str, object] = field(default_factory=dict)
    """Written values by name; a list stays a list."""
    status: int | None = None
    body: object = None
    pending: bool = False
    after_ms: int | None = None
    reply: Reply | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """What a scenario fixes before the call. `time` is naive, in the project's zone; None: a Monday noon."""

    time: datetime | None = None
    caller: str | None = None
    """`from:`, E.164."""
    dialled: str | None = None
    """`to:`, E.164."""
    data: Mapping[str, Written] = field(default_factory=dict)
    answers: Mapping[str, tuple[Answer, ...]] = field(default_factory=dict)
    """By tool, target, record or agent. Several are given in turn and the last one repeats."""
    live: frozenset[str] = frozenset()
    """Tools that are really called."""
    answered_by: AnsweredBy | None = None
    """Of a call that we make: who took it."""


@dataclass(frozen=True, slots=True)
class Speak:
    words: str
    place: Place


@dataclass(frozen=True, slots=True)
class Press:
    """Keys, 0 to 9, * and #, in the order they are pressed."""

    keys: str
    place: Place


@dataclass(frozen=True, slots=True)
class StaySilent:
    """`ms` None: until the question times out. A length is at most one rung."""

    ms: int | None
    place: Place


@dataclass(frozen=True, slots=True)
class CutIn:
    """Words or keys while the bot speaks, `after_ms` from its first sound after the turn before."""

    after_ms: int
    words: str | None
    keys: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class HangUpNow:
    place: Place


@dataclass(frozen=True, slots=True)
class AttendantSpeaks:
    """The person at the other end of a warm transfer, to us or to the caller."""

    words: str
    place: Place


@dataclass(frozen=True, slots=True)
class AttendantPresses:
    keys: str
    place: Place


Act = Speak | Press | StaySilent | CutIn | HangUpNow | AttendantSpeaks | AttendantPresses


@dataclass(frozen=True, slots=True)
class Asks:
    """The bot waits with this question: a slot's name, or a menu's name or node."""

    question: str
    place: Place


@dataclass(frozen=True, slots=True)
class ReadsBack:
    """The bot waits for a yes to this value."""

    value: Written
    place: Place


@dataclass(frozen=True, slots=True)
class SlotIs:
    """`value` None: `empty`. Slots, variables and kept values."""

    name: str
    value: Written | None
    place: Place


@dataclass(frozen=True, slots=True)
class AtNode:
    """The node in which the bot waits."""

    node: str
    place: Place


@dataclass(frozen=True, slots=True)
class Says:
    """These words in this order in what the bot says, others between; numbers are made equal."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class NeverSays:
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class CallsTool:
    """`arguments`: those named must be equal; None as a value: it went out empty."""

    tool: str
    arguments: Mapping[str, Written | None]
    place: Place


@dataclass(frozen=True, slots=True)
class NeverCalls:
    tool: str
    place: Place


@dataclass(frozen=True, slots=True)
class TransfersTo:
    target: str
    place: Place


@dataclass(frozen=True, slots=True)
class NeverTransfersTo:
    """`target` `any`: to nobody at all."""

    target: str
    place: Place


@dataclass(frozen=True, slots=True)
class Whispers:
    """These words in this order in what the attendant hears before both are joined."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Sends:
    """`name`: the receiver of a text, callback, post or page; the record that a message was left in."""

    kind: SendKind
    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class HoldsFact:
    fact: str
    place: Place


@dataclass(frozen=True, slots=True)
class Within:
    """The first sound comes at most this long after the caller was done."""

    ms: int
    place: Place


@dataclass(frozen=True, slots=True)
class Ends:
    outcome: str
    place: Place


@dataclass(frozen=True, slots=True)
class KeepsOut:
    """The value stands in nothing that is kept: no note, no transcript, no shown prompt."""

    value: Written
    place: Place


Check = (
    Asks
    | ReadsBack
    | SlotIs
    | AtNode
    | Says
    | NeverSays
    | CallsTool
    | NeverCalls
    | TransfersTo
    | NeverTransfersTo
    | Whispers
    | Sends
    | HoldsFact
    | Within
    | Ends
    | KeepsOut
)


@dataclass(frozen=True, slots=True)
class Turn:
    """At most one thing the caller does, and what must be so when the bot waits again."""

    act: Act | None
    checks: tuple[Check, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    flow: str
    given: Given
    talk: tuple[Turn, ...]
    throughout: tuple[Check, ...]
    """`never_*` and `keeps_out` beside `name:`: for the whole call."""
    place: Place
    kind: Literal["file", "inline"] = "file"
    """Written in a test file, or under `tests:` of its flow."""
