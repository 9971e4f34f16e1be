"""Ladders: what is done the n-th time an answer fails."""

from ivr.flow.flow import End, Goto, Rung, Transfer
from ivr.flow.state import Phrase
from ivr.flow.steps import path as paths
from ivr.flow.steps.copying import replace
from ivr.flow.steps.phrases import keypad_hint_phrase
from ivr.flow.steps.question import Question
from ivr.flow.steps.waiting import is_waiting, listen_again
from ivr.flow.steps.work import Work
from ivr.flow.types import Trouble

NO_REASON = Phrase("", "")


def trouble(work: Work, question: Question, kind: Trouble, why: Phrase = NO_REASON, *, unheard: int = 0) -> None:
    """Count the failure and enter the rung for it. `unheard`: see Reading; from the second time on a rung that asks
    again says how to answer by keys instead."""
    if is_waiting(question):
        listen_again(work)
        return
    key = (question.name, kind)
    count = work.at.tries.get(key, 0) + 1
    work.at = replace(work.at, tries={**work.at.tries, key: count}, why=why)
    ladders = paths.rungs(work.flow, work.node, question.name, question.step, kind)
    level, number = last_rung(ladders) if _used_up(work, question.name) else nth_rung(ladders, count)
    if unheard > 1 and not leaves(ladders[level][number]) and keypad_hint_phrase(work, question).text:
        level, number = paths.BY_KEYS, 0
    work.note("trouble", question.name, f"{kind} {count}, {level} rung {number + 1}", question.step.place)
    work.stand(work.at.question_step)
    work.enter(f"rung/{question.name}/{kind}/{level}/{number}")
    work.walking = True


def give_up(work: Work, question: Question) -> None:
    """It cannot be answered: the last rung, at once."""
    ladders = paths.rungs(work.flow, work.node, question.name, question.step, Trouble.NO_MATCH)
    level, number = last_rung(ladders)
    work.note("trouble", question.name, f"{Trouble.NO_MATCH}, {level} rung {number + 1}", question.step.place)
    work.stand(work.at.question_step)
    work.enter(f"rung/{question.name}/{Trouble.NO_MATCH}/{level}/{number}")
    work.walking = True


def _used_up(work: Work, question: str) -> bool:
    cap = work.flow.limits.tries
    return cap is not None and sum(n for (name, _), n in work.at.tries.items() if name == question) >= cap


def nth_rung(ladders: dict[str, tuple[Rung, ...]], count: int) -> tuple[str, int]:
    """The innermost rung for this attempt. A ladder whose last rung leaves hides those around it."""
    for level, rungs in ladders.items():
        if count <= len(rungs):
            return level, count - 1
        if leaves(rungs[-1]):
            return level, len(rungs) - 1
    return last_rung(ladders)


def last_rung(ladders: dict[str, tuple[Rung, ...]]) -> tuple[str, int]:
    """The end of the ladder: the last rung of the innermost one that leaves. The engine's own always does."""
    for level, rungs in ladders.items():
        if leaves(rungs[-1]):
            return level, len(rungs) - 1
    raise AssertionError("the engine's own ladder leaves")


def leaves(rung: Rung) -> bool:
    return any(isinstance(step, (Goto, End, Transfer)) for step in rung.steps)
