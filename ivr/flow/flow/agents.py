"""What a model is given and what it is kept to: exits, exact sentences, style, limits."""

from dataclasses import dataclass
from decimal import Decimal

from ivr.flow.flow.words import Prompt
from ivr.flow.grammar.tree import Condition
from ivr.flow.text import Place


@dataclass(frozen=True, slots=True)
class Exit:
    """One way out of a talk with a model; its steps stand under the agent's `on`, by its name.

    The model chooses among the exits that are `offered`. The engine takes one by itself when the caller says a phrase
    of `watch`, and one with a `when` that nobody tells the model about as soon as that holds."""

    name: str
    place: Place
    needs: tuple[str, ...] = ()
    """Slots that have to be filled."""
    when: Condition | None = None
    about: str = ""
    watch: tuple[str, ...] = ()

    @property
    def at_once(self) -> bool:
        return self.when is not None and not self.about

    @property
    def offered(self) -> bool:
        return bool(self.about) or (self.when is None and not self.watch)


@dataclass(frozen=True, slots=True)
class Exact:
    """A sentence that the engine says word for word. `before`: right before this exit is taken; None: when the talk
    begins. `once`: one time in a call."""

    say: Prompt
    before: str | None
    once: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Never:
    """What the model must not say or do, in the operator's words; `phrases` are looked for in its sentences."""

    say: tuple[str, ...] = ()
    do: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Style:
    """None: as the model likes."""

    sentences: int | None = None
    questions: int | None = None
    """In one turn."""
    about: str = ""


@dataclass(frozen=True, slots=True)
class AgentLimits:
    """Of one visit. None is no limit; `cost` is in the currency of the model's prices."""

    turns: int | None = 20
    """The caller's."""
    time_ms: int | None = 5 * 60_000
    tool_calls: int | None = 10
    cost: Decimal | None = None
