"""What names a condition or a field may use, and what type each has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from ivr.flow.grammar.tree import Path
from ivr.flow.messages import Message, nearest
from ivr.flow.types import Privacy, Type


class Complaint(Exception):
    """A condition or field cannot be read: one message a mistake; none where it names what the language has and this
    version has not, which is told where that stands."""

    def __init__(self, *messages: Message) -> None:
        super().__init__("; ".join(m.text for m in messages))
        self.messages = messages


@dataclass(frozen=True, slots=True)
class Named:
    """`options`: for a choice, option name to the words it is said with. `says` adds what is known about the name for
    a message ("severity goes from 0 to 10")."""

    type: Type
    options: Mapping[str, str] | None = None
    currency: str = "USD"
    privacy: Privacy = Privacy.OPEN
    says: str = ""
    bounds: tuple[Decimal, Decimal] | None = None
    of: Type | None = None
    """For a list: the type of its items, whose options are in `options`; None: records."""
    fields: "Mapping[str, Named] | None" = None
    """For a list of records: what each item has."""
    fact: bool = False
    """Granted, not filled: it stands alone in a condition, and nowhere else. Its type is yes_no."""
    unsure: bool = False
    """Its type could not be read, which is told there: what fits it is not looked at."""


@dataclass(frozen=True, slots=True)
class NameTable:
    names: Mapping[Path, Named]
    json: bool = False
    """Paths from `$` are allowed: `when:` of a tool's result only."""
    later: frozenset[str] = frozenset()
    """Names that only steps and settings of later versions would fill."""
    hours: frozenset[str] | None = None
    """Names under `hours:` of the project; None: this place knows no hours."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """What to do for a name that is not there."""

    def find(self, path: Path) -> Named | None:
        found = self.names.get(path)
        if found is None and path[:2] == ("call", "data") and len(path) == 3:
            return Named(Type.TEXT)
        if found is None and len(path) == 3 and path[0] == "hours" and path[2] == "next":
            return Named(Type.MOMENT) if path[1] in (self.hours or ()) else None
        if found is None and len(path) == 2 and path[0] == "hours" and path[1] in (self.hours or ()):
            return Named(Type.WEEK)
        return found

    def is_later(self, path: Path) -> bool:
        return path[0] in self.later

    def like(self, path: Path) -> str | None:
        return nearest(".".join(path), [".".join(p) for p in self.names])


CALL_NAMES: Mapping[Path, Named] = {
    ("call", "id"): Named(Type.TEXT),
    ("call", "from"): Named(Type.PHONE, privacy=Privacy.PII),
    ("call", "to"): Named(Type.PHONE),
    ("call", "started"): Named(Type.MOMENT),
    ("call", "language"): Named(Type.TEXT),
    ("call", "outcome"): Named(Type.TEXT),
    ("call", "answered_by"): Named(Type.TEXT),
    ("call", "summary"): Named(Type.TEXT),
}
"""What every flow knows about its call; `call.data.X` as well, as text."""
