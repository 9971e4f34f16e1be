"""Questions of the engine's own about earlier answers: what to change, and which of several is meant.

They hang on the question that was open, as a branch of the step that asked it; with nothing to change the call goes on
there as it was.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from ivr.flow.commands import NOTHING
from ivr.flow.flow import Option, SlotSpec
from ivr.flow.state import Expected, Fill, Phrase
from ivr.flow.steps import path as paths
from ivr.flow.steps.copying import replace
from ivr.flow.steps.question import Question
from ivr.flow.steps.worded import filled_sentence, joined_phrases
from ivr.flow.steps.work import Work
from ivr.flow.types import Type

NONE: Final = "nothing"
"""The option that leaves everything as it is. No slot can have this name here: it stands behind them."""


def ask_what(work: Work) -> None:
    """What would you like to change?"""
    _open(work, "change")


def ask_which(work: Work, fills: Sequence[Fill]) -> None:
    """Do you mean the day or the return day?"""
    work.at = replace(work.at, either=tuple(reversed(fills)))  # as they were asked
    _open(work, "which")


def _open(work: Work, branch: str) -> None:
    leave(work)
    work.state = replace(work.state, pending=None)
    work.stand(work.at.question_step)
    work.enter(f"{branch}/{work.at.question}")
    work.walking = True


def is_aside(question: Question) -> bool:
    return question.name in (paths.CHANGE, paths.WHICH)


def leave(work: Work) -> bool:
    """The open question is again the one that this hung on; False: there was none of ours."""
    step = before = work.at.question_step
    while len(step) >= 2 and isinstance(step[-2], str) and step[-2].startswith(("change/", "which/")):
        work.at = replace(work.at, question=step[-2].partition("/")[2], question_step=step[:-2])
        step = step[:-2]
    return step is not before


def go_on(work: Work) -> None:
    """Nothing is changed: the step that asked is taken again."""
    leave(work)
    work.at = replace(work.at, either=())
    work.stand(work.at.question_step)
    work.walking = True


# ---- what is offered


def expected(work: Work, question: Question, slots: Iterable[SlotSpec]) -> Expected:
    """One option for each slot, heard by its name and the words that lead to it."""
    options = tuple(_option(spec) for spec in slots)
    nothing = Option(NONE, NOTHING, None, NONE, question.step.place, offered=False)
    return Expected(question.name, Type.CHOICE, options=(*options, nothing))


def _option(spec: SlotSpec) -> Option:
    label = label_of(spec)
    unlike = tuple(noun for noun in spec.nouns if len(noun) > 3)
    return Option(spec.name, (label, *spec.lead, *unlike), None, label, spec.place)


def label_of(spec: SlotSpec) -> str:
    return spec.name.replace("_", " ")


def aside_phrase(work: Work, question: Question) -> Phrase:
    if question.name == paths.CHANGE:
        return filled_sentence(work, "what_to_change", {})
    labels = [label_of(work.flow.slots[fill.slot]) for fill in work.at.either]
    named = [filled_sentence(work, "the_slot", {"slot": Phrase(label, label)}) for label in labels]
    return filled_sentence(work, "which_one", {"slots": joined_phrases(named, filled_sentence(work, "or", {}))})
