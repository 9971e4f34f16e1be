"""`summary:` reads back all that was asked in one sentence; a change that needs it is made only after its yes."""

from collections.abc import Mapping

from ivr.flow.flow import Ask, ToolSpec
from ivr.flow.flow.tools import SUMMARY, names_in_summary
from ivr.flow.state import Agreed, Reading
from ivr.flow.steps import asides
from ivr.flow.steps.copying import replace
from ivr.flow.steps.question import Question
from ivr.flow.steps.work import Work
from ivr.flow.types import Value


def is_answered(work: Work, step: Ask) -> bool:
    """Agreed to as it stands now, or refused as it stands now with nothing to change."""
    return step.summary is None or _stands(work, names_in_summary(step))


def confirms(work: Work, names: frozenset[str]) -> bool:
    """Were all answers among these agreed to in the last summary?"""
    agreed = work.at.agreed
    asked = [name for name in names if name in work.flow.slots]
    return agreed is not None and agreed.yes and _stands(work, asked)


def refused(work: Work, names: frozenset[str]) -> bool:
    agreed = work.at.agreed
    asked = [name for name in names if name in work.flow.slots]
    return agreed is not None and not agreed.yes and _stands(work, asked)


def _stands(work: Work, names: "tuple[str, ...] | list[str]") -> bool:
    agreed = work.at.agreed
    return agreed is not None and all(
        name in agreed.values and agreed.values[name] == work.value((name,)) for name in names
    )


def forget(work: Work) -> None:
    """It has to be agreed to anew."""
    work.at = replace(work.at, agreed=None)


def is_confirmed_by(tool: ToolSpec) -> bool:
    return tool.confirm_with == SUMMARY


# ---- its answer


def answer(work: Work, question: Question, reading: Reading) -> bool:
    """A plain yes or no to it; False: the words are for others to take."""
    assert isinstance(question.step, Ask)
    mine = next((fill.value for fill in reading.fills if fill.slot == SUMMARY), reading.yes)
    if any(fill.slot != SUMMARY for fill in reading.fills) or reading.change is not None or mine is None:
        return False
    work.forget_said()
    if mine:
        _agree(work, question.step, yes=True)
    elif question.step.on_no is not None:
        work.note("filled", SUMMARY, "refused", question.step.place)
        work.stand(work.at.question_step)
        work.goto(question.step.on_no, question.step.place)
        work.walking = True
    else:
        work.note("filled", SUMMARY, "something is wrong", question.step.place)
        asides.ask_what(work)
    return True


def nothing_to_change(work: Work, step: Ask) -> None:
    """No, and nothing to change. Where a change waits for it, it is declined; else it is read back once more."""
    if any(is_confirmed_by(tool) for tool in work.flow.tools.values()):
        _agree(work, step, yes=False)


def _agree(work: Work, step: Ask, *, yes: bool) -> None:
    values: Mapping[str, Value | None] = {name: work.value((name,)) for name in names_in_summary(step)}
    slots = dict(work.at.slots)
    for name in step.slots if yes else ():
        if name in slots:
            slots[name] = replace(slots[name], confirmed=True)
    work.at = replace(work.at, agreed=Agreed(values, yes), slots=slots)
    work.note("filled", SUMMARY, "confirmed" if yes else "refused", step.place)
    work.stand(work.at.question_step)
    work.walking = True


def is_open(question: Question) -> bool:
    return question.name == SUMMARY and isinstance(question.step, Ask)
