"""What is said to callers and what they may say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ivr.flow.grammar.tree import Template
from ivr.flow.text import Place
from ivr.flow.types import Trouble, Value

if TYPE_CHECKING:  # steps hold words, and words lead to steps
    from ivr.flow.flow.steps import Step


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
    about: str = ""
    """What it is for, told to a model."""
    value: Value | None = None
    """What a slot gets, where that is not the option's name: an item of a list."""
    says: Mapping[str, str] = field(default_factory=dict, compare=False)
    """How it is said in the project's further languages."""
    hears: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)
    """What callers may say for it in those that are understood."""
    language: str | None = None
    """A slot's option: who chooses it is spoken to in this language from there on; None: as before."""
    offered: bool = True
    """Said on this page of a list: what "the second one" counts."""


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
    wait_ms: int | None = None
    """`wait`: how long the line is kept open."""
    hears: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)
    """Its words in the project's further languages."""


@dataclass(frozen=True, slots=True)
class Rung:
    """What is done the n-th time an answer fails."""

    steps: tuple["Step", ...]


Ladders = Mapping[Trouble, tuple[Rung, ...]]
