"""`ask:` gets slots filled: one question at a time, each value that needs it read back."""

from typing import Final

from ivr.flow.flow import Agent, Ask
from ivr.flow.flow.tools import SUMMARY
from ivr.flow.grammar import evaluate
from ivr.flow.state import Asked, Fill, Pending, Slot
from ivr.flow.steps import agent_waiting, checking, offered, parts, summary
from ivr.flow.steps import path as paths
from ivr.flow.steps.copying import replace
from ivr.flow.steps.expected import is_open
from ivr.flow.steps.listening import listen
from ivr.flow.steps.phrases import question_phrase, sentence
from ivr.flow.steps.question import Question, question_here, question_interrupt
from ivr.flow.steps.trouble import give_up, trouble
from ivr.flow.steps.work import Work
from ivr.flow.types import Privacy, Source, Trouble

REMEMBERED: Final = 50
"""Questions that `back` and corrections can return to."""


def run(work: Work, step: Ask) -> None:
    if work.mute:
        work.next()
        return
    _drop_unwanted(work, step)
    partial = parts.unfinished(work, (*step.slots, *step.may_fill))
    if partial is not None:
        _ask_for_the_rest(work, partial)
        return
    unchecked = checking.unchecked(work, (*step.slots, *step.may_fill))
    if unchecked is not None:
        checking.send(work, unchecked)
        return
    unsettled = _first_unsettled(work, step)
    if unsettled is not None:
        _read_back(work, unsettled)
        return
    name = _first_open(work, step)
    if name is None and not summary.is_answered(work, step):
        open_question(work, SUMMARY)
    elif name is None:
        work.at = replace(work.at, question=None)
        work.next()
    elif name in work.at.doubts:
        _ask_doubted(work, name)
    else:
        open_question(work, name)


def open_question(work: Work, name: str) -> None:
    """Say a question and wait for its answer."""
    work.at = replace(work.at, question=name, question_step=work.path)
    question = _here(work)
    if _is_not_for_writing(work, question):
        return
    remember(work, question)
    offered.first_page(work, name)
    if question.listed is not None and not offered.records(work, question.listed.list):
        _nothing_offered(work, question)
        return
    work.say(question_phrase(work, question), question_interrupt(work, question))
    listen(work, question)


def _is_not_for_writing(work: Work, question: Question) -> bool:
    """A card number or a code would stand in the sender's and in others' logs for good: in writing it is not asked.
    That is said, and the question is left as its ladder ends, which mostly leads to a person."""
    if not work.state.written or question.privacy not in (Privacy.PCI, Privacy.SECRET):
        return False
    work.note("error", question.name, "not asked in writing", question.step.place)
    work.say(sentence(work, "not_in_writing"), question_interrupt(work, question), again=True)
    give_up(work, question)
    return True


def _nothing_offered(work: Work, question: Question) -> None:
    """There is nothing to choose from: an optional slot stays empty, and any other question is left as its ladder
    ends."""
    work.note("error", question.name, "nothing to choose from", question.step.place)
    if question.slot is not None and question.slot.optional:
        work.fill(question.name, Slot(None, Source.TOOL))
        work.walking = True
        return
    work.say(sentence(work, "no_choices"), question_interrupt(work, question), again=True)
    give_up(work, question)


def ask_again(work: Work, *, spoken: bool) -> None:
    """Back to the open question with its counters as they are; `spoken`: it is said once more, and keys typed ahead
    still count."""
    work.stand(work.at.question_step)
    question = _here(work)
    if isinstance(question.step, Agent) and question.pending is None:
        agent_waiting.again(work, question.step, spoken=spoken)
        return
    if spoken:
        work.say(question_phrase(work, question), question_interrupt(work, question), again=True)
    listen(work, question, ahead=spoken)


def remember(work: Work, question: Question) -> None:
    """Each question remembers the slots as they were when it was asked."""
    if question.name in (paths.OFFER, paths.CHANGE, paths.WHICH):
        return
    asked = Asked(question.name, work.at.node, work.at.question_step, work.at.slots)
    before = work.at.asked
    if work.at.retracing:
        before = before[: _index_of(before, asked)]
    if before and _is_same(before[-1], asked):
        before = before[:-1]
    work.at = replace(work.at, asked=(*before, asked)[-REMEMBERED:], retracing=False)


def _index_of(before: tuple[Asked, ...], asked: Asked) -> int:
    """Where this question was asked last; behind all of them, if it was not."""
    places = [at for at, one in enumerate(before) if _is_same(one, asked)]
    return places[-1] if places else len(before)


def _is_same(one: Asked, other: Asked) -> bool:
    return (one.question, one.node, one.step) == (other.question, other.node, other.step)


def _here(work: Work) -> Question:
    question = question_here(work)
    assert question is not None
    return question


def _drop_unwanted(work: Work, step: Ask) -> None:
    """`only_if:` skips and empties while it does not hold."""
    unwanted = [n for n in step.slots if n in work.at.slots and not is_wanted(work, n)]
    if unwanted:
        work.empty(unwanted)


def is_wanted(work: Work, name: str) -> bool:
    only_if = work.flow.slots[name].only_if
    return only_if is None or evaluate(only_if, work)


def _first_unsettled(work: Work, step: Ask) -> str | None:
    for name in (*step.slots, *step.may_fill):
        held = work.at.slots.get(name)
        if held is not None and not held.settled:
            return name
    return None


def _first_open(work: Work, step: Ask) -> str | None:
    for name in step.slots:
        if is_open(work, name) and work.flow.slots[name].ask is not None:
            return name
    return None


def _read_back(work: Work, name: str) -> None:
    held = work.at.slots[name]
    fill = Fill(name, held.value, held.source, held.sure)
    work.state = replace(work.state, pending=Pending(fill, work.path))
    work.at = replace(work.at, question=name, question_step=work.path)
    question = _here(work)
    work.say(question_phrase(work, question), question_interrupt(work, question))
    listen(work, question)


def _ask_for_the_rest(work: Work, name: str) -> None:
    work.at = replace(work.at, question=name, question_step=work.path)
    question = _here(work)
    work.say(question_phrase(work, question), question_interrupt(work, question))
    listen(work, question)


def _ask_doubted(work: Work, name: str) -> None:
    """A correction elsewhere broke this slot's rule: say why, then ask."""
    why = work.at.doubts[name]
    doubts = {key: reason for key, reason in work.at.doubts.items() if key != name}
    work.at = replace(work.at, question=name, question_step=work.path, doubts=doubts)
    question = _here(work)
    if _is_not_for_writing(work, question):
        return
    remember(work, question)
    trouble(work, question, Trouble.INVALID, why)
