"""Where the caller stands; an event in, effects out. Pure: the same arguments give the same answer.

The walk goes from step to step until something must be waited for: an answer of the caller, of a tool, of a transfer.
A prompt is not waited for: it is asked for together with what follows it, so that the caller may answer while it is
still being said, and a look-up runs while the bot speaks. Where the walk stands is a path of data (`steps/path.py`).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from ivr.flow import state as st
from ivr.flow.flow import Ask, Bundle, CallTool, End, Forget, Goto, If, Menu, Say, SetStep, Step, Transfer
from ivr.flow.state import CallState, Doing, Effect, Event, HangUp, Phrase, Standing, StopListening, StopSaying
from ivr.flow.steps import answer, ask, branch, call, end, forget, goto, menu, say, transfer
from ivr.flow.steps import path as paths
from ivr.flow.steps import set as setting
from ivr.flow.steps.listening import listen
from ivr.flow.steps.phrases import sentence
from ivr.flow.steps.question import question_here, question_interrupt
from ivr.flow.steps.work import BUDGET, Work
from ivr.flow.types import Interrupt, Value
from ivr.flow.understand import read_keys
from ivr.units import CallId, Millis

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
) -> CallState:
    """A call before its first event. `started` is aware, UTC; `caller` is empty for a withheld number."""
    flow = bundle.flows[flow_name]
    variables = {name: spec.value for name, spec in flow.vars.items()}
    standing = Standing(flow_name, flow.start, (0,), vars=variables)
    return CallState(
        call=call,
        bundle=bundle.hash,
        started=started,
        caller=caller,
        dialled=dialled,
        seed=seed,
        standings=(standing,),
        language=bundle.language,
        data=dict(data or {}),
    )


def step(bundle: Bundle, state: CallState, event: Event) -> Moved:
    """What happens next. An event whose id nobody awaits, and any event after the end, changes nothing."""
    work = Work(bundle, state, event.at_ms)
    _take(work, event)
    _walk(work)
    return work.done()


def apologise(bundle: Bundle, state: CallState, at_ms: Millis) -> Moved:
    """Something broke outside the flow: its `on_error` takes over, once; after that the engine says goodbye."""
    work = Work(bundle, state, at_ms)
    if state.doing is not Doing.ENDED:
        _fault(work, "a fault outside the flow")
        _walk(work)
    return work.done()


def _take(work: Work, event: Event) -> None:
    ended = work.state.doing is Doing.ENDED
    match event:
        case st.PromptDone():
            _prompt_done(work, event)
        case st.Resumed():
            _resumed(work)
        case st.CallStarted():
            if not ended:
                _call_started(work)
        case st.Heard():
            if _is_awaited(work, event.listen):
                _caller_turn(work, event.reading)
        case st.KeysEntered():
            if _is_awaited(work, event.listen) and work.state.listening is not None:
                _caller_turn(work, read_keys(event.keys, work.state.listening, work.now))
        case st.NothingHeard():
            if _is_awaited(work, event.listen):
                _silence(work)
        case st.Woke():
            if not ended:
                _woke(work, event.id)
        case st.ToolAnswered():
            if event.id in work.state.awaiting:
                call.answered(work, event.id, event.reply)
        case st.TransferEnded():
            _transfer_ended(work, event)
        case st.CallerLeft():
            if not ended and not work.mute:
                _caller_left(work)
        case st.StreamLost():
            if work.state.listening is not None and not ended:
                work.emit(StopListening())
        case _:
            assert_never(event)


# ---- the walk


def _walk(work: Work) -> None:
    while work.walking:
        if work.state.steps_walked >= BUDGET:
            _fault(work, "the flow goes in circles without asking the caller anything")
            continue
        work.state = replace(work.state, steps_walked=work.state.steps_walked + 1)
        steps = paths.steps_at(work.flow, work.at.node, work.at.step)
        index = work.at.step[-1]
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
        case Transfer():
            transfer.run(work, what)
        case End():
            end.run(work, what)
        case _:
            assert_never(what)


def _goto(work: Work, what: Goto) -> None:
    if work.mute:
        work.next()  # a handler that runs without the caller leads nowhere
    else:
        goto.run(work, what)


def _after_list(work: Work) -> None:
    """A list of steps is over: on behind the step it belongs to, or that step again."""
    path = work.at.step
    if len(path) <= 2 and (len(path) == 1 or path[0] in (paths.ERROR, paths.HANGUP)):
        _after_root(work, path)
        return
    branch_name = path[-2]
    assert isinstance(branch_name, str)
    kind, _, rest = branch_name.partition("/")
    work.stand(path[:-2])
    match kind:
        case "rung":
            work.at = replace(work.at, question=rest.split("/")[0])
            ask.ask_again(work, spoken=False)
        case "command":
            work.at = replace(work.at, question=rest.split("/")[0])
            ask.ask_again(work, spoken=True)
        case "offer":
            pass  # the step that asked is taken again
        case "retry":
            pass  # the same call again
        case "confirm":
            step_here = work.step()
            assert isinstance(step_here, CallTool)
            call.after_confirmation(work, step_here)
        case _:
            work.next()


def _after_root(work: Work, path: paths.Path) -> None:
    if path[0] == paths.HANGUP:
        end.end(work, "caller_left")
    elif path[0] == paths.ERROR:
        _say_and_end(work, "error", "error")
    else:
        _fault(work, "the node does not lead on")


def _fault(work: Work, why: str) -> None:
    """`on_error`, once; a fault in there, or where there is none, ends the call with an apology."""
    work.note("error", work.at.node, why)
    again = paths.ERROR in work.at.visits
    work.state = replace(work.state, steps_walked=0, pending=None, listening=None, calling=None)
    if work.mute:
        end.end(work, "caller_left")
    elif again or not work.flow.on_error:
        _say_and_end(work, "error", "error")
    else:
        visits = {**work.at.visits, paths.ERROR: 1}
        work.at = replace(work.at, step=(paths.ERROR, 0), question=None, visits=visits)
        work.forget_said()
        work.walking = True


def _say_and_end(work: Work, word: str, outcome: str) -> None:
    work.say(sentence(work, word), Interrupt.NO)
    end.end(work, outcome)


# ---- the caller


def _call_started(work: Work) -> None:
    if work.flow.limits.call_ms is not None:
        work.wake(_limit_id(work), work.flow.limits.call_ms)
    first = work.flow.nodes[work.at.node].steps[0] if work.flow.nodes[work.at.node].steps else None
    announced = isinstance(first, Say) and first.announces_recording
    if work.bundle.announce_recording and not announced:
        work.say(sentence(work, "recorded"), Interrupt.NO)
    work.goto(work.at.node, None)
    work.walking = True


def _is_awaited(work: Work, listen_id: str) -> bool:
    """Late news is not unknown: an answer to an earlier question changes nothing."""
    return work.state.listening is not None and work.state.listening.id == listen_id


def _caller_turn(work: Work, reading: st.Reading) -> None:
    heard = work.state.listening
    assert heard is not None
    turns = work.state.turns + 1
    work.state = replace(work.state, listening=None, turns=turns, quiet_ms=0, steps_walked=0)
    most = work.flow.limits.turns
    if most is not None and turns > most:
        work.tell("caller", answer.masked_words(work, heard, reading))
        _limit(work, "limit")
        return
    answer.take(work, heard, reading)


def _silence(work: Work) -> None:
    """Silence counts at questions only, while the bot does not speak, and in a row."""
    heard = work.state.listening
    assert heard is not None
    quiet_ms = work.state.quiet_ms + heard.answer_within_ms
    work.state = replace(work.state, listening=None, quiet_ms=quiet_ms, steps_walked=0)
    most = work.flow.limits.silence_ms
    if most is not None and quiet_ms >= most:
        _limit(work, "silence")
    else:
        answer.nothing(work)


def _limit(work: Work, word: str) -> None:
    work.emit(StopSaying())
    if work.state.listening is not None:
        work.emit(StopListening())
    _say_and_end(work, word, "limit")


def _limit_id(work: Work) -> str:
    return f"{work.state.call}:limit"


def _caller_left(work: Work) -> None:
    """`on_hangup` runs without a word. Look-ups are not waited for any more; a change's answer is still noted."""
    work.note("outcome", "caller_left")
    changes = {key: waited for key, waited in work.state.awaiting.items() if waited.changes_world}
    work.state = replace(
        work.state,
        outcome="caller_left",
        doing=Doing.ENDING,
        listening=None,
        pending=None,
        calling=None,
        awaiting=changes,
        prompts=(),
        steps_walked=0,
    )
    unsettled = [name for name, slot in work.at.slots.items() if not slot.settled]
    work.empty(unsettled)
    work.wake(_limit_id(work), None)
    work.at = replace(work.at, step=(paths.HANGUP, 0), question=None)
    work.walking = True


# ---- prompts, timers, transfers, streams


def _prompt_done(work: Work, event: st.PromptDone) -> None:
    """What was heard goes into the record, masked; a prompt cut short only as far as it was heard."""
    done = next((prompt for prompt in work.state.prompts if prompt.id == event.id), None)
    if done is None:
        return
    left = tuple(prompt for prompt in work.state.prompts if prompt.id != event.id)
    work.state = replace(work.state, prompts=left)
    work.tell("bot", _heard_of(done.phrase, event.heard, event.cut))


def _heard_of(said: Phrase, heard: str, cut: bool) -> str:
    if not cut:
        return said.shown
    if said.text == said.shown:
        return heard
    words = said.shown.split()
    share = len(heard.split()) / max(1, len(said.text.split()))
    return " ".join(words[: int(len(words) * share)])


def _woke(work: Work, wake_id: str) -> None:
    if wake_id == _limit_id(work):
        if work.state.doing not in (Doing.TRANSFERRING, Doing.ENDING):
            _limit(work, "limit")
        return
    awaited, _, why = wake_id.rpartition(":")
    if awaited not in work.state.awaiting:
        return
    if why == "filler":
        call.say_filler(work, awaited)
    elif why == "deadline":
        call.answered(work, awaited, st.RawReply(error="timeout"))


def _transfer_ended(work: Work, event: st.TransferEnded) -> None:
    waited = work.state.awaiting.get(event.id)
    if waited is None or waited.kind != "transfer":
        return
    if event.result == "caller_left":
        _caller_left(work)
    else:
        transfer.over(work, event.id, event.result)


def _resumed(work: Work) -> None:
    """The stream is back. What the caller may not have heard is said again, and what was waited for still is."""
    if work.mute:
        return
    if work.state.outcome is not None:
        _end_again(work)
        return
    if work.flow.limits.call_ms is not None:
        work.wake(_limit_id(work), work.flow.limits.call_ms)
    if work.state.calling is not None:
        call.send_again(work)
    elif work.state.listening is not None:
        _ask_after_loss(work)


def _ask_after_loss(work: Work) -> None:
    question = question_here(work)
    assert question is not None
    work.say(sentence(work, "resumed"), question_interrupt(work, question), again=True)
    work.say(work.state.last_prompt, question_interrupt(work, question), again=True)
    work.stand(paths.question_path(work.at.step))
    listen(work, question)


def _end_again(work: Work) -> None:
    """Lost during the goodbye: the rest of it, then hang up."""
    assert work.state.outcome is not None
    for prompt in work.state.prompts:
        work.say(prompt.phrase, Interrupt.NO)
    work.emit(HangUp(work.state.outcome))
