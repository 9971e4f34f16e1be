"""The questions that a flow has asked, in their order."""

from ivr.flow.flow import Ask
from ivr.flow.steps import path as paths
from ivr.flow.steps.work import Work


def asked_step(work: Work, name: str) -> int | None:
    """Index of the latest question, as it was asked, whose step asks for this slot."""
    for index in range(len(work.at.asked) - 1, -1, -1):
        asked = work.at.asked[index]
        if asked.question == name:
            return index
        step = paths.step_at(work.flow, asked.node, asked.step)
        if isinstance(step, Ask) and name in (*step.slots, *step.may_fill):
            return index
    return None


def asked_names(work: Work) -> set[str]:
    """Every name of which `asked_step` knows a question."""
    names: set[str] = set()
    for asked in work.at.asked:
        names.add(asked.question)
        step = paths.step_at(work.flow, asked.node, asked.step)
        if isinstance(step, Ask):
            names.update(step.slots, step.may_fill)
    return names
