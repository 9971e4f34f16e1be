"""The caller's line: prompts heard, the caller gone, the stream lost and back."""

from typing import Final

from ivr.flow import state as st
from ivr.flow.flow import Record, Transfer
from ivr.flow.state import Doing, HangUp, Phrase
from ivr.flow.steps import agent, agent_waiting, call, record, sending, transfer
from ivr.flow.steps import path as paths
from ivr.flow.steps.copying import replace
from ivr.flow.steps.end import drop_attendants
from ivr.flow.steps.listening import listen
from ivr.flow.steps.phrases import question_phrase, sentence
from ivr.flow.steps.question import question_here, question_interrupt
from ivr.flow.steps.work import Work
from ivr.flow.types import Interrupt

AWAY: Final = ("transfer", "attendant", "joined", "message")
"""What is waited for while the caller is not with the bot, or speaks to nobody."""


def prompt_done(work: Work, event: st.PromptDone) -> None:
    """What was heard goes into the record, masked; a prompt cut short only as far as it was heard."""
    done = next((prompt for prompt in work.state.prompts if prompt.id == event.id), None)
    if done is None:
        return
    left = tuple(prompt for prompt in work.state.prompts if prompt.id != event.id)
    work.state = replace(work.state, prompts=left)
    work.tell("bot", _heard_of(done.phrase, event.heard, event.cut), done.reply)
    if event.cut and done.reply is not None:
        agent.interrupted(work, done.reply)


def _heard_of(said: Phrase, heard: str, cut: bool) -> str:
    if not cut:
        return said.shown
    if said.text == said.shown:
        return heard
    words = said.shown.split()
    share = len(heard.split()) / max(1, len(said.text.split()))
    return " ".join(words[: int(len(words) * share)])


def caller_left(work: Work) -> None:
    """`on_hangup` runs without a word. Look-ups are not waited for any more; a change's answer is still noted."""
    work.note("outcome", "caller_left")
    way = _way_of_leaving(work)
    drop_attendants(work)
    work.leave_agent()
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
    )
    unsettled = [name for name, slot in work.at.slots.items() if not slot.settled]
    work.empty(unsettled)
    work.wake(work.limit_id, None)
    work.steps_walked = 0
    if way is None:
        work.pop_to_first()
    work.stand((paths.HANGUP, 0) if way is None else way)
    work.at = replace(work.at, question=None)
    work.walking = True


def _way_of_leaving(work: Work) -> paths.Path | None:
    """`caller_left` under `on:` of the transfer or message that the caller left; None: `on_hangup`."""
    if not any(waited.kind in AWAY for waited in work.state.awaiting.values()):
        return None
    path = work.path[: work.path.index(paths.WAIT)] if paths.WAIT in work.path else work.path
    step = paths.step_at(work.flow, work.at.node, path)
    routed = isinstance(step, Transfer | Record) and "caller_left" in step.on
    return (*path, "on/caller_left", 0) if routed else None


def resumed(work: Work) -> None:
    """The stream is back. What the caller may not have heard is said again, and what was waited for still is."""
    if work.mute:
        return
    if work.state.outcome is not None:
        _end_again(work)
        return
    transfer.resumed(work)
    if work.state.doing is Doing.HOLDING:
        return
    work.arm_limit()
    if work.state.doing is Doing.RECORDING:
        _say_unheard(work, None)
        record.resumed(work)
    elif work.state.doing is Doing.TRANSFERRING:  # the carrier would have said how it ended: it was never told to dial
        _say_unheard(work, None)
        transfer.decided(work)
    elif work.state.calling is not None:
        _say_unheard(work, None)
        waited = work.state.awaiting.get(work.state.calling)
        if waited is not None and waited.kind == "callback":
            sending.book_again(work, work.state.calling)
        else:
            call.send_again(work)
    elif agent_waiting.thinking(work) and (talk := agent_waiting.here(work)) is not None:
        _say_unheard(work, None)
        agent_waiting.resumed(work, talk)
    elif work.state.listening is not None:
        question = question_here(work)
        assert question is not None
        asked = question_phrase(work, question)
        _say_unheard(work, asked)
        work.say(asked, question_interrupt(work, question), again=True)
        work.stand(work.at.question_step)
        listen(work, question)


def _say_unheard(work: Work, asked: Phrase | None) -> None:
    """Sorry, and what was on its way when the stream was lost; the open question follows by itself."""
    unheard = [prompt.phrase for prompt in work.state.prompts if prompt.phrase != asked and not prompt.filler]
    work.state = replace(work.state, prompts=())
    for phrase in (sentence(work, "resumed"), *unheard):
        work.say(phrase, work.interrupt(own=None), again=True)


def _end_again(work: Work) -> None:
    """Lost during the goodbye: the rest of it, then hang up."""
    outcome = work.state.outcome
    assert outcome is not None
    unheard = work.state.prompts
    work.state = replace(work.state, prompts=())
    for prompt in unheard:
        work.say(prompt.phrase, Interrupt.NO)
    work.emit(HangUp(outcome))
