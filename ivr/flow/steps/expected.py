"""What may be filled now: the open question's slot, others that the same words may fill, and answers put right."""

from collections.abc import Iterable
from typing import Final

from ivr.flow.flow import Agent, Ask, Menu, Option, SlotSpec
from ivr.flow.flow.tools import names_in_summary
from ivr.flow.grammar import evaluate
from ivr.flow.state import Expected
from ivr.flow.steps import asides, offered, parts, ran, summary
from ivr.flow.steps import path as paths
from ivr.flow.steps.asked import asked_names
from ivr.flow.steps.copying import replace
from ivr.flow.steps.question import Question
from ivr.flow.steps.remembered import once_each
from ivr.flow.steps.work import Work
from ivr.flow.types import OF_THE_CALLER, Type, Value

CORRECTABLE: Final = 8
"""How many earlier answers a listen offers for correction, latest first."""


def expected_slot(spec: SlotSpec, current: Value | None = None) -> Expected:
    expected = _expected_slot(spec)
    return expected if current is None else replace(expected, current=current)


@once_each
def _expected_slot(spec: SlotSpec) -> Expected:
    skip_words, skip_key = spec.skip or ((), None)
    return Expected(
        slot=spec.name,
        type=spec.type,
        options=spec.options,
        length=spec.length,
        low=spec.low,
        high=spec.high,
        currency=spec.currency,
        near=spec.near,
        key_order=spec.key_order,
        lead=spec.lead,
        keys_yes=spec.question.keys.yes,
        keys_no=spec.question.keys.no,
        keys_end=spec.question.keys.end,
        skip_words=skip_words,
        skip_key=skip_key,
        privacy=spec.privacy,
        nouns=spec.nouns,
        of=spec.of,
        up_to=spec.up_to,
        region=spec.region,
    )


def expected_here(work: Work, spec: SlotSpec, current: Value | None = None) -> Expected:
    """The same with the choices that a list has now."""
    expected = expected_slot(spec, current)
    if spec.options_from is None:
        return replace(expected, options=_in_language(work, spec.options)) if _is_other(work) else expected
    return replace(expected, type=Type.CHOICE, options=offered.options(work, spec.name, spec.options_from))


def expected_of(work: Work, question: Question) -> Expected:
    if question.slot is not None:
        return parts.expected(work, question, expected_here(work, question.slot))
    if summary.is_open(question):
        return Expected(slot=question.name, type=Type.YES_NO)
    if asides.is_aside(question):
        return asides.expected(work, question, _aside_slots(work, question))
    if isinstance(question.step, Agent):
        return Expected(slot=question.name, type=Type.TEXT, privacy=question.privacy)
    assert isinstance(question.step, Menu)
    own = _in_language(work, question.step.options) if _is_other(work) else question.step.options
    options = (*_listed(work, question.step), *own)
    return Expected(slot=question.name, type=Type.CHOICE, options=options)


def _is_other(work: Work) -> bool:
    """Is the caller spoken to in a further language?"""
    return work.state.language != work.bundle.language


def _in_language(work: Work, options: tuple[Option, ...]) -> tuple[Option, ...]:
    """With the words that callers say for them in their language."""
    spoken = work.state.language
    return tuple(
        replace(o, hear=o.hears.get(spoken, o.hear), say=o.says.get(spoken, o.say)) if o.hears else o for o in options
    )


def _listed(work: Work, menu: Menu) -> tuple[Option, ...]:
    """What a menu offers from a list."""
    return () if menu.options_from is None else offered.options(work, menu.name, menu.options_from)


def _aside_slots(work: Work, question: Question) -> tuple[SlotSpec, ...]:
    names = [fill.slot for fill in work.at.either] if question.name == paths.WHICH else correctable(work)
    return tuple(work.flow.slots[name] for name in dict.fromkeys(names))


def being_confirmed(work: Work, question: Question) -> Expected | None:
    if question.pending is None:
        return None
    fill = question.pending.fill
    return expected_here(work, work.flow.slots[fill.slot], fill.value)


def open_besides(work: Work, question: Question) -> Iterable[Expected]:
    """Further open slots that the same words may fill."""
    step = question.step
    if isinstance(step, Menu) and step.or_slot is not None:
        return (expected_here(work, work.flow.slots[step.or_slot]),)
    if not isinstance(step, Ask) or summary.is_open(question):
        return ()
    names = [name for name in (*step.slots, *step.may_fill) if name != question.name]
    return tuple(expected_here(work, work.flow.slots[name]) for name in names if is_open(work, name))


def is_open(work: Work, name: str) -> bool:
    """Not filled, not left empty, and wanted at all."""
    if name in work.at.slots:
        return False
    only_if = work.flow.slots[name].only_if
    return only_if is None or evaluate(only_if, work)


def may_correct(work: Work, question: Question) -> tuple[Expected, ...]:
    if isinstance(question.step, Agent):
        return ()  # what is put right in a talk is the model's to hear
    if summary.is_open(question):
        assert isinstance(question.step, Ask)
        names = _in_summary(work, question.step)
    elif question.name == paths.WHICH:
        names = [fill.slot for fill in work.at.either]
    else:
        names = correctable(work)
        if question.pending is not None:
            names = [name for name in names if name != question.pending.fill.slot]
        if not asides.is_aside(question):
            names = names[:CORRECTABLE]
    inside = () if question.name == paths.WHICH else ran.correctable(work)
    return (
        *(expected_here(work, work.flow.slots[name], work.value((name,))) for name in names),
        *(expected_slot(spec, value) for spec, value in inside[:CORRECTABLE]),
    )


def correctable(work: Work) -> list[str]:
    """Slots whose answers can be put right here, the latest first."""
    asked = asked_names(work)
    return [
        name
        for name, slot in reversed(list(work.at.slots.items()))
        if slot.source in OF_THE_CALLER and slot.settled and slot.value is not None and name in asked
    ]


def _in_summary(work: Work, step: Ask) -> list[str]:
    """What it reads back, empty answers too, and then all else that was asked."""
    read_back = [
        name for name in names_in_summary(step) if name in work.at.slots and work.flow.slots[name].ask is not None
    ]
    return [*read_back, *(name for name in correctable(work) if name not in read_back)]
