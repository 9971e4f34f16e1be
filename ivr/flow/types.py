"""Value types of the flow language, and how private a value is."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Literal


@dataclass(frozen=True, slots=True)
class Record:
    """One item of a list of records that a tool kept: names with their values, in the order of the file."""

    values: tuple[tuple[str, "Value | None"], ...]

    def get(self, name: str) -> "Value | None":
        return next((value for key, value in self.values if key == name), None)


Value = str | Decimal | bool | date | time | datetime | timedelta | tuple["Value", ...] | Record
"""digits, name, text, phone (E.164), email, spelled (capitals), choice (the option's name) and target (its name) are
str; number and money Decimal; yes_no bool; date, time; moment an aware datetime; duration timedelta; a list is a tuple
of values, or of records. Empty is None wherever a value may be empty; a list without items is empty too."""


class Type(StrEnum):
    DIGITS = "digits"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    TIME = "time"
    MOMENT = "moment"
    YES_NO = "yes_no"
    CHOICE = "choice"
    NAME = "name"
    TEXT = "text"
    PHONE = "phone"
    DURATION = "duration"
    EMAIL = "email"
    SPELLED = "spelled"
    TARGET = "target"
    LIST = "list"
    WEEK = "week"
    """The regular hours of a place, in words; `{hours.x}` alone has this type."""


CHOSEN = frozenset({Type.CHOICE, Type.TARGET})
"""One of a few names."""
UNASKED = frozenset({Type.MOMENT, Type.WEEK, Type.LIST})
"""No caller is asked for these; lists are asked for by what is in them."""


def read_type(written: str) -> tuple[Type, Type | None] | None:
    """A type as it is written, and for `list of T` that of its items. None: there is no such type."""
    if written.split()[:2] == ["list", "of"]:
        of = read_type(written.split(None, 2)[2]) if len(written.split()) > 2 else None
        return None if of is None or of[1] is not None else (Type.LIST, of[0])
    known = written in set(Type) and written not in (Type.LIST, Type.WEEK)
    return (Type(written), None) if known else None


Near = Literal["past", "future", "morning", "afternoon", "evening"] | None
"""Which of two meanings of a day, or of an hour, is the likelier."""
Spell = Literal["if unsure", "always"] | None
"""When a name that was said is spelled as well."""


class Privacy(StrEnum):
    """Who may see a value: everybody with the call, nobody unmasked (pii), or memory only (pci, secret)."""

    OPEN = "open"
    PII = "pii"
    PCI = "pci"
    SECRET = "secret"  # noqa: S105 (a class of privacy, not a password)


class Source(StrEnum):
    """Where a slot's value came from."""

    KEYS = "keys"
    SPEECH = "speech"
    TOOL = "tool"
    DATA = "data"
    SET = "set"
    MODEL = "model"
    WRITTEN = "written"


OF_THE_CALLER = frozenset({Source.KEYS, Source.SPEECH, Source.MODEL, Source.WRITTEN})
"""Answers to our questions: typed, said, written, or as a model understood them."""


class Trouble(StrEnum):
    """What can go wrong with an answer."""

    NO_INPUT = "no_input"
    NO_MATCH = "no_match"
    INVALID = "invalid"


class Confirm(StrEnum):
    NEVER = "never"
    ALWAYS = "always"
    IF_SPOKEN = "if spoken"
    IF_UNSURE = "if unsure"


class Interrupt(StrEnum):
    """What takes the floor from a prompt."""

    ANY = "any"
    KEYS = "keys"
    SPEECH = "speech"
    NO = "no"
