"""Slots, questions, options, commands and rungs: what hangs on steps, and steps hang on."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Union

from pydantic import Field

from ivr.flow.schema import leaves as leaf
from ivr.flow.schema.shapes.shape import Prompt, Shape, Words

if TYPE_CHECKING:  # steps hold questions, and questions lead to steps
    from ivr.flow.schema.shapes.steps import Step

Steps = Union["Step", list["Step"]]


class KeyShape(Shape):
    pause: leaf.Length | None = None
    end: leaf.Key | None = None
    ahead: leaf.YesNo | None = None
    yes: leaf.Key | None = None
    no: leaf.Key | None = None
    order: leaf.KeyOrder | None = None


class TurnShape(Shape):
    answer: leaf.AnswerKind | None = None
    pause: leaf.Length | None = None


class TroubleShape(Shape):
    no_input: list[Steps] | None = None
    no_match: list[Steps] | None = None
    invalid: list[Steps] | None = None


class CommandShape(Shape):
    later: ClassVar[frozenset[str]] = frozenset({"language"})
    hear: Words | None = None
    key: leaf.Key | None = None
    goto: str | None = None
    say: Prompt | None = None
    do: Steps | None = None
    run: str | None = None
    wait: leaf.Length | None = Field(None, alias="for")


Commands = dict[str, CommandShape | Literal["no"]]


class OptionShape(Shape):
    hear: Words
    key: leaf.Key | None = None
    say: str | None = None
    about: str | None = None
    language: leaf.Language | None = None


class MenuOptionShape(OptionShape):
    goto: str | None = None
    do: Steps | None = None
    handoff: str | None = None
    run: str | None = None


class ChecksumShape(Shape):
    """The digits times the weights, over and over; their sum divided by the modulo leaves the rest (0)."""

    weights: list[leaf.Count]
    modulo: leaf.Count
    rest: leaf.Count | None = None
    start: Annotated[Literal["left", "right"], leaf.Leaf("left or right")] | None = None


class CheckShape(Shape):
    pattern: str | None = None
    mod10: leaf.YesNo | None = None
    checksum: str | ChecksumShape | None = None
    tool: str | None = None
    ok: str | None = None
    otherwise: str | None = Field(None, alias="else")


class MoreShape(Shape):
    hear: Words | None = None
    key: leaf.Key | None = None


class OptionsFromShape(Shape):
    """Choices out of a kept list of records, some at a time."""

    list: str
    say: str
    keep: str
    page: leaf.Count | None = None
    more: Words | MoreShape | None = None
    into: str | None = None
    goto: str | None = None
    do: Steps | None = None


class EachShape(Shape):
    each: str
    say: str
    up_to: leaf.Count | None = None
    empty: str | None = None


class RuleShape(Shape):
    be: str
    otherwise: str | None = Field(None, alias="else")


class SkipShape(Shape):
    hear: Words | None = None
    key: leaf.Key | None = None


class QuestionShape(Shape):
    hint: Prompt | None = None
    keypad_hint: Prompt | None = None
    trouble: TroubleShape | None = None
    commands: Commands | None = None
    interrupt: leaf.InterruptBy | None = None
    answer_within: leaf.Length | None = None
    keys: KeyShape | None = None
    turn: TurnShape | None = None


class SlotShape(QuestionShape):
    type: leaf.SlotType
    ask: Prompt | None = None
    options_from: OptionsFromShape | None = None
    options: dict[str, OptionShape] | list[str] | None = None
    length: leaf.Digits | None = None
    low: leaf.Number | None = Field(None, alias="from")
    high: leaf.Number | None = Field(None, alias="to")
    currency: str | None = None
    near: leaf.NearWhat | None = None
    region: str | None = None
    spell: leaf.SpellWhen | None = None
    max: leaf.Length | None = None
    up_to: leaf.Count | None = None
    private: leaf.PrivacyName | None = None
    accept: leaf.Accept | None = None
    check: Literal["mod10"] | CheckShape | None = None
    must: RuleShape | list[RuleShape] | None = None
    confirm: leaf.ConfirmWhen | None = None
    confirm_change: leaf.ConfirmChange | None = None
    optional: leaf.YesNo | None = None
    skip: Words | SkipShape | None = None
    only_if: str | None = None
    lead: Words | None = None
    about: str | None = None


class VarShape(Shape):
    later: ClassVar[frozenset[str]] = frozenset({"private"})
    type: leaf.KeptType
    value: str | list[str]
    options: list[str] | None = None
