"""`record:` takes a message: after the tone the caller's words are kept, until a silence, a key or the longest time."""

from typing import Final

from ivr.flow.flow import Record
from ivr.flow.spoken import mask
from ivr.flow.state import Await, Doing, MessageTaken, Phrase, Send, TakeMessage
from ivr.flow.steps.call import route
from ivr.flow.steps.copying import replace
from ivr.flow.steps.phrases import prompt_phrase, sentence
from ivr.flow.steps.work import Work
from ivr.flow.types import Type

GRACE_MS: Final = 90_000
"""Beyond the longest message: the words before the tone, and what may be late. Then it has failed."""
DONE: Final = "done"


def run(work: Work, step: Record) -> None:
    if work.mute:
        work.next()
        return
    if work.state.written:  # there is nothing to be heard
        work.note("tool", step.name, "failed", step.place)
        route(work, step, "failed")
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
    """What was heard is kept and sent, however it ended; where its end has no way of its own it is done."""
    step = work.step()
    assert isinstance(step, Record)
    if event.ended_by not in ("empty", "failed"):
        _send(work, step, event)
    if event.ended_by == "caller_left":
        return  # CallerLeft follows
    _quit(work, event.id)
    work.note("tool", step.name, event.ended_by, step.place)
    work.forget_said()
    work.arm_limit()
    work.walking = True
    route(work, step, event.ended_by if event.ended_by in step.on or event.ended_by == "failed" else DONE)


def _send(work: Work, step: Record, event: MessageTaken) -> None:
    """To whom it is meant for: who called, how long it is, and its words where they are written down."""
    if step.send_to is None:
        return
    contact = work.bundle.contacts[step.send_to]
    seconds = -(-event.length_ms // 1000)
    words_of = event.id if step.transcript else ""
    caller = work.state.caller
    if contact.sms is not None:
        told, shown = (
            sentence(work, "message_left", {"from": who, "seconds": Phrase(str(seconds), str(seconds))})
            for who in (Phrase(caller, caller), Phrase(mask(caller, Type.PHONE), mask(caller, Type.PHONE)))
        )
        send = Send(work.next_id(), "text", contact.name, number=contact.sms, text=told.text, shown=shown.text)
    else:
        body: dict[str, object] = {
            "call": str(work.state.call),
            "message": event.id,
            "name": step.name,
            "from": caller or None,
            "seconds": seconds,
        }
        send = Send(
            work.next_id(),
            "post",
            contact.name,
            api=contact.api,
            segments=contact.segments,
            body=body,
            auth=contact.auth,
        )
    work.note("tool", contact.name, send.kind, step.place)
    work.emit(replace(send, words_of=words_of))


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
