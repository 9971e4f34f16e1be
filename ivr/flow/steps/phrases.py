"""Prompts made into words: as spoken, and as everybody but the caller may see them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Final

from ivr.flow.flow import Prompt, SlotSpec
from ivr.flow.grammar.tree import Field, Path, Scope, Template
from ivr.flow.spoken import render
from ivr.flow.state import Phrase
from ivr.flow.steps.question import Question, question_here
from ivr.flow.steps.work import Work
from ivr.flow.types import Privacy, Type, Value

EMPTY: Final = Phrase("", "")
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")


def prompt_phrase(work: Work, prompt: Prompt) -> Phrase:
    return phrase(work, prompt.variants[work.variant(prompt)])


def phrase(work: Work, template: Template, scope: Scope | None = None) -> Phrase:
    """`scope`: where its values come from, if not from the call as it is."""
    fixed = template.fixed
    if fixed is not None:
        return Phrase(fixed, fixed)
    return _assembled([part if isinstance(part, str) else _field(work, part, scope) for part in template.parts])


def sentence(work: Work, name: str, given: Mapping[str, Phrase] | None = None) -> Phrase:
    """One of the engine's own sentences with its placeholders filled."""
    parts: list[str | Phrase] = []
    for index, part in enumerate(_split(work.bundle.words.get(name, ""))):
        if index % 2 == 0:
            parts.append(part)
        elif given is not None and part in given:
            parts.append(given[part])
        else:
            parts.append(_about_question(work, part))
    return _assembled(parts)


@lru_cache(maxsize=256)
def _split(text: str) -> tuple[str, ...]:
    return tuple(_PLACEHOLDER.split(text))


def _assembled(parts: list[str | Phrase]) -> Phrase:
    texts = "".join(part if isinstance(part, str) else part.text for part in parts)
    shown = "".join(part if isinstance(part, str) else part.shown for part in parts)
    fixed = all(isinstance(part, str) or part.fixed for part in parts)
    return Phrase(" ".join(texts.split()), " ".join(shown.split()), fixed)


def _field(work: Work, field: Field, scope: Scope | None) -> Phrase:
    name = field.path[0]
    if name == "words":
        return sentence(work, field.path[1])
    if len(field.path) == 1 and name in ABOUT_QUESTION:
        return _about_question(work, name)
    return _rendered(scope or work, field, work.privacy(name), work.state.language)


def _rendered(scope: Scope, field: Field, privacy: Privacy, language: str) -> Phrase:
    alone = Template((field,), field.place)
    text = render(alone, scope, language=language)
    if privacy is Privacy.OPEN:
        return Phrase(text, text, fixed=False)
    shown = render(alone, scope, language=language, masked=True, privacy=lambda _path: privacy)
    return Phrase(text, shown, fixed=False)


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
    if pending is None:
        return prompt_phrase(work, question.prompt)
    spec = work.flow.slots[pending.fill.slot]
    given = {"value": value_phrase(work, spec, pending.fill.value)}
    if not pending.fill.corrects:
        return sentence(work, "read_back", given)
    given["old"] = value_phrase(work, spec, work.value((spec.name,)))
    return sentence(work, "confirm_change", given)


def hint_phrase(work: Work, question: Question) -> Phrase:
    if question.pending is not None:
        return sentence(work, "confirm_hint")
    if question.settings.hint is not None:
        return prompt_phrase(work, question.settings.hint)
    return sentence(work, f"hint_{question.slot.type}") if question.slot is not None else EMPTY


def keypad_hint_phrase(work: Work, question: Question) -> Phrase:
    if question.pending is not None:
        keys = question.settings.keys
        return sentence(work, "confirm_keys", {"yes": Phrase(keys.yes, keys.yes), "no": Phrase(keys.no, keys.no)})
    hint = question.settings.keypad_hint
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


def value_phrase(work: Work, spec: SlotSpec, value: Value | None) -> Phrase:
    """A value of a slot as the slot's type is said."""
    labels = {option.name: option.say for option in spec.options} or None
    field = Field((spec.name,), spec.type, None, None, spec.place, currency=spec.currency, labels=labels)
    if value is None:
        return sentence(work, "not_given")
    return _rendered(_One(work.now, value), field, spec.privacy, work.state.language)


def number_phrase(work: Work, spec: SlotSpec, value: Value) -> Phrase:
    """A bound of a slot, said plainly."""
    kind = spec.type if spec.type in (Type.MONEY, Type.NUMBER) else Type.NUMBER
    field = Field((spec.name,), kind, None, None, spec.place, currency=spec.currency)
    said = _rendered(_One(work.now, value), field, Privacy.OPEN, work.state.language)
    return Phrase(said.text, said.shown)
