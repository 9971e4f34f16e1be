"""What a model inside rules is given: exits, sentences, style, limits."""

from pydantic import Field

from ivr.flow.schema import leaves as leaf
from ivr.flow.schema.shapes.questions import Steps
from ivr.flow.schema.shapes.shape import Prompt, Shape, Words


class ExitShape(Shape):
    needs: Words | None = None
    when: str | None = None
    about: str | None = None
    watch: Words | None = None
    goto: str | None = None
    do: Steps | None = None


class StyleShape(Shape):
    sentences: leaf.Count | None = None
    questions_per_turn: leaf.Count | None = None
    about: str | None = None


class NeverShape(Shape):
    """One of them: what must not be said or done, in words for the model; or phrases the engine looks for."""

    say: Words | None = None
    do: Words | None = None
    phrases: Words | None = None


class ExactShape(Shape):
    say_exactly: Prompt
    once: leaf.YesNo | None = None
    before: str | None = None


class AgentLimitShape(Shape):
    turns: leaf.CountOrNone = None
    time: leaf.LengthOrNone = None
    tool_calls: leaf.CountOrNone = None
    cost: leaf.NumberOrNone = None


class TakeShape(Shape):
    """An argument of a tool, as a model that may call it is told."""

    type: leaf.KeptType
    about: str | None = None
    length: leaf.Digits | None = None
    low: leaf.Number | None = Field(None, alias="from")
    high: leaf.Number | None = Field(None, alias="to")
    options: list[str] | None = None
    optional: leaf.YesNo | None = None
    currency: str | None = None
