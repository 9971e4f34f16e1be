"""The shape of an operator's files: which keys stand where, and what single values look like.

These models are the one source: the loader asks them what a block may have, and the JSON Schema for editors is made
from them. `later` names what the language has and this version has not. Texts with fields and conditions are plain
text here; their meaning is the grammar's.
"""

from typing import Annotated, Any, ClassVar, Final, Literal, Union

from pydantic import BaseModel, ConfigDict, Field

from ivr.flow.schema import leaves as leaf

Words = str | list[str]
OneOf = dict[Literal["one_of"], list[str]]
Prompt = str | OneOf
Steps = Union["Step", list["Step"]]
Body = dict[str, Any]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=False)
    later: ClassVar[frozenset[str]] = frozenset()


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
    later: ClassVar[frozenset[str]] = frozenset({"run", "for", "language"})
    hear: Words | None = None
    key: leaf.Key | None = None
    goto: str | None = None
    say: Prompt | None = None
    do: Steps | None = None


Commands = dict[str, CommandShape | Literal["no"]]


class OptionShape(Shape):
    later: ClassVar[frozenset[str]] = frozenset({"language", "handoff", "run"})
    hear: Words
    key: leaf.Key | None = None
    say: str | None = None
    about: str | None = None


class MenuOptionShape(OptionShape):
    goto: str | None = None
    do: Steps | None = None


class CheckShape(Shape):
    later: ClassVar[frozenset[str]] = frozenset({"checksum", "tool"})
    pattern: str | None = None
    mod10: leaf.YesNo | None = None
    otherwise: str | None = Field(None, alias="else")


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
    later: ClassVar[frozenset[str]] = frozenset({"options_from", "spell", "max", "region", "up_to", "about"})
    type: leaf.SlotType
    ask: Prompt | None = None
    options: dict[str, OptionShape] | None = None
    length: leaf.Digits | None = None
    low: leaf.Number | None = Field(None, alias="from")
    high: leaf.Number | None = Field(None, alias="to")
    currency: str | None = None
    near: leaf.Near | None = None
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


class VarShape(Shape):
    later: ClassVar[frozenset[str]] = frozenset({"private"})
    type: leaf.KeptType
    value: str
    options: list[str] | None = None


class KeepShape(Shape):
    later: ClassVar[frozenset[str]] = frozenset({"list_of"})
    start: str | None = Field(None, alias="from")
    type: leaf.KeptType
    private: leaf.PrivacyName | None = None
    optional: leaf.YesNo | None = None
    currency: str | None = None


class ResultShape(Shape):
    status: str | list[str] | None = None
    when: str | None = None
    keep: dict[str, str | KeepShape] | None = None


class RetryShape(Shape):
    times: leaf.Count
    wait: leaf.Length | None = None


class FillerShape(Shape):
    later: ClassVar[frozenset[str]] = frozenset({"every", "music"})
    after: leaf.Length | None = None
    say: Prompt


class AuthShape(Shape):
    later: ClassVar[frozenset[str]] = frozenset({"basic", "header", "oauth", "secret"})
    bearer: str


class ToolShape(Shape):
    later: ClassVar[frozenset[str]] = frozenset({"mcp", "needs", "breaker", "about", "data"})
    http: str | None = None
    python: str | None = None
    takes: dict[str, leaf.KeptType] | None = None
    query: dict[str, str] | None = None
    headers: dict[str, str] | None = None
    body: Body | None = None
    auth: AuthShape | None = None
    timeout: leaf.Length | None = None
    retry: RetryShape | None = None
    filler: Prompt | FillerShape | None = None
    results: dict[str, ResultShape]
    changes_things: leaf.YesNo | None = None
    confirm_with: str | None = None
    unconfirmed: str | None = None
    once: Annotated[Literal["call"], leaf.Leaf("call")] | None = None


class StepShape(Shape):
    pass


class SayStep(StepShape):
    later: ClassVar[frozenset[str]] = frozenset({"each", "after"})
    say: Prompt
    interrupt: leaf.InterruptBy | None = None
    announces: Annotated[Literal["recording"], leaf.Leaf("recording")] | None = None


class AskStep(StepShape):
    later: ClassVar[frozenset[str]] = frozenset({"summary", "on_no"})
    ask: Words
    may_fill: Words | None = None
    open: Prompt | None = None


class MenuStep(QuestionShape, StepShape):
    later: ClassVar[frozenset[str]] = frozenset({"or", "or_goto", "options_from"})
    menu: Prompt
    name: str | None = None
    options: dict[str, MenuOptionShape]


class IfStep(StepShape):
    condition: str = Field(alias="if")
    then: Steps
    otherwise: Steps | None = Field(None, alias="else")


class BeShape(Shape):
    be: str


class SetStep(StepShape):
    set: dict[str, str | BeShape]


class ForgetStep(StepShape):
    forget: Words


class RepairShape(Shape):
    say: Prompt | None = None
    retry: Words
    times: leaf.Count
    leave: str


Route = Union["Step", list["Step"], RepairShape]


class CallStep(StepShape):
    later: ClassVar[frozenset[str]] = frozenset({"needs"})
    call: str
    arguments: dict[str, str] | None = Field(None, alias="with")
    on: dict[str, Route] | None = None


class GotoStep(StepShape):
    goto: str


class TransferStep(StepShape):
    later: ClassVar[frozenset[str]] = frozenset(
        {"whisper", "data", "priority", "caller_left_say", "while_waiting", "with", "hold", "record"}
    )
    transfer: str
    mode: leaf.Mode | None = None
    say: Prompt | None = None
    on: dict[str, Route] | None = None


class EndShape(Shape):
    say: Prompt | None = None
    outcome: str | None = None


class EndStep(StepShape):
    end: Prompt | EndShape


Step = SayStep | AskStep | MenuStep | IfStep | SetStep | ForgetStep | CallStep | GotoStep | TransferStep | EndStep

STEPS: Final[dict[str, type[StepShape]]] = {
    "say": SayStep,
    "ask": AskStep,
    "menu": MenuStep,
    "if": IfStep,
    "set": SetStep,
    "forget": ForgetStep,
    "call": CallStep,
    "transfer": TransferStep,
    "goto": GotoStep,
    "end": EndStep,
}
LATER_VERBS: Final = frozenset(
    {"grant", "run", "agent", "record", "callback", "text", "post", "page", "split", "handoff", "return", "wait"}
    | {"language"}
)
VERB_ORDER: Final = (
    *("say", "ask", "menu", "if", "set", "forget", "grant", "call", "run", "agent", "transfer", "record"),
    *("callback", "text", "post", "page", "split", "goto", "handoff", "return", "end", "wait", "language"),
)
"""A step's verb is the first of these that it has; `record` and `transfer` may have `say:` of their own."""


class NodeShape(Shape):
    do: Steps
    trouble: TroubleShape | None = None
    commands: Commands | None = None
    interrupt: leaf.InterruptBy | None = None
    turn: TurnShape | None = None


Nodes = dict[str, NodeShape | Steps]


class LimitShape(Shape):
    later: ClassVar[frozenset[str]] = frozenset({"model_cost"})
    call: leaf.LengthOrNone = None
    silence: leaf.LengthOrNone = None
    turns: leaf.CountOrNone = None
    tries_per_question: leaf.CountOrNone = None


class FlowShape(Shape):
    later: ClassVar[frozenset[str]] = frozenset(
        {"inputs", "outputs", "outcomes", "on_limit", "after_call", "answered_by"}
    )
    version: Literal["callflow/1"] = Field(alias="schema")
    flow: str
    about: str | None = None
    start: str
    slots: dict[str, SlotShape] | None = None
    vars: dict[str, VarShape] | None = None
    tools: dict[str, ToolShape] | None = None
    nodes: Nodes
    trouble: TroubleShape | None = None
    commands: Commands | None = None
    limits: LimitShape | None = None
    on_error: Steps | None = None
    on_hangup: Steps | None = None
    turn: TurnShape | None = None
    interrupt: leaf.InterruptBy | None = None
    tests: list[Any] | None = None


class ApiShape(Shape):
    url: leaf.Url
    allow_private: leaf.YesNo | None = None


class TargetShape(Shape):
    later: ClassVar[frozenset[str]] = frozenset({"queue", "hours", "wait", "most", "takes", "flow", "voicemail"})
    number: leaf.PhoneNumber | None = None
    sip: leaf.Sip | None = None
    ring: leaf.Length | None = None


class LanguageShape(Shape):
    later: ClassVar[frozenset[str]] = frozenset({"also"})
    default: leaf.Language


class RecordingShape(Shape):
    on: leaf.YesNo | None = None
    announce: leaf.YesNo | None = None


class ProjectShape(Shape):
    later: ClassVar[frozenset[str]] = frozenset({"outbound", "hours", "contacts", "mcp", "on_limit", "after_call"})
    version: Literal["callflow/1"] = Field(alias="schema")
    project: str
    about: str | None = None
    zone: str
    languages: LanguageShape | None = None
    entry: dict[str, str]
    secrets: Words | None = None
    apis: dict[str, ApiShape] | None = None
    targets: dict[str, TargetShape] | None = None
    commands: Commands | None = None
    trouble: TroubleShape | None = None
    limits: LimitShape | None = None
    on_error: Steps | None = None
    on_hangup: Steps | None = None
    recording: leaf.YesNo | RecordingShape | None = None
    words: dict[str, dict[str, str]] | None = None
    nodes: Nodes | None = None
    tools: dict[str, ToolShape] | None = None
    slots: dict[str, SlotShape] | None = None
