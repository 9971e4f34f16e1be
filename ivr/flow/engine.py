"""Where the caller stands; an event in, effects out. Pure: the same arguments give the same answer.

The walk goes from step to step until something must be waited for: an answer of the caller, of a tool, of a transfer.
A prompt is not waited for: it is asked for together with what follows it, so that the caller may answer while it is
still being said, and a look-up runs while the bot speaks. Where the walk stands is a path of data (`steps/path.py`).
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final, assert_never

from ivr.flow import state as st
from ivr.flow.flow import Bundle, Say
from ivr.flow.inputs import read_inputs
from ivr.flow.state import CallState, Doing, Effect, Event, Slot, StopListening
from ivr.flow.steps import (
    after,
    agent,
    faults,
    line,
    record,
    sending,
    subflows,
    timers,
    transfer,
    turn,
    walk,
)
from ivr.flow.steps.copying import replace
from ivr.flow.steps.phrases import sentence
from ivr.flow.steps.work import Work
from ivr.flow.types import Interrupt, Source, Value
from ivr.flow.understand import read_keys
from ivr.units import CallId, Millis

_E164: Final = re.compile(r"\+[1-9][0-9]{5,14}")
Moved = tuple[CallState, tuple[Effect, ...]]


def start(
    bundle: Bundle,
    call: CallId,
    flow_name: str,
    started: datetime,
    caller: str,
    dialled: str,
    seed: int,
    data: Mapping[str, Value] | None = None,
    answered_by: str | None = None,
) -> CallState:
    """A call before its first event. `started` is aware, UTC; `caller` that is no phone number (withheld, a SIP
    address) counts as empty. `data`: what is known from the start; it fills the flow's inputs, and is call.data.
    `answered_by`: who or what took a call that we made."""
    flow = bundle.flows[flow_name]
    data = {**bundle.entry_data.get(dialled, {}), **(data or {})}
    given = {name: Slot(value, Source.DATA) for name, value in read_inputs(flow, data).items()}
    standing = subflows.standing(bundle, flow_name, given)
    if answered_by is not None and answered_by in flow.answered_by:
        standing = replace(standing, node=flow.answered_by[answered_by])
    return CallState(
        call=call,
        bundle=bundle.hash,
        started=started,
        caller=caller if _E164.fullmatch(caller) else "",
        dialled=dialled,
        seed=seed,
        standings=(standing,),
        language=bundle.language,
        data=data,
        answered_by=answered_by,
    )


def step(bundle: Bundle, state: CallState, event: Event) -> Moved:
    """What happens next. An event whose id nobody awaits, and any event after the end, changes nothing."""
    work = Work(bundle, state, event.at_ms)
    _take(work, event)
    walk.walk(work)
    transfer.tidy(work)
    after.after_call(work)
    return work.done()


def apologise(bundle: Bundle, state: CallState, at_ms: Millis) -> Moved:
    """Something broke outside the flow: its `on_error` takes over, once; after that the engine says goodbye."""
    work = Work(bundle, state, at_ms)
    if state.doing is not Doing.ENDED:
        faults.fault(work, "a fault outside the flow")
        walk.walk(work)
        transfer.tidy(work)
    after.after_call(work)
    return work.done()


def _take(work: Work, event: Event) -> None:
    ended = work.state.doing is Doing.ENDED
    match event:
        case st.PromptDone():
            line.prompt_done(work, event)
        case st.Resumed():
            line.resumed(work)
        case st.CallStarted():
            if not ended and not work.at.visits:
                work.state = replace(work.state, split_calls=event.split_calls, written=event.written)
                if event.language in work.bundle.languages:
                    work.state = replace(work.state, language=event.language)
                if event.answered_by is not None:
                    _answered_by(work, event.answered_by)
                _call_started(work)
        case st.Heard():
            if event.waited_ms:
                work.state = replace(work.state, spoke_until_ms=event.at_ms - event.waited_ms)
            if event.cost:
                work.state = replace(work.state, model_cost=work.state.model_cost + event.cost)
            if turn.is_awaited(work, event.listen):
                turn.take_turn(work, event.reading)
        case st.KeysEntered():
            if work.state.spoke_until_ms is not None:
                work.state = replace(work.state, spoke_until_ms=None)
            if turn.is_awaited(work, event.listen) and work.state.listening is not None:
                turn.take_turn(work, read_keys(event.keys, work.state.listening, work.now), by_keys=True)
        case st.NothingHeard():
            if turn.is_awaited(work, event.listen):
                turn.stay_silent(work)
        case st.Woke():
            if not ended:
                timers.woke(work, event.id)
        case st.ToolAnswered():
            if event.id in work.state.awaiting:
                timers.tool_answered(work, event.id, event.reply)
        case st.ModelSaid():
            agent.said(work, event)
        case st.ModelReplied():
            agent.replied(work, event)
        case st.ModelFailed():
            agent.failed(work, event)
        case st.TransferEnded():
            _transfer_ended(work, event)
        case st.AttendantAnswered():
            if event.id in work.state.awaiting:
                work.note("tool", work.state.awaiting[event.id].what, "an attendant is on the line")
        case st.AttendantAccepted():
            if _is_held(work, event.id):
                transfer.accepted(work, event)
        case st.PlaceMoved():
            if _is_held(work, event.id):
                transfer.moved(work, event.id, event.position)
        case st.MessageTaken():
            if event.id in work.state.awaiting:
                record.taken(work, event)
        case st.CallbackBooked():
            if event.id in work.state.awaiting:
                sending.booked(work, event)
        case st.CallerLeft():
            if not ended and not work.mute:
                line.caller_left(work)
        case st.StreamLost():
            if work.state.listening is not None and not ended:
                work.emit(StopListening())
        case _:
            assert_never(event)


def _answered_by(work: Work, who: str) -> None:
    """A call that we made begins where the flow says for whoever has taken it."""
    work.state = replace(work.state, answered_by=who)
    work.at = replace(work.at, node=work.flow.answered_by.get(who, work.at.node))


def _call_started(work: Work) -> None:
    work.arm_limit()
    first = work.flow.nodes[work.at.node].steps[0] if work.flow.nodes[work.at.node].steps else None
    announced = isinstance(first, Say) and first.announces_recording
    if work.bundle.announce_recording and not (announced or work.state.written):
        work.say(sentence(work, "recorded"), Interrupt.NO)
    work.goto(work.at.node, None)
    work.walking = True


def _is_held(work: Work, attendant: str) -> bool:
    """Does the caller still hold for this attendant?"""
    waited = work.state.awaiting.get(attendant)
    return waited is not None and waited.kind == "attendant"


def _transfer_ended(work: Work, event: st.TransferEnded) -> None:
    waited = work.state.awaiting.get(event.id)
    if waited is None or waited.kind not in ("transfer", "attendant", "joined"):
        return
    if event.result == "caller_left":
        line.caller_left(work)
    else:
        transfer.over(work, event.id, event.result)
