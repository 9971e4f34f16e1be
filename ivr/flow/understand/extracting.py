"""Values found in what was said: those that were asked for, each in its own words."""

from datetime import datetime
from typing import Final

from ivr.flow.numerals import Token, tokens_of
from ivr.flow.state import Expected
from ivr.flow.types import Type
from ivr.flow.understand import choosing
from ivr.flow.understand.found import Found
from ivr.flow.understand.slot_values import read_value
from ivr.flow.understand.wording import find_phrase

_PLAIN: Final = frozenset({Type.DATE, Type.TIME, Type.EMAIL})
"""Types whose words can be nothing else: they are taken out before the asked slot looks at what is left."""


def extract(tokens: tuple[Token, ...], expects: tuple[Expected, ...], now: datetime) -> dict[str, Found]:
    """Values by slot: first behind their lead words, then dates and the like that can be nothing else, then the asked
    slot, then the others from what is left."""
    free = [True] * len(tokens)
    found: dict[str, Found] = {}
    if not expects:
        return found
    asked = expects[0]
    if asked.type is Type.TEXT:
        text = read_value(asked, tokens, free, now, asked=True)
        return {} if text is None else {asked.slot: text}
    _after_leads(tokens, expects, free, found, now)
    for slot in expects:
        if slot.type in _PLAIN and slot.slot not in found and (slot.type is Type.DATE or slot is not asked):
            _take(slot, read_value(slot, tokens, free, now, asked=False), free, found)
    answer = read_value(asked, tokens, free, now, asked=True) if asked.slot not in found else None
    if answer is not None and answer.whole:
        _take(asked, answer, free, found)
    for slot in expects[1:]:
        if slot.slot not in found and _may_fill(slot, asked, found):
            _take(slot, read_value(slot, tokens, free, now, asked=False), free, found)
    if asked.slot not in found:
        answer = read_value(asked, tokens, free, now, asked=True)
        if answer is not None:
            _take(asked, answer, free, found)
    return found


def _may_fill(slot: Expected, asked: Expected, found: dict[str, Found]) -> bool:
    """Plain numbers are the asked slot's as long as it could be meant."""
    if slot.type not in (Type.NUMBER, Type.MONEY):
        return True
    return asked.slot in found or asked.type not in (Type.DIGITS, Type.NUMBER, Type.MONEY, Type.DATE)


def _take(slot: Expected, value: Found | None, free: list[bool], found: dict[str, Found]) -> None:
    if value is None:
        return
    found[slot.slot] = value
    if slot.type is Type.CHOICE and value.sure < choosing.BY_PLACE:
        return
    for at in range(value.start, min(value.stop, len(free))):
        free[at] = False


def _after_leads(
    tokens: tuple[Token, ...],
    expects: tuple[Expected, ...],
    free: list[bool],
    found: dict[str, Found],
    now: datetime,
) -> None:
    """Each lead's stretch runs to the next lead."""
    words = [t.text for t in tokens]
    starts: list[tuple[int, int, Expected]] = []
    for slot in expects:
        for lead in slot.lead:
            phrase = [t.text for t in tokens_of(lead)[0]]
            at = find_phrase(words, phrase)
            if at is not None:
                starts.append((at, at + len(phrase), slot))
    starts.sort(key=lambda s: s[0])
    for i, (at, begin, slot) in enumerate(starts):
        end = starts[i + 1][0] if i + 1 < len(starts) else len(tokens)
        if slot.slot in found:
            continue
        inside = [free[k] and begin <= k < end for k in range(len(tokens))]
        value = read_value(slot, tokens, inside, now, asked=slot.type is not Type.YES_NO)
        if value is not None and value.whole:
            _take(slot, value, free, found)
            for k in range(at, begin):
                free[k] = False
