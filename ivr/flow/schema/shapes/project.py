"""Whole files: a flow, a project."""

from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from ivr.flow.schema import leaves as leaf
from ivr.flow.schema.shapes.questions import Commands, SlotShape, Steps, TroubleShape, TurnShape, VarShape
from ivr.flow.schema.shapes.shape import Shape, Words
from ivr.flow.schema.shapes.tools import AuthShape, ToolShape


class NodeShape(Shape):
    do: Steps
    trouble: TroubleShape | None = None
    commands: Commands | None = None
    interrupt: leaf.InterruptBy | None = None
    turn: TurnShape | None = None


Nodes = dict[str, NodeShape | Steps]


class LimitShape(Shape):
    call: leaf.LengthOrNone = None
    silence: leaf.LengthOrNone = None
    turns: leaf.CountOrNone = None
    tries_per_question: leaf.CountOrNone = None
    model_cost: leaf.NumberOrNone = None


class InputShape(Shape):
    type: leaf.KeptType | None = None
    private: leaf.PrivacyName | None = None
    optional: leaf.YesNo | None = None


class FlowShape(Shape):
    version: Literal["callflow/1"] = Field(alias="schema")
    flow: str
    about: str | None = None
    inputs: dict[str, leaf.KeptType | InputShape] | None = None
    outputs: Words | None = None
    outcomes: dict[str, Words | list[str]] | None = None
    start: str | None = None
    answered_by: dict[str, str] | None = None
    slots: dict[str, SlotShape] | None = None
    vars: dict[str, VarShape] | None = None
    tools: dict[str, ToolShape] | None = None
    nodes: Nodes
    trouble: TroubleShape | None = None
    commands: Commands | None = None
    limits: LimitShape | None = None
    on_error: Steps | None = None
    on_limit: Steps | None = None
    on_hangup: Steps | None = None
    after_call: Steps | None = None
    turn: TurnShape | None = None
    interrupt: leaf.InterruptBy | None = None
    tests: list[Any] | None = None


class ApiShape(Shape):
    url: leaf.Url
    allow_private: leaf.YesNo | None = None


class ContactShape(Shape):
    later: ClassVar[frozenset[str]] = frozenset({"email"})
    sms: leaf.PhoneNumber | None = None
    post: str | None = None
    auth: AuthShape | None = None


class McpShape(Shape):
    url: leaf.Url
    allow_private: leaf.YesNo | None = None
    auth: AuthShape | None = None


class TakenShape(Shape):
    """A value that a target's address takes."""

    type: leaf.TakenType
    length: leaf.Digits | None = None
    low: leaf.Count | None = Field(None, alias="from")
    high: leaf.Count | None = Field(None, alias="to")


class TargetShape(Shape):
    later: ClassVar[frozenset[str]] = frozenset({"flow", "voicemail"})
    number: leaf.PhoneNumber | None = None
    sip: leaf.Sip | None = None
    queue: str | None = None
    ring: leaf.Length | None = None
    hours: str | None = None
    wait: leaf.Length | None = None
    most: leaf.Count | None = None
    takes: dict[str, leaf.TakenType | TakenShape] | None = None


class DiallingShape(Shape):
    """Where calls may be handed to."""

    countries: Words


class HoursShape(Shape):
    """Days stand as keys of their own: `mon`, `mon-fri`. The loader reads them."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "patternProperties": {"^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?$": {}},
            "additionalProperties": False,
        },
    )
    zone: str | None = None
    holidays: str | None = None
    closed: Words | None = None
    special: dict[str, Words] | None = None


class DetectShape(Shape):
    wait: leaf.Length | None = None
    machine: Words | None = None
    menu: Words | None = None
    give_up: leaf.Length | None = None
    no_tone: leaf.Length | None = None


class OutboundShape(Shape):
    flow: str
    sender: leaf.PhoneNumber = Field(alias="from")
    hours: str | None = None
    tries: leaf.Count | None = None
    ring: leaf.Length | None = None
    outcomes: dict[str, str] | None = None
    detect: DetectShape | None = None


class PairShape(Shape):
    """A translation."""

    text: str | None = None
    hear: str | None = None
    becomes: Words = Field(alias="is")


class LanguageShape(Shape):
    also: Words | None = None
    default: leaf.Language


class RecordingShape(Shape):
    on: leaf.YesNo | None = None
    announce: leaf.YesNo | None = None


class ProjectShape(Shape):
    later: ClassVar[frozenset[str]] = frozenset({})
    version: Literal["callflow/1"] = Field(alias="schema")
    project: str
    about: str | None = None
    zone: str
    languages: LanguageShape | None = None
    entry: dict[str, str] | None = None
    outbound: dict[str, OutboundShape] | None = None
    secrets: Words | None = None
    apis: dict[str, ApiShape] | None = None
    targets: dict[str, TargetShape] | None = None
    dialling: DiallingShape | None = None
    contacts: dict[str, ContactShape] | None = None
    mcp: dict[str, McpShape] | None = None
    commands: Commands | None = None
    trouble: TroubleShape | None = None
    limits: LimitShape | None = None
    on_error: Steps | None = None
    on_limit: Steps | None = None
    on_hangup: Steps | None = None
    after_call: Steps | None = None
    hours: dict[str, HoursShape] | None = None
    recording: leaf.YesNo | RecordingShape | None = None
    words: dict[str, dict[str, str]] | None = None
    nodes: Nodes | None = None
    tools: dict[str, ToolShape] | None = None
    slots: dict[str, SlotShape] | None = None
