"""`transfer:` hands the caller over."""

from typing import Literal

from ivr.flow.flow import Transfer
from ivr.flow.state import Await, Dial, Doing
from ivr.flow.steps.call import route
from ivr.flow.steps.copying import replace
from ivr.flow.steps.end import end
from ivr.flow.steps.phrases import prompt_phrase
from ivr.flow.steps.work import Work

Result = Literal["answered", "no_answer", "busy", "failed"]


def run(work: Work, step: Transfer) -> None:
    if work.mute:
        work.next()
        return
    if step.say is not None:
        work.say(prompt_phrase(work, step.say), work.interrupt(own=None))
    handover = work.next_id()
    waited = Await("transfer", step.target)
    work.state = replace(work.state, awaiting={**work.state.awaiting, handover: waited})
    work.at = replace(work.at, question=None)
    work.note("tool", step.target, "transfer", step.place)
    work.emit(Dial(handover, step.target))
    work.wait(Doing.TRANSFERRING)


def over(work: Work, handover: str, result: Result) -> None:
    """The attendant is gone, or nobody came."""
    step = work.step()
    assert isinstance(step, Transfer)
    awaiting = {key: held for key, held in work.state.awaiting.items() if key != handover}
    work.state = replace(work.state, awaiting=awaiting)
    work.note("tool", step.target, result, step.place)
    work.forget_said()
    if result == "answered" and "answered" not in step.on:
        end(work, "transferred", step.place)
        return
    work.walking = True
    work.arm_limit()
    route(work, step, "no_answer" if result == "busy" and "busy" not in step.on else result)
