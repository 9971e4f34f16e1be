"""Slots and their questions, variables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from ivr.flow.flow.words import Command, Ladders, Option, Prompt
from ivr.flow.grammar.tree import Condition, Template
from ivr.flow.text import Place
from ivr.flow.types import Confirm, Interrupt, Near, Privacy, Spell, Type, Value


@dataclass(frozen=True, slots=True)
class Check:
    """A test of a value: mod10 (Luhn), a pattern (a regular expression, whole match), the checksum of a well known
    kind of number, or a tool, whose result `ok` lets it stand. `otherwise` tells why not."""

    kind: Literal["mod10", "pattern", "checksum", "tool"]
    pattern: str | None
    otherwise: Template | None
    sum: "Checksum | None" = None
    tool: str | None = None
    ok: str = "ok"


@dataclass(frozen=True, slots=True)
class OptionsFrom:
    """Choices out of a kept list of records, `page` of them at a time. `say` and `keep` name the item's values."""

    list: str
    say: Template
    keep: str
    """The item's value that is the answer."""
    page: int
    hear: tuple[str, ...]
    """What a caller says for the next page, and the key for it."""
    key: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Rule:
    """`must:` with the sentence that says why not."""

    be: Condition
    otherwise: Template | None
    names: frozenset[str]
    """Slots the rule speaks of: a correction of one of them runs it again."""


@dataclass(frozen=True, slots=True)
class Checksum:
    """The digits times `weights`, from the right where `from_right`, over and over as long as there are digits, leave
    `rest` when their sum is divided by `modulo`. Letters count by `modulo` 97 only (A is 10), as in an IBAN."""

    weights: tuple[int, ...]
    modulo: int
    rest: int = 0
    from_right: bool = False
    letters: bool = False


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
    near: Near = None
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
    nouns: tuple[str, ...] = ()
    """Words of its question that tell it from others."""
    options_from: OptionsFrom | None = None
    of: Type | None = None
    """list: the type of its items. Options, length, bounds and the like are those of an item."""
    up_to: int | None = None
    """list: the most items."""
    region: str = "US"
    """phone: the country of a number said without one."""
    spell: Spell = None
    """name: when it is spelled as well."""
    longest_ms: int | None = None
    """text: so long may the caller speak."""
    about: str = ""
    """What it holds, told to a model."""


@dataclass(frozen=True, slots=True)
class VarSpec:
    name: str
    type: Type
    value: Value
    place: Place
    of: Type | None = None
    """list: the type of its items."""
