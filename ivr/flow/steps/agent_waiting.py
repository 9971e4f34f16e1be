"""Listening while a model talks with the caller, and while it thinks: the caller may speak at any time."""

import re
from typing import Final

from ivr.flow import state as st
from ivr.flow.flow import Agent
from ivr.flow.privacy import mask_numbers
from ivr.flow.spoken.masks import DOTS
from ivr.flow.state import Doing
from ivr.flow.steps import agent_asking, call
from ivr.flow.steps.copying import replace
from ivr.flow.steps.listening import listen as listen_for
from ivr.flow.steps.phrases import prompt_phrase, question_phrase, sentence
from ivr.flow.steps.question import question_here, question_interrupt
from ivr.flow.steps.work import Work
from ivr.flow.types import Privacy

WITHIN_MS: Final = 600_000
"""While a model or a tool is at work nobody's silence is counted."""
AGAIN_MS: Final = (2700, 3400, 2700)
"""From each sentence that bridges a wait to the next; they take one, two and one second themselves. The last stands: a
model is not waited for longer."""
_OURS: Final = ("thinking", "still_there", "thinking")


def here(work: Work) -> Agent | None:
    """The agent whose talk is open; None: another question is, or none."""
    if work.at.agency is None or work.at.question is None:
        return None
    question = question_here(work)
    return question.step if question is not None and isinstance(question.step, Agent) else None


def thinking(work: Work) -> bool:
    """Does the caller wait for the model, or for tools that it asked for?"""
    agency = work.at.agency
    return agency is not None and (agency.asking is not None or bool(agency.sent))


def listen(work: Work, step: Agent) -> None:
    work.at = replace(work.at, question=step.name, question_step=work.path)
    question = question_here(work)
    assert question is not None
    if thinking(work):
        listen_for(work, replace(question, settings=replace(question.settings, answer_within_ms=WITHIN_MS)))
        work.state = replace(work.state, doing=Doing.THINKING)
    else:
        listen_for(work, question)


def again(work: Work, step: Agent, *, spoken: bool) -> None:
    """Back to the talk, from a rung, a command or nothing of use. What was under way before goes on."""
    work.stand(work.at.question_step)
    agency = work.at.agency
    assert agency is not None
    if not thinking(work) and (agency.unanswered or agency.wanted or agency.exits):
        work.walking = True
        return
    if spoken and not thinking(work):
        question = question_here(work)
        assert question is not None
        work.say(question_phrase(work, question), question_interrupt(work, question), again=True)
    listen(work, step)


def resumed(work: Work, step: Agent) -> None:
    """The stream is back: the model is asked again, and so are look-ups; a change is only waited for."""
    work.stand(work.at.question_step)
    for sent in tuple(work.at.agency.sent) if work.at.agency is not None else ():
        _look_up_again(work, sent)
    agency = work.at.agency
    assert agency is not None
    if agency.asking is not None:
        agent_asking.drop(work)
        agent_asking.ask(work, step)
    listen(work, step)


def _look_up_again(work: Work, sent: str) -> None:
    agency, waited = work.at.agency, work.state.awaiting.get(sent)
    assert agency is not None
    if waited is None:
        return
    if waited.changes_world:
        work.wake(call.deadline_id(sent), waited.deadline_ms)
        return
    tool = work.flow.tools[waited.what]
    names = next((made.names for made in work.state.made if made.of(tool)), frozenset())
    call.unwait(work, sent)
    anew = call.dispatch(work, tool, waited.arguments, names)
    under_way = {key: request for key, request in agency.sent.items() if key != sent} | {anew: agency.sent[sent]}
    work.at = replace(work.at, agency=replace(agency, sent=under_way))


def masked(work: Work, listening: st.Listen, words: str) -> str:
    """The caller's words as anybody may read them: with what may be private digits as dots."""
    guarded = listening.guarded or listening.privacy is not Privacy.OPEN
    return mask_numbers(words) if guarded else mask_numbers(words, agent_asking.CARD_DIGITS)


def shown(work: Work, words: str) -> str:
    """A model's words as anybody may read them: it may repeat what the caller told it."""
    private = [spec for spec in work.flow.slots.values() if spec.privacy is not Privacy.OPEN]
    masks = mask_numbers(words) if private else mask_numbers(words, agent_asking.CARD_DIGITS)
    for spec in private:
        held = work.at.slots.get(spec.name)
        if held is not None and isinstance(held.value, str) and len(held.value) > 1:
            masks = re.sub(re.escape(held.value), lambda _: DOTS, masks, flags=re.IGNORECASE)
    return masks


def still_here(work: Work, awaited: str) -> None:
    """The model, or a tool that it asked for, takes its time. Only while nothing else is to be heard: the tool's own
    sentences, or ours."""
    agency = work.at.agency
    waited = work.state.awaiting[awaited]
    if agency is None or work.mute or (awaited != agency.asking and awaited not in agency.sent):
        return
    said = waited.fillers
    filler = work.flow.tools[waited.what].filler if waited.kind == "tool" else None
    ours = _OURS[said - len(filler.says) if filler is not None else said :][:1]
    if not work.state.prompts:
        if filler is not None and said < len(filler.says):
            work.say(prompt_phrase(work, filler.says[said]), work.interrupt(own=None), filler=True)
        elif ours:
            work.say(sentence(work, ours[0]), work.interrupt(own=None), filler=True)
        said += 1
        work.state = replace(work.state, awaiting={**work.state.awaiting, awaited: replace(waited, fillers=said)})
    if ours or (filler is not None and said <= len(filler.says)):
        work.wake(f"{awaited}:filler", work.at_ms + AGAIN_MS[min(said, len(AGAIN_MS)) - 1])
