"""How a step of each verb is read: one function a verb, one module a family of verbs."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from ivr.flow.flow import Step
from ivr.flow.loader.reading import Block
from ivr.flow.loader.verbs import agents, asking, calls, handovers, leading, sending, splits, subflows, values

if TYPE_CHECKING:  # a step's verb is read for the reader of steps
    from ivr.flow.loader.steps import StepReader

__all__ = ["VERBS"]

VERBS: Final[Mapping[str, "Callable[[StepReader, Block], Step | None]"]] = {
    "say": asking.say,
    "ask": asking.ask,
    "menu": asking.menu,
    "if": values.if_,
    "set": values.set_,
    "forget": values.forget,
    "call": calls.call,
    "agent": agents.agent,
    "transfer": handovers.transfer,
    "record": handovers.record,
    "split": splits.split,
    "callback": sending.callback,
    "text": sending.text,
    "post": sending.post,
    "page": sending.page,
    "grant": subflows.grant,
    "run": subflows.run,
    "return": subflows.return_,
    "handoff": subflows.handoff,
    "language": leading.language,
    "goto": leading.goto,
    "end": leading.end,
}
