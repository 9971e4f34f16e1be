"""The keys that the open question takes: which answer at once, how many are typed, when the entry is whole."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from ivr.flow.flow import Command, Menu
from ivr.flow.state import Expected, KeySpec
from ivr.flow.steps import offered
from ivr.flow.steps.copying import replace
from ivr.flow.steps.expected import expected_slot
from ivr.flow.steps.question import Question
from ivr.flow.steps.work import Work
from ivr.flow.types import Type
from ivr.flow.understand import phones

_DIGITS_AT_MOST: Final = 30
_NUMBER_AT_MOST: Final = 12
CLOCK_KEYS: Final = r"(?:00|1[3-9]|2[0-4])[0-9]{2}"
"""A time by the 24 hour clock, which needs no key for a.m. or p.m."""
MINOR_PLACES: Final = 2
"""Digits of cents."""


def key_spec(
    work: Work, question: Question, asked: Expected, confirming: bool, awake: Mapping[str, Command]
) -> KeySpec:
    settings = question.settings.keys
    spec = question.slot
    by_keys = spec is None or spec.accept != "speech" or confirming
    single, shortest, longest, decimal = _answer_keys(asked, confirming) if by_keys else (frozenset(), 0, 0, False)
    if asked.skip_key is not None and not confirming and (longest == 0 or not asked.skip_key.isdigit()):
        single |= {asked.skip_key}
    listed = question.listed
    if listed is not None and listed.key is not None and offered.has_more(work, question.name, listed):
        single |= {listed.key}
    beside = question.step.or_slot if isinstance(question.step, Menu) else None
    if beside is not None:  # the keys of both: a pause tells "1" from "1105"
        extra, shortest, longest, decimal = _answer_keys(expected_slot(work.flow.slots[beside]), False)
        single |= extra | {key for command in awake.values() if (key := command.key) is not None}
    single |= {key for command in awake.values() if (key := command.key) is not None and (longest <= 1 or len(key) > 1)}
    return KeySpec(
        single=single,
        shortest=shortest,
        longest=longest,
        end=settings.end,
        pause_ms=settings.pause_ms,
        first_ms=question.settings.answer_within_ms,
        ahead=settings.ahead and not confirming,
        decimal=decimal,
        most=int(asked.high) if decimal and asked.type is Type.NUMBER and isinstance(asked.high, Decimal) else None,
        places=MINOR_PLACES if decimal and asked.type is Type.MONEY else None,
        full=_full_keys(asked) if longest and not confirming else None,
    )


def _full_keys(asked: Expected) -> str | None:
    """Keys that are a whole answer though more could be typed."""
    match asked.of or asked.type:
        case Type.TIME:
            return CLOCK_KEYS
        case Type.PHONE:
            return phones.full_keys(asked.region)
        case _:
            return None


def _answer_keys(asked: Expected, confirming: bool) -> tuple[frozenset[str], int, int, bool]:
    """(keys that answer at once, fewest and most digits, whether * is the point)."""
    if confirming or asked.type is Type.YES_NO:
        return frozenset({asked.keys_yes, asked.keys_no}), 0, 0, False
    match asked.type:
        case Type.LIST if asked.of is not None:
            single, shortest, longest, decimal = _answer_keys(replace(asked, type=asked.of, of=None), False)
            return (single | {asked.keys_end} if longest == 0 and asked.current else single), shortest, longest, decimal
        case Type.CHOICE | Type.TARGET:
            keys = [option.key for option in asked.options if option.key is not None]
            if all(len(key) == 1 for key in keys):
                return frozenset(keys), 0, 0, False
            return frozenset(), min(map(len, keys)), max(map(len, keys)), False
        case Type.DIGITS:
            shortest, longest = asked.length or (1, _DIGITS_AT_MOST)
            if longest == 1:
                return frozenset("0123456789"), 0, 0, False
            return frozenset(), shortest, longest, False
        case Type.NUMBER | Type.MONEY:
            return frozenset(), 1, _longest_number(asked), True
        case Type.DATE:
            return frozenset(), 8, 8, False
        case Type.TIME:
            return frozenset(), 4, 4 if asked.near else 5, False
        case Type.PHONE:
            return frozenset(), phones.SHORTEST, phones.LONGEST + 3, False
        case _:
            return frozenset(), 0, 0, False


def _longest_number(asked: Expected) -> int:
    if not isinstance(asked.high, Decimal):
        return _NUMBER_AT_MOST
    whole = len(str(abs(int(asked.high))))
    return whole + 3 if asked.type is Type.MONEY else whole
