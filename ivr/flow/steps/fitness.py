"""Does a value do for its slot: options, bounds, length, `check:` and `must:`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from ivr.flow.flow import Check, Checksum, Rule, SlotSpec
from ivr.flow.grammar import evaluate
from ivr.flow.grammar.tree import Path, Scope
from ivr.flow.state import Phrase
from ivr.flow.steps import offered
from ivr.flow.steps.phrases import number_phrase, phrase, sentence, value_phrase
from ivr.flow.steps.work import Work
from ivr.flow.types import Type, Value


@dataclass(frozen=True, slots=True)
class _Suppose:
    """The scope as it would be with one slot filled anew."""

    work: Work
    slot: str
    held: Value | None

    @property
    def now(self) -> datetime:
        return self.work.now

    def value(self, path: Path) -> Value | None:
        return self.held if path == (self.slot,) else self.work.value(path)

    def is_open(self, hours: str, on: date | None, at: time | datetime | None) -> bool:
        return self.work.is_open(hours, on, at)


def fault_of(work: Work, spec: SlotSpec, value: Value) -> Phrase | None:
    """Why the value will not do; None when it does. Rules of other slots that name this one count too."""
    return (
        _list_fault(work, spec, value)
        or _bounds_fault(work, spec, value)
        or _check_fault(work, spec, value)
        or _rule_fault(work, spec, value)
    )


def _list_fault(work: Work, spec: SlotSpec, value: Value) -> Phrase | None:
    """What the list has not cannot be chosen, however it was understood."""
    listed = spec.options_from
    if listed is None or offered.holds(work, listed, value):
        return None
    return sentence(work, "not_offered_now", {"value": value_phrase(work, spec, value)})


def broken_rules(work: Work, changed: str) -> Mapping[str, Phrase]:
    """Other slots whose rules name the changed one and fail now, with the reason."""
    broken: dict[str, Phrase] = {}
    for name, held in work.at.slots.items():
        if name == changed or held.value is None:
            continue
        for rule in work.flow.slots[name].must:
            if changed in rule.names and _decidable(work, rule, name) and not evaluate(rule.be, work):
                broken[name] = _why(work, rule, work)
                break
    return broken


def _bounds_fault(work: Work, spec: SlotSpec, value: Value) -> Phrase | None:
    if isinstance(value, tuple):
        if spec.up_to is not None and len(value) > spec.up_to:
            return sentence(work, "why_up_to", {"most": number_phrase(work, spec, Decimal(spec.up_to))})
        return next((why for one in value if (why := _bounds_fault(work, spec, one)) is not None), None)
    if (spec.of or spec.type) is Type.PHONE and not str(value).startswith("+"):
        return sentence(work, "why_phone")
    if spec.length is not None and isinstance(value, str) and not spec.length[0] <= len(value) <= spec.length[1]:
        return sentence(work, "why_length")
    if isinstance(value, Decimal):
        if spec.low is not None and value < spec.low:
            return sentence(work, "why_from", {"low": number_phrase(work, spec, spec.low)})
        if spec.high is not None and value > spec.high:
            return sentence(work, "why_to", {"high": number_phrase(work, spec, spec.high)})
    return None


def _check_fault(work: Work, spec: SlotSpec, value: Value) -> Phrase | None:
    check = spec.check
    if check is None or check.kind == "tool":
        return None
    if all(_passes(check, str(one)) for one in (value if isinstance(value, tuple) else (value,))):
        return None
    return check_words(work, spec, value)


def check_words(work: Work, spec: SlotSpec, value: Value | None) -> Phrase:
    """Why a value fails its `check:`."""
    check = spec.check
    if check is not None and check.otherwise is not None:
        return phrase(work, check.otherwise, _Suppose(work, spec.name, value))
    return sentence(work, "why_pattern" if check is not None and check.kind == "pattern" else "why_check")


def _passes(check: Check, text: str) -> bool:
    if check.kind == "pattern":
        assert check.pattern is not None
        return re.fullmatch(check.pattern, text) is not None
    if check.sum is not None:
        return _adds_up(check.sum, text)
    return _mod10(text)


def _adds_up(check: Checksum, text: str) -> bool:
    """Each digit by its weight, over and over; or, with letters, the whole as one number (ISO 7064, as in an IBAN:
    its first four signs go to the end)."""
    bare = "".join(sign for sign in text.upper() if sign.isalnum())
    if check.letters:
        if len(bare) < 5 or not bare.isascii():
            return False
        turned = bare[4:] + bare[:4]
        return int("".join(str(int(sign, 36)) for sign in turned)) % check.modulo == check.rest
    if not (bare.isascii() and bare.isdigit()):
        return False
    digits = [int(digit) for digit in (reversed(bare) if check.from_right else bare)]
    total = sum(digit * check.weights[at % len(check.weights)] for at, digit in enumerate(digits))
    return total % check.modulo == check.rest


def _mod10(digits: str) -> bool:
    """The Luhn sum: every second digit from the right doubled."""
    if not digits.isdigit():
        return False
    total = 0
    for index, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + index % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def _rule_fault(work: Work, spec: SlotSpec, value: Value) -> Phrase | None:
    scope = _Suppose(work, spec.name, value)
    for rule in spec.must:
        if _decidable(work, rule, spec.name) and not evaluate(rule.be, scope):
            return _why(work, rule, scope)
    if work.value((spec.name,)) is not None:
        return None  # a correction: the other slot is what goes then
    for name, held in work.at.slots.items():
        if name == spec.name or held.value is None or not held.settled:
            continue
        for rule in work.flow.slots[name].must:
            decidable = all(work.value((other,)) is not None for other in rule.names - {spec.name, name})
            if spec.name in rule.names and decidable and not evaluate(rule.be, scope):
                return _why(work, rule, scope)
    return None


def _decidable(work: Work, rule: Rule, own: str) -> bool:
    """A rule that speaks of a slot not filled yet waits until it is."""
    return all(work.value((name,)) is not None for name in rule.names - {own})


def _why(work: Work, rule: Rule, scope: Scope) -> Phrase:
    return phrase(work, rule.otherwise, scope) if rule.otherwise is not None else sentence(work, "why_must")
