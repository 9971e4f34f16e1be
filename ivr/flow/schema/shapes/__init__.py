"""The shape of an operator's files: which keys stand where, and what single values look like.

These models are the one source: the loader asks them what a block may have, and the JSON Schema for editors is made
from them. `later` names what the language has and this version has not. Texts with fields and conditions are plain
text here; their meaning is the grammar's.
"""

from ivr.flow.schema.shapes.project import (
    ApiShape,
    ContactShape,
    FlowShape,
    LanguageShape,
    LimitShape,
    McpShape,
    NodeShape,
    ProjectShape,
    RecordingShape,
    TargetShape,
)
from ivr.flow.schema.shapes.questions import (
    CheckShape,
    CommandShape,
    KeyShape,
    MenuOptionShape,
    OptionShape,
    QuestionShape,
    RuleShape,
    SkipShape,
    SlotShape,
    TroubleShape,
    TurnShape,
    VarShape,
)
from ivr.flow.schema.shapes.shape import Shape
from ivr.flow.schema.shapes.steps import (
    LATER_VERBS,
    STEPS,
    VERB_ORDER,
    AskStep,
    BeShape,
    CallStep,
    EndShape,
    EndStep,
    ForgetStep,
    GotoStep,
    IfStep,
    MenuStep,
    RepairShape,
    SayStep,
    SetStep,
    Step,
    StepShape,
    TransferStep,
    UntilShape,
)
from ivr.flow.schema.shapes.tools import (
    AuthShape,
    BasicShape,
    BreakerShape,
    FillerShape,
    KeepShape,
    OauthShape,
    ResultShape,
    RetryShape,
    ToolShape,
)

__all__ = [
    "LATER_VERBS",
    "STEPS",
    "VERB_ORDER",
    "ApiShape",
    "AskStep",
    "AuthShape",
    "BasicShape",
    "BeShape",
    "BreakerShape",
    "CallStep",
    "CheckShape",
    "CommandShape",
    "ContactShape",
    "EndShape",
    "EndStep",
    "FillerShape",
    "FlowShape",
    "ForgetStep",
    "GotoStep",
    "IfStep",
    "KeepShape",
    "KeyShape",
    "LanguageShape",
    "LimitShape",
    "McpShape",
    "MenuOptionShape",
    "MenuStep",
    "NodeShape",
    "OauthShape",
    "OptionShape",
    "ProjectShape",
    "QuestionShape",
    "RecordingShape",
    "RepairShape",
    "ResultShape",
    "RetryShape",
    "RuleShape",
    "SayStep",
    "SetStep",
    "Shape",
    "SkipShape",
    "SlotShape",
    "Step",
    "StepShape",
    "TargetShape",
    "ToolShape",
    "TransferStep",
    "UntilShape",
    "TroubleShape",
    "TurnShape",
    "VarShape",
]


def _complete(shape: type[Shape]) -> None:
    """Shapes of several rooms name steps before these are known."""
    shape.model_rebuild(_types_namespace={"Step": Step})
    for inner in shape.__subclasses__():
        _complete(inner)


_complete(Shape)
