"""Answers that come in parts: a list that is asked for until it is whole, a name that is spelled after it was said."""

from typing import Literal

from ivr.flow.flow import SlotSpec
from ivr.flow.state import Expected, Fill, Slot
from ivr.flow.steps.copying import replace
from ivr.flow.steps.question import Question, wants_yes
from ivr.flow.steps.work import Work
from ivr.flow.types import Confirm, Source, Type

Part = Literal["more", "spell"] | None
ENOUGH = 2
"""So many items in one breath are all of them; after a single one the caller is asked for more."""


def part_after(spec: SlotSpec, held: Slot | None, fill: Fill, score: float | None) -> Part:
    """What the value still lacks: "more" items, or its letters ("spell"). None: nothing."""
    before = held.part if held is not None else None
    if spec.type is Type.LIST and isinstance(fill.value, tuple):
        full = spec.up_to is not None and len(fill.value) >= spec.up_to
        at_once = before is None and fill.source in (Source.SPEECH, Source.WRITTEN) and len(fill.value) >= ENOUGH
        return None if full or fill.closed or at_once else "more"
    if spec.spell is None or before == "spell" or fill.source is not Source.SPEECH:
        return None
    if spec.spell == "if unsure" and score is None:
        return None  # nothing says how well it was heard, and spelling is much to ask of a caller
    policy = Confirm.ALWAYS if spec.spell == "always" else Confirm.IF_UNSURE
    return "spell" if wants_yes(policy, fill.source, score, fill.sure) else None


def unfinished(work: Work, names: tuple[str, ...]) -> str | None:
    """The first slot here that is not whole yet."""
    return next((n for n in names if (held := work.at.slots.get(n)) is not None and held.part is not None), None)


def part_of(work: Work, question: Question) -> Part:
    """What the open question asks for, of a value that is there in part."""
    if question.slot is None or question.pending is not None:
        return None
    held = work.at.slots.get(question.name)
    return held.part if held is not None else None


def expected(work: Work, question: Question, asked: Expected) -> Expected:
    """The same with what is there by now."""
    part = part_of(work, question)
    if part is None:
        return asked
    value = work.at.slots[question.name].value
    return replace(asked, current=value, spelling=part == "spell", skip_words=(), skip_key=None)


def closes(work: Work, question: Question) -> bool:
    """Silence after "anything else?" says no."""
    return part_of(work, question) == "more"


def close(work: Work, question: Question) -> Fill:
    held = work.at.slots[question.name]
    return Fill(question.name, held.value, held.source, held.sure, closed=True)


def marked(slot: Slot, part: Part) -> Slot:
    """It settles when it is whole."""
    return slot if part is None else replace(slot, part=part, settled=False)


def sentence_of(work: Work, question: Question) -> str | None:
    """The engine's own sentence that asks for the rest."""
    part = part_of(work, question)
    if part is None:
        return None
    if part == "spell":
        return "spell_it"
    return "list_more_keys" if work.at.slots[question.name].source is Source.KEYS else "list_more"
