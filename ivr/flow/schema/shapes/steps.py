"""Steps of a node, one verb each."""

from typing import Annotated, ClassVar, Final, Literal, Union

from pydantic import Field

from ivr.flow.schema import leaves as leaf
from ivr.flow.schema.shapes.questions import MenuOptionShape, QuestionShape, Steps
from ivr.flow.schema.shapes.shape import Prompt, Shape, Words


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
