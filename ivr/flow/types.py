"""Value types of the flow language, and how private a value is."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Record:
    """One item of a list of records that a tool kept: names with their values, in the order of the file."""

    values: tuple[tuple[str, "Value | None"], ...]

    def get(self, name: str) -> "Value | None":
        return next((value for key, value in self.values if key == name), None)


Value = str | Decimal | bool | date | time | datetime | timedelta | tuple["Value", ...] | Record
"""digits, name, text, phone (E.164), email, spelled (capitals), choice (the option's name) and target (its name) are str; number and money Decimal; yes_no bool; date,
time; moment an aware datetime; duration timedelta; a list is a tuple of values, or of records. Empty is None wherever a
value may be empty; a list without items is empty too."""


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


ASKABLE = frozenset({Type.DIGITS, Type.NUMBER, Type.MONEY, Type.DATE, Type.YES_NO, Type.CHOICE, Type.NAME, Type.TEXT})
"""Slot types of this version; time, phone and duration exist as kept values and in conditions only."""


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
