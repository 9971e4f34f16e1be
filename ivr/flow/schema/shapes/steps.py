"""Steps of a node, one verb each."""

from typing import Annotated, ClassVar, Final, Literal, Union

from pydantic import Field

from ivr.flow.schema import leaves as leaf
from ivr.flow.schema.shapes.agents import AgentLimitShape, ExactShape, ExitShape, NeverShape, StyleShape
from ivr.flow.schema.shapes.questions import EachShape, MenuOptionShape, OptionsFromShape, QuestionShape, Steps
from ivr.flow.schema.shapes.shape import Body, Prompt, Shape, Words
from ivr.flow.schema.shapes.tools import AuthShape, RetryShape


class StepShape(Shape):
    pass


class SayStep(StepShape):
    say: Prompt | EachShape
    after: Annotated[Literal["tone"], leaf.Leaf("tone")] | None = None
    interrupt: leaf.InterruptBy | None = None
    announces: Annotated[Literal["recording"], leaf.Leaf("recording")] | None = None


class AskStep(StepShape):
    ask: Words
    may_fill: Words | None = None
    open: Prompt | None = None
    summary: Prompt | None = None
    on_no: str | None = None


class MenuStep(QuestionShape, StepShape):
    menu: Prompt
    name: str | None = None
    options: dict[str, MenuOptionShape] | None = None
    options_from: OptionsFromShape | None = None
    or_: str | None = Field(None, alias="or")
    or_goto: str | None = None


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


class GrantStep(StepShape):
    """`grant: FACT for SLOT, SLOT`"""

    grant: Words


class RunStep(StepShape):
    run: str
    arguments: dict[str, str] | None = Field(None, alias="with")
    keep: Words | None = None
    on: dict[str, Route] | None = None


class HandoffStep(StepShape):
    handoff: str
    arguments: dict[str, str] | None = Field(None, alias="with")


class ReturnStep(StepShape):
    outcome: str = Field(alias="return")


class CallStep(StepShape):
    needs: Words | None = None
    call: str
    arguments: dict[str, str] | None = Field(None, alias="with")
    on: dict[str, Route] | None = None


class AgentStep(QuestionShape, StepShape):
    """A model that talks with the caller inside rules; the name is a label."""

    agent: str
    open: Prompt | None = None
    reopen: Prompt | None = None
    goal: str
    collect: Words | None = None
    tools: Words | None = None
    style: StyleShape | None = None
    never: NeverShape | list[NeverShape] | None = None
    always: ExactShape | list[ExactShape] | None = None
    exits: dict[str, ExitShape]
    limits: AgentLimitShape | None = None
    on: dict[str, Route] | None = None


class UntilShape(Shape):
    date: str | None = None
    calls: leaf.Count | None = None
    then: str


class SplitStep(StepShape):
    split: str
    arms: dict[str, str]
    by: str | None = None
    until: UntilShape | None = None
    on: dict[str, Route] | None = None


class CallbackStep(StepShape):
    callback: str
    to: str | None = None
    within: leaf.Length
    on: dict[str, Route] | None = None


class TextStep(StepShape):
    text: str
    body: str


class PostStep(StepShape):
    post: str
    body: Body | None = None
    auth: AuthShape | None = None
    retry: RetryShape | None = None


class PageStep(StepShape):
    page: str
    text: str


class LanguageStep(StepShape):
    language: leaf.Language


class GotoStep(StepShape):
    goto: str


class AcceptShape(Shape):
    """What an attendant says or presses to take the call."""

    hear: Words | None = None
    key: leaf.Key | None = None


class WhisperLineShape(Shape):
    condition: str | None = Field(None, alias="if")
    say: Prompt


WhisperLines = str | list[str | WhisperLineShape]


class WhisperShape(Shape):
    """What the attendant hears before the two are joined."""

    say: WhisperLines | None = None
    accept: AcceptShape | None = None
    answer_from: Words | None = None
    within: leaf.Length | None = None


class EveryShape(Shape):
    time: leaf.Length
    say: Prompt


class MeanwhileShape(Shape):
    """What the caller hears, and may do, until somebody takes the call."""

    music: str | None = None
    every: EveryShape | None = None
    options: dict[str, MenuOptionShape] | None = None


class TransferStep(StepShape):
    later: ClassVar[frozenset[str]] = frozenset({"hold", "record"})
    transfer: str
    mode: leaf.Mode | None = None
    say: Prompt | None = None
    arguments: dict[str, str] | None = Field(None, alias="with")
    data: dict[str, str] | None = None
    priority: str | None = None
    whisper: WhisperLines | WhisperShape | None = None
    while_waiting: MeanwhileShape | None = None
    caller_left_say: Prompt | None = None
    on: dict[str, Route] | None = None


class MessageEndShape(Shape):
    silence: leaf.Length | None = None
    key: leaf.Key | None = None


class RecordStep(StepShape):
    record: str
    say: Prompt | None = None
    most: leaf.Length | None = Field(None, alias="max")
    ends: MessageEndShape | None = None
    send_to: str | None = None
    transcript: leaf.YesNo | None = None
    trim: leaf.YesNo | None = None
    on: dict[str, Route] | None = None


class EndShape(Shape):
    say: Prompt | None = None
    outcome: str | None = None


class EndStep(StepShape):
    end: Prompt | EndShape


Step = (
    SayStep
    | AskStep
    | MenuStep
    | IfStep
    | SetStep
    | ForgetStep
    | GrantStep
    | CallStep
    | RunStep
    | AgentStep
    | SplitStep
    | LanguageStep
    | GotoStep
    | HandoffStep
    | ReturnStep
    | TransferStep
    | RecordStep
    | CallbackStep
    | TextStep
    | PostStep
    | PageStep
    | EndStep
)


STEPS: Final[dict[str, type[StepShape]]] = {
    "say": SayStep,
    "ask": AskStep,
    "menu": MenuStep,
    "if": IfStep,
    "set": SetStep,
    "forget": ForgetStep,
    "grant": GrantStep,
    "call": CallStep,
    "run": RunStep,
    "agent": AgentStep,
    "transfer": TransferStep,
    "record": RecordStep,
    "split": SplitStep,
    "callback": CallbackStep,
    "text": TextStep,
    "post": PostStep,
    "page": PageStep,
    "language": LanguageStep,
    "goto": GotoStep,
    "handoff": HandoffStep,
    "return": ReturnStep,
    "end": EndStep,
}


LATER_VERBS: Final = frozenset({"wait"})


VERB_ORDER: Final = (
    *("say", "ask", "menu", "if", "set", "forget", "grant", "call", "run", "agent", "transfer", "record"),
    *("callback", "text", "post", "page", "split", "goto", "handoff", "return", "end", "wait", "language"),
)
"""A step's verb is the first of these that it has; `record` and `transfer` may have `say:` of their own."""
