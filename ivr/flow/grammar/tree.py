"""What templates and conditions are once they are read: small trees with types worked out at load.

The language of both is closed: no loops, no calls, no code, so what a caller says can never be read as one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal, Protocol

from ivr.flow.text import Place
from ivr.flow.types import Type, Value

Path = tuple[str, ...]
"""A name with its dots: ("account",), ("call", "from")."""


class Scope(Protocol):
    """Where names get their values when a template is said or a condition decided."""

    @property
    def now(self) -> datetime:
        """Call time, aware, in the project's zone."""
        ...

    def value(self, path: Path) -> Value | None:
        """None is empty. ("visits",) is how often the running node was entered. Asking for a name the flow does not
        have is our own mistake: an assertion."""
        ...

    def is_open(self, hours: str, on: date | None, at: time | datetime | None) -> bool:
        """Whether the project's hours of this name are open: now; at any time on a day; at a time of today or of that
        day; at a moment."""
        ...


@dataclass(frozen=True, slots=True)
class Field:
    """`{name}`, `{name as form}`, `{name or 'text'}`. `form` None is the type's own."""

    path: Path
    type: Type
    form: str | None
    fallback: str | None
    place: Place
    currency: str = "USD"
    labels: Mapping[str, str] | None = None
    """For a choice: option name to the words it is said with."""
    of: Type | None = None
    """For a list: the type of its items."""


@dataclass(frozen=True, slots=True)
class Template:
    """Words with fields in them."""

    parts: tuple[str | Field, ...]
    place: Place
    others: "Mapping[str, Template]" = field(default_factory=dict, compare=False)
    """The same in the project's further languages."""
    sound: str | None = None
    """A recorded prompt of this name is played; the words stand for it wherever it is read."""

    @property
    def fixed(self) -> str | None:
        """The words when there is no field in them (such a prompt can be cached); None when there is."""
        return None if any(isinstance(p, Field) for p in self.parts) else "".join(str(p) for p in self.parts)

    @property
    def fields(self) -> tuple[Field, ...]:
        return tuple(p for p in self.parts if isinstance(p, Field))


@dataclass(frozen=True, slots=True)
class Ref:
    """A name in a condition."""

    path: Path
    type: Type
    place: Place | None = field(default=None, compare=False, repr=False)
    fact: bool = False
    """It holds or it does not, and is never empty."""


@dataclass(frozen=True, slots=True)
class Const:
    value: Value
    type: Type


@dataclass(frozen=True, slots=True)
class Clock:
    what: Literal["today", "now"]


@dataclass(frozen=True, slots=True)
class Visits:
    """How often the running node was entered."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A date, time or moment moved by a duration (negative for minus)."""

    base: "Operand"
    by: timedelta


@dataclass(frozen=True, slots=True)
class Sum:
    """number and money: +, - and *."""

    op: Literal["+", "-", "*"]
    left: "Operand"
    right: "Operand"


@dataclass(frozen=True, slots=True)
class JsonPath:
    """`$.a.b[0]`, only in `when:` of a tool's result; keys are str, indexes int."""

    parts: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """How many items a list has; an empty one has none."""

    items: "Operand"


Operand = Ref | Const | Clock | Visits | Shift | Sum | JsonPath | Count

CompareOp = Literal[
    "is", "is not", "<", "<=", ">", ">=", "before", "after", "on or before", "on or after", "starts with"
]


@dataclass(frozen=True, slots=True)
class Compare:
    op: CompareOp
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class In:
    left: Operand
    items: tuple[Operand, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Empty:
    left: Operand
    negated: bool


@dataclass(frozen=True, slots=True)
class Has:
    """A list has an item."""

    items: Operand
    item: Operand


@dataclass(frozen=True, slots=True)
class HoursOpen:
    """`hours.NAME is [not] open [on DATE] [at TIME or MOMENT]`."""

    hours: str
    on: Operand | None = None
    at: Operand | None = None
    negated: bool = False
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Truth:
    """A yes_no value, or a fact, standing alone."""

    ref: Operand


@dataclass(frozen=True, slots=True)
class Not:
    inner: "Condition"


@dataclass(frozen=True, slots=True)
class And:
    left: "Condition"
    right: "Condition"


@dataclass(frozen=True, slots=True)
class Or:
    left: "Condition"
    right: "Condition"


Condition = Compare | In | Empty | Truth | Has | HoursOpen | Not | And | Or
