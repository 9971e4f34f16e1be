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
from ivr.flow.flow import (
    Agent,
    Ask,
    Bundle,
    Callback,
    CallTool,
    End,
    Forget,
    Goto,
    Grant,
    Handoff,
    If,
    Menu,
    Page,
    Post,
    Record,
    Return,
    Run,
    Say,
    SetStep,
    SpeakIn,
    Split,
    Step,
    TextMessage,
    Transfer,
)
from ivr.flow.inputs import read_inputs
from ivr.flow.state import CallState, Doing, Effect, Event, Slot, StopListening
from ivr.flow.steps import (
    after,
    agent,
    agent_caller,
    agent_waiting,
    answer,
    ask,
    branch,
    call,
    end,
    faults,
    forget,
    goto,
    language,
    line,
    menu,
    record,
    say,
    sending,
    split,
    subflows,
    transfer,
    waiting,
)
from ivr.flow.steps import path as paths
from ivr.flow.steps import set as setting
from ivr.flow.steps.copying import replace
from ivr.flow.steps.phrases import sentence
from ivr.flow.steps.work import BUDGET, Work
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
    _walk(work)
    transfer.tidy(work)
    after.after_call(work)
    return work.done()


def apologise(bundle: Bundle, state: CallState, at_ms: Millis) -> Moved:
    """Something broke outside the flow: its `on_error` takes over, once; after that the engine says goodbye."""
    work = Work(bundle, state, at_ms)
    if state.doing is not Doing.ENDED:
        faults.fault(work, "a fault outside the flow")
        _walk(work)
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
                work.state = replace(work.state, split_calls=event.split_calls)
                _call_started(work)
        case st.Heard():
            if _is_awaited(work, event.listen):
                _caller_turn(work, event.reading)
        case st.KeysEntered():
            if _is_awaited(work, event.listen) and work.state.listening is not None:
                _caller_turn(work, read_keys(event.keys, work.state.listening, work.now), by_keys=True)
        case st.NothingHeard():
            if _is_awaited(work, event.listen):
                _silence(work)
        case st.Woke():
            if not ended:
                _woke(work, event.id)
        case st.ToolAnswered():
            if event.id in work.state.awaiting:
                _tool_answered(work, event.id, event.reply)
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


# ---- the walk


def _walk(work: Work) -> None:
    while work.walking:
        if work.steps_walked >= BUDGET:
            faults.fault(work, "the flow goes in circles without asking the caller anything")
            continue
        work.steps_walked += 1
        steps = paths.steps_at(work.flow, work.at.node, work.path)
        index = work.path[-1]
        assert isinstance(index, int)
        if index < len(steps):
            _run(work, steps[index])
        else:
            _after_list(work)


def _run(work: Work, what: Step) -> None:
    match what:
        case Say():
            say.run(work, what)
        case Ask():
            ask.run(work, what)
        case Menu():
            menu.run(work, what)
        case If():
            branch.run(work, what)
        case SetStep():
            setting.run(work, what)
        case Forget():
            forget.run(work, what)
        case CallTool():
            call.run(work, what)
        case Goto():
            _goto(work, what)
        case Grant():
            work.grant(what.fact, what.names)
            work.note("decided", what.fact, "granted", what.place)
            work.next()
        case Run():
            subflows.run(work, what)
        case Return():
            subflows.come_back(work, what)
        case Handoff():
            subflows.hand_over(work, what)
        case Agent():
            agent.run(work, what)
        case Transfer():
            transfer.run(work, what)
        case Record():
            record.run(work, what)
        case Split():
            split.run(work, what)
        case SpeakIn():
            language.run(work, what)
        case Callback():
            sending.callback(work, what)
        case TextMessage():
            sending.text(work, what)
        case Post():
            sending.post(work, what)
        case Page():
            sending.page(work, what)
        case End():
            end.run(work, what)
        case _:
            raise AssertionError(f"the loader makes no {type(what).__name__} yet")


def _goto(work: Work, what: Goto) -> None:
    if work.mute:
        work.next()  # a handler that runs without the caller leads nowhere
    else:
        goto.run(work, what)


def _after_list(work: Work) -> None:
    """A list of steps is over: on behind the step it belongs to, or that step again."""
    path = work.path
    if len(path) <= 2 and (len(path) == 1 or path[0] in paths.HANDLERS):
        _after_root(work, path)
        return
    branch_name = path[-2]
    assert isinstance(branch_name, str)
    kind, _, rest = branch_name.partition("/")
    work.stand(path[:-2])
    match kind:
        case "rung":
            _reopen(work, rest)
            ask.ask_again(work, spoken=False)
        case "command":
            _reopen(work, rest)
            ask.ask_again(work, spoken=True)
        case "offer" | "change" | "which":
            pass  # the step that asked is taken again
        case paths.WAIT:
            step_here = work.step()
            assert isinstance(step_here, Transfer)
            waiting.go_on(work, step_here)
        case "on" if work.mute:
            end.end(work, "caller_left")  # the way of a caller who left leads nowhere else
        case "retry":
            pass  # the same call again
        case "confirm" if rest:
            agent.after_confirmation(work)
        case "confirm":
            step_here = work.step()
            assert isinstance(step_here, CallTool)
            call.after_confirmation(work, step_here)
        case _:
            work.next()


def _reopen(work: Work, aside: str) -> None:
    """Back from a rung or a command: the question it hung on is the open one, whatever was asked meanwhile."""
    work.at = replace(work.at, question=aside.split("/")[0], question_step=work.path)


def _after_root(work: Work, path: paths.Path) -> None:
    if path[0] == paths.HANGUP:
        end.end(work, "caller_left")
    elif path[0] == paths.ERROR:
        faults.say_and_end(work, "error", "error")
    elif path[0] == paths.LIMIT:
        faults.say_and_end(work, "limit", "limit")
    else:
        faults.fault(work, "the node does not lead on")


# ---- the caller


def _call_started(work: Work) -> None:
    work.arm_limit()
    first = work.flow.nodes[work.at.node].steps[0] if work.flow.nodes[work.at.node].steps else None
    announced = isinstance(first, Say) and first.announces_recording
    if work.bundle.announce_recording and not announced:
        work.say(sentence(work, "recorded"), Interrupt.NO)
    work.goto(work.at.node, None)
    work.walking = True


def _is_awaited(work: Work, listen_id: str) -> bool:
    """Late news is not unknown: an answer to an earlier question changes nothing."""
    return work.state.listening is not None and work.state.listening.id == listen_id


def _tool_answered(work: Work, answered: str, reply: st.RawReply | st.NamedReply) -> None:
    if agent.waits_for(work, answered):
        agent.tool_answered(work, answered, reply)
    else:
        call.answered(work, answered, reply)


def _caller_turn(work: Work, reading: st.Reading, *, by_keys: bool = False) -> None:
    heard = work.state.listening
    assert heard is not None
    turns = work.state.turns + 1
    work.state = replace(work.state, listening=None, turns=turns, quiet_ms=0)
    work.steps_walked = 0
    most = faults.AFTER_LIMIT_TURNS if work.state.over_limit else work.first_flow.limits.turns
    talk = agent_waiting.here(work)
    if most is not None and turns > most:
        work.tell("caller", agent_caller.masked_words(work, heard, reading))
        faults.limit(work, "limit")
        return
    if talk is None:
        if not agent_caller.overheard(work, heard, reading):
            answer.take(work, heard, reading)
    elif by_keys:
        agent_caller.keyed(work, talk, heard, reading)
    else:
        agent_caller.heard(work, talk, heard, reading)


def _silence(work: Work) -> None:
    """Silence counts at questions only, while the bot does not speak, and in a row."""
    heard = work.state.listening
    assert heard is not None
    talk = agent_waiting.here(work)
    thinks = talk is not None and agent_waiting.thinking(work)  # the caller waits for us
    quiet_ms = work.state.quiet_ms + (0 if thinks or heard.waiting else heard.answer_within_ms)
    work.state = replace(work.state, listening=None, quiet_ms=quiet_ms)
    work.steps_walked = 0
    most = work.first_flow.limits.silence_ms
    if most is not None and quiet_ms >= most:
        faults.limit(work, "silence")
    elif talk is not None:
        agent_caller.silent(work, talk)
    else:
        answer.nothing(work)


# ---- prompts, timers, transfers, streams


def _woke(work: Work, wake_id: str) -> None:
    if wake_id == work.limit_id:
        if work.state.doing not in (Doing.HOLDING, Doing.TRANSFERRING, Doing.RECORDING, Doing.ENDING):
            faults.limit(work, "limit")
        return
    awaited, _, why = wake_id.rpartition(":")
    if awaited not in work.state.awaiting:
        return
    if why == "filler" and (agent.waits_for(work, awaited) or work.state.awaiting[awaited].kind == "model"):
        agent_waiting.still_here(work, awaited)
    elif why == "filler":
        call.say_filler(work, awaited)
    elif why == "every":
        waiting.say_line(work, awaited)
    elif why == "deadline":
        _overdue(work, awaited)


def _overdue(work: Work, awaited: str) -> None:
    match work.state.awaiting[awaited].kind:
        case "attendant":
            transfer.nobody_came(work, awaited)
        case "callback":
            sending.booked(work, st.CallbackBooked(work.at_ms, awaited, "failed"))
        case "message":
            record.taken(work, st.MessageTaken(work.at_ms, awaited, "failed"))
        case "model":
            agent.failed(work, st.ModelFailed(work.at_ms, awaited, "timeout"))
        case "tool":
            _tool_answered(work, awaited, st.RawReply(error="timeout"))
        case _:
            pass  # of a transfer the carrier tells the end


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
