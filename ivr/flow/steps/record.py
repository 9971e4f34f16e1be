"""`record:` takes a message: after the tone the caller's words are kept, until a silence, a key or the longest time."""

from typing import Final

from ivr.flow.flow import Record
from ivr.flow.state import Await, Doing, MessageTaken, TakeMessage
from ivr.flow.steps.call import route
from ivr.flow.steps.copying import replace
from ivr.flow.steps.phrases import prompt_phrase
from ivr.flow.steps.work import Work

GRACE_MS: Final = 90_000
"""Beyond the longest message: the words before the tone, and what may be late. Then it has failed."""
DONE: Final = "done"


def run(work: Work, step: Record) -> None:
    if work.mute:
        work.next()
        return
    if step.say is not None:
        work.say(prompt_phrase(work, step.say), work.interrupt(own=None))
    work.at = replace(work.at, question=None)
    _take(work, step, work.next_id())


def _take(work: Work, step: Record, message: str) -> None:
    awaiting = {**work.state.awaiting, message: Await("message", step.name)}
    work.state = replace(work.state, awaiting=awaiting)
    work.note("tool", step.name, "record", step.place)
    work.emit(
        TakeMessage(
            message, step.name, step.most_ms, step.silence_ms, step.key, trim=step.trim, transcript=step.transcript
        )
    )
    work.wake(f"{message}:deadline", work.at_ms + step.most_ms + GRACE_MS)
    work.wait(Doing.RECORDING)


def taken(work: Work, event: MessageTaken) -> None:
    """What was heard is kept, however it ended; where its end has no way of its own it is done."""
    step = work.step()
    assert isinstance(step, Record)
    _quit(work, event.id)
    work.note("tool", step.name, event.ended_by, step.place)
    work.forget_said()
    work.arm_limit()
    work.walking = True
    route(work, step, event.ended_by if event.ended_by in step.on or event.ended_by == "failed" else DONE)


def resumed(work: Work) -> None:
    """The stream was lost in the middle of it: what was said before that is kept, and the rest is taken anew."""
    step = work.step()
    assert isinstance(step, Record)
    message = message_id(work)
    if message is not None:
        _quit(work, message)
        _take(work, step, work.next_id())


def message_id(work: Work) -> str | None:
    return next((key for key, waited in work.state.awaiting.items() if waited.kind == "message"), None)


def _quit(work: Work, message: str) -> None:
    work.wake(f"{message}:deadline", None)
    awaiting = {key: waited for key, waited in work.state.awaiting.items() if key != message}
    work.state = replace(work.state, awaiting=awaiting)
