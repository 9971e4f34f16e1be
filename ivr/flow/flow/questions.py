"""Slots and their questions, variables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from ivr.flow.flow.words import Command, Ladders, Option, Prompt
from ivr.flow.grammar.tree import Condition, Template
from ivr.flow.text import Place
from ivr.flow.types import Confirm, Interrupt, Privacy, Type, Value


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
