"""The question that is open: a slot's, a menu's, or whether a value is right."""

from dataclasses import dataclass

from ivr.flow.flow import Agent, Ask, Menu, OptionsFrom, Prompt, QuestionSettings, SlotSpec, Step
from ivr.flow.flow.tools import SUMMARY
from ivr.flow.state import Pending
from ivr.flow.steps import path as paths
from ivr.flow.steps.work import Work
from ivr.flow.types import Confirm, Interrupt, Privacy, Source

UNSURE_SCORE = -0.35
"""`if unsure`: a mean log-probability below this is read back (a word is then right with less than 7 in 10)."""
UNSURE_FIT = 0.85
NOT_HEARD = 0.6
"""A model is less sure than this of a value that is not in the caller's words: it is read back, whatever the policy."""
"""`if unsure`: words that fitted a value less well than this are read back whatever their score."""


@dataclass(frozen=True, slots=True)
class Question:
    name: str
    step: Step
    """The step that asks it: a menu, an ask, or the ask of a repair or confirmation."""
    settings: QuestionSettings
    prompt: Prompt
    slot: SlotSpec | None
    """None: a menu, or an agent."""
    pending: Pending | None
    """The value that waits for a yes."""
    private: Privacy = Privacy.OPEN
    """Of what is said to an agent."""

    @property
    def is_yes_no(self) -> bool:
        """Something is read back: one value, or all of them."""
        return self.pending is not None or (self.name == SUMMARY and isinstance(self.step, Ask))

    @property
    def listed(self) -> OptionsFrom | None:
        """The list that its choices come from."""
        if self.pending is not None:
            return None
        if self.slot is not None:
            return self.slot.options_from
        return self.step.options_from if isinstance(self.step, Menu) else None

    @property
    def privacy(self) -> Privacy:
        return self.slot.privacy if self.slot is not None else self.private


def question_here(work: Work) -> Question | None:
    """The question that is open where the call stands; None where nothing was asked."""
    name = work.at.question
    if name is None:
        return None
    step = paths.step_at(work.flow, work.at.node, work.at.question_step)
    if isinstance(step, Ask) and name == SUMMARY and step.summary is not None:
        return Question(SUMMARY, step, paths.PLAIN, step.summary, None, None)
    if isinstance(step, Menu):
        return Question(step.name, step, step.question, step.prompt, None, work.state.pending)
    if isinstance(step, Agent) and name == step.name:
        return Question(name, step, step.question, Prompt(()), None, work.state.pending, _private(work, step))
    spec = work.flow.slots[name]
    prompt = opening(work, step) or spec.ask or (Prompt(()) if isinstance(step, Agent) else None)
    assert prompt is not None, name
    return Question(name, step, spec.question, prompt, spec, work.state.pending)


def _private(work: Work, step: Agent) -> Privacy:
    """What callers say to an agent is as private as the most private thing it notes."""
    order = tuple(Privacy)
    return max((work.flow.slots[name].privacy for name in step.collect), key=order.index, default=Privacy.OPEN)


def opening(work: Work, step: Step) -> Prompt | None:
    """`open:` of an ask of several, spoken while none of them is filled."""
    if not isinstance(step, Ask) or step.open is None or len(step.slots) < 2:
        return None
    return None if any(name in work.at.slots for name in step.slots) else step.open


def question_interrupt(work: Work, question: Question) -> Interrupt:
    return work.interrupt(own=question.settings.interrupt)


def wants_yes(policy: Confirm, source: Source, score: float | None, sure: float) -> bool:
    """Does a value with this origin have to be confirmed? Without a score, `if unsure` means `if spoken`."""
    if source is Source.MODEL and sure < NOT_HEARD:
        return True
    match policy:
        case Confirm.NEVER:
            return False
        case Confirm.ALWAYS:
            return True
        case Confirm.IF_SPOKEN:
            return source in (Source.SPEECH, Source.MODEL)
        case Confirm.IF_UNSURE:
            spoken = source in (Source.SPEECH, Source.MODEL)
            return spoken and (score is None or score < UNSURE_SCORE or sure < UNSURE_FIT)
