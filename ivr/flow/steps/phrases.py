"""Prompts made into words: as spoken, and as everybody but the caller may see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from ivr.flow.flow import Agent, Prompt, SlotSpec
from ivr.flow.grammar.tree import Field, Path, Scope, Template
from ivr.flow.state import Phrase
from ivr.flow.steps import asides, offered, parts
from ivr.flow.steps.copying import replace
from ivr.flow.steps.question import Question, question_here
from ivr.flow.steps.worded import EMPTY as EMPTY
from ivr.flow.steps.worded import assembled as _assembled
from ivr.flow.steps.worded import rendered as _rendered
from ivr.flow.steps.worded import split_sentence as _split
from ivr.flow.steps.work import Work, joined
from ivr.flow.types import Privacy, Type, Value


def prompt_phrase(work: Work, prompt: Prompt) -> Phrase:
    return phrase(work, prompt.variants[work.variant(prompt)])


def phrase(work: Work, template: Template, scope: Scope | None = None) -> Phrase:
    """`scope`: where its values come from, if not from the call as it is."""
    if template.others and work.state.language != work.bundle.language:
        template = template.others.get(work.state.language, template)
    fixed = template.fixed
    if fixed is not None:
        return Phrase(fixed, fixed, sound=template.sound)
    return _assembled([part if isinstance(part, str) else _field(work, part, scope) for part in template.parts])


def told_phrase(work: Work, template: Template) -> Phrase:
    """Words for an attendant, in the project's own language: an empty value is said to be not given."""
    parts: list[str | Phrase] = []
    for part in template.parts:
        if isinstance(part, str):
            parts.append(part)
        elif part.fallback is None and work.value(part.path) is None:
            parts.append(told_sentence(work, "not_given"))
        elif part.path[0] == "words" or (len(part.path) == 1 and part.path[0] in ABOUT_QUESTION):
            parts.append(_field(work, part, None))
        else:
            parts.append(_rendered(work, part, work.privacy(part.path[0]), work.bundle.language))
    return _assembled(parts)


def told_sentence(work: Work, name: str, given: Mapping[str, Phrase] | None = None) -> Phrase:
    """One of the engine's own sentences as an attendant hears it."""
    parts = _split(work.bundle.words.get(name, ""))
    given = given or {}
    return _assembled([given.get(part, EMPTY) if index % 2 else part for index, part in enumerate(parts)])


def told_value(work: Work, spec: SlotSpec, value: Value | None) -> Phrase:
    if value is None:
        return told_sentence(work, "not_given")
    return _rendered(_One(work.now, value), _alone(spec), spec.privacy, work.bundle.language)


def sentence(work: Work, name: str, given: Mapping[str, Phrase] | None = None) -> Phrase:
    """One of the engine's own sentences with its placeholders filled."""
    parts: list[str | Phrase] = []
    for index, part in enumerate(_split(work.words.get(name, ""))):
        if index % 2 == 0:
            parts.append(part)
        elif given is not None and part in given:
            parts.append(given[part])
        else:
            parts.append(_about_question(work, part))
    return _assembled(parts)


def _field(work: Work, field: Field, scope: Scope | None) -> Phrase:
    name = field.path[0]
    if name == "words":
        return sentence(work, field.path[1])
    if len(field.path) == 1 and name in ABOUT_QUESTION:
        return _about_question(work, name)
    if field.labels is not None and name in work.flow.slots:
        field = replace(field, labels=labels_of(work.flow.slots[name], work.state.language))
    return _rendered(scope or work, field, work.privacy(name), work.state.language)


def labels_of(spec: SlotSpec, language: str) -> Mapping[str, str]:
    """How each option is said."""
    return {option.name: option.says.get(language, option.say) for option in spec.options}


def field_phrase(work: Work, field: Field, privacy: Privacy) -> Phrase:
    """One value as it is said, and as it is shown."""
    return _rendered(work, field, privacy, work.state.language)


# ---- {question} {hint} {keypad_hint} {why}

ABOUT_QUESTION: Final = frozenset({"question", "hint", "keypad_hint", "why"})


def _about_question(work: Work, name: str) -> Phrase:
    if name == "why":
        return work.at.why
    question = question_here(work)
    if question is None:
        return EMPTY
    match name:
        case "question":
            return question_phrase(work, question)
        case "hint":
            return hint_phrase(work, question)
        case "keypad_hint":
            return keypad_hint_phrase(work, question)
        case _:
            return EMPTY


def question_phrase(work: Work, question: Question) -> Phrase:
    pending = question.pending
    if asides.is_aside(question):
        return asides.aside_phrase(work, question)
    if pending is None and isinstance(question.step, Agent):
        text, shown = work.at.agency.question if work.at.agency is not None else ("", "")
        return Phrase(text, shown, fixed=False)  # data: no field in it is looked up
    rest = parts.sentence_of(work, question)
    if rest is not None and question.slot is not None:
        held = work.at.slots[question.name]
        return sentence(work, rest, {"value": value_phrase(work, question.slot, held.value)})
    if pending is None:
        return _with_choices(work, question, prompt_phrase(work, question.prompt))
    spec = work.flow.slots[pending.fill.slot]
    keys = spec.question.keys
    given = {"value": value_phrase(work, spec, pending.fill.value)}
    given |= {"yes": Phrase(keys.yes, keys.yes), "no": Phrase(keys.no, keys.no)}
    if not pending.fill.corrects:
        return sentence(work, "read_back", given)
    given["old"] = value_phrase(work, spec, work.value((spec.name,)))
    return sentence(work, "confirm_change", given)


def _with_choices(work: Work, question: Question, asked: Phrase) -> Phrase:
    """With what a list has to choose from behind it."""
    listed = question.listed
    if listed is None:
        return asked
    return joined(asked, offered.offer_phrase(work, question.name, listed))


def hint_phrase(work: Work, question: Question) -> Phrase:
    if question.is_yes_no:
        return sentence(work, "confirm_hint")
    part = parts.part_of(work, question)
    if part is not None:
        return sentence(work, "hint_spelled" if part == "spell" else "hint_more")
    if question.settings.hint is not None:
        return prompt_phrase(work, question.settings.hint)
    return sentence(work, f"hint_{question.slot.type}") if question.slot is not None else EMPTY


def keypad_hint_phrase(work: Work, question: Question) -> Phrase:
    if question.is_yes_no:
        keys = question.settings.keys
        return sentence(work, "confirm_keys", {"yes": Phrase(keys.yes, keys.yes), "no": Phrase(keys.no, keys.no)})
    hint = question.settings.keypad_hint
    if hint is None and question.listed is not None:
        return offered.keys_phrase(work, question.name, question.listed)
    return prompt_phrase(work, hint) if hint is not None else EMPTY


# ---- single values


@dataclass(frozen=True, slots=True)
class _One:
    """A scope with one value in it."""

    now: datetime
    held: Value | None

    def value(self, path: Path) -> Value | None:
        return self.held

    def is_open(self, hours: str, on: date | None, at: time | datetime | None) -> bool:
        return False


def _alone(spec: SlotSpec) -> Field:
    labels = {option.name: option.say for option in spec.options} or None
    return Field((spec.name,), spec.type, None, None, spec.place, currency=spec.currency, labels=labels, of=spec.of)


def value_phrase(work: Work, spec: SlotSpec, value: Value | None) -> Phrase:
    """A value of a slot as the slot's type is said."""
    if value is None:
        return sentence(work, "not_given")
    field = _alone(spec)
    if field.labels is not None:
        field = replace(field, labels=labels_of(spec, work.state.language))
    return _rendered(_One(work.now, value), field, spec.privacy, work.state.language)


def number_phrase(work: Work, spec: SlotSpec, value: Value) -> Phrase:
    """A bound of a slot, said plainly."""
    kind = spec.type if spec.type in (Type.MONEY, Type.NUMBER) else Type.NUMBER
    field = Field((spec.name,), kind, None, None, spec.place, currency=spec.currency)
    said = _rendered(_One(work.now, value), field, Privacy.OPEN, work.state.language)
    return Phrase(said.text, said.shown)
