"""Which of the earlier answers a caller puts right, with what: the wrong one is never changed.

Evidence goes first that can mean one answer only: the old value beside the new one ("not Tuesday, Wednesday"), the
name of what is meant ("the date"), words of its question ("five people"). Words that fit several answers alike change
none of them: the engine asks which is meant.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from ivr.flow.numerals import Token, groups_of
from ivr.flow.state import Expected, Fill, Listen
from ivr.flow.types import Source, Type
from ivr.flow.understand import choosing, corrections
from ivr.flow.understand.changing import TYPE_WORDS, is_wrong, names_of, wants_change
from ivr.flow.understand.found import Found
from ivr.flow.understand.relative_days import WEEKDAYS
from ivr.flow.understand.slot_values import read_value
from ivr.flow.understand.wording import find_phrase

Candidate = tuple[Expected, Found]


@dataclass(frozen=True, slots=True)
class Earlier:
    """`fills`: what is changed; `either`: only one of them. `change`: what is to be asked anew; empty: not said."""

    fills: tuple[Fill, ...] = ()
    either: bool = False
    change: str | None = None

    def __bool__(self) -> bool:
        return bool(self.fills) or self.change is not None


NOTHING: Final = Earlier()


def read_earlier(
    tokens: tuple[Token, ...], listen: Listen, now: datetime, *, named_only: bool = False, swap_only: bool = False
) -> Earlier:
    """What the words put right. `named_only`: they answer the question too, so the answer they change must be named.
    `swap_only`: nothing but one value in the place of another counts."""
    slots = listen.corrects
    swapped = [(slot, found) for slot in slots if (found := corrections.swap(slot, tokens, now)) is not None]
    if swapped:
        return _settled(swapped, tokens, now)
    if swap_only:
        return NOTHING
    named = [slot for slot in slots if _is_named(tokens, slot)] or _by_nouns(tokens, listen)
    tokens = _unled(tokens, named) if named else tokens
    changed = _changed(named, tokens, now, part=True)
    if len(changed) == 1:
        return Earlier(_fills([*changed, *_beside(changed[0], listen, tokens, now)]))
    if changed:
        return _settled(changed, tokens, now)
    if named_only:
        return NOTHING
    if named and wants_change(tokens, named):
        return Earlier(change=named[0].slot if len(named) == 1 else "")
    if not named:
        changed = _changed(_unnamed(slots, tokens), tokens, now, part=False)
        if changed:
            return _settled(changed, tokens, now)
    return NOTHING


def read_change(tokens: tuple[Token, ...], listen: Listen) -> str | None:
    """ "Change the date", "the name is wrong", "that's wrong": the slot, or empty where it is not said which."""
    slots = listen.corrects
    named = [slot for slot in slots if _is_named(tokens, slot)] or _by_nouns(tokens, listen) or _by_type(tokens, slots)
    if named and wants_change(tokens, named):
        return named[0].slot if len(named) == 1 else ""
    return "" if slots and not named and is_wrong(tokens) else None


def said_again(tokens: tuple[Token, ...], listen: Listen, now: datetime, *, named_only: bool) -> Fill | None:
    """No, I said five: and five it is already. `named_only`: the words answer the question too."""
    named = [s for s in listen.corrects if _is_named(tokens, s)] or _by_nouns(tokens, listen)
    for slot in named or (() if named_only else listen.corrects):
        found = corrections.correct(slot, tokens, now)
        if found is not None and found.whole and found.value == slot.current:
            return Fill(slot.slot, found.value, Source.SPEECH, found.sure, corrects=True)
    return None


def says_a_value(tokens: tuple[Token, ...]) -> bool:
    """A number or a weekday: no name is made of these."""
    return bool(groups_of(tokens)) or any(t.text in WEEKDAYS for t in tokens)


# ---- what is meant -----------------------------------------------------------------------------------------------


def _is_named(tokens: tuple[Token, ...], slot: Expected) -> bool:
    """Whether the slot's own name or lead words were said: "change the account to"."""
    words = [t.text for t in tokens]
    return any(find_phrase(words, phrase) is not None for phrase in names_of(slot))


def _by_nouns(tokens: tuple[Token, ...], listen: Listen) -> list[Expected]:
    """Slots whose question has a word that was said, and no other question here has it."""
    said = {choosing.stem(t.text) for t in tokens}
    asked = [slot for slot in listen.expects if slot.slot not in {s.slot for s in listen.corrects}]
    others = {slot.slot: {choosing.stem(noun) for noun in slot.nouns} for slot in (*listen.corrects, *asked)}
    found = []
    for slot in listen.corrects:
        elsewhere = set().union(*(nouns for name, nouns in others.items() if name != slot.slot))
        if said & (others[slot.slot] - elsewhere):
            found.append(slot)
    return found


def _by_type(tokens: tuple[Token, ...], slots: Sequence[Expected]) -> list[Expected]:
    words = {t.text for t in tokens}
    return [slot for slot in slots if words & set(TYPE_WORDS.get(slot.type, ()))]


# ---- with what ---------------------------------------------------------------------------------------------------


def _changed(slots: Sequence[Expected], tokens: tuple[Token, ...], now: datetime, *, part: bool) -> list[Candidate]:
    """New values that differ. `part`: digits that are still short will do."""
    found = [(slot, value) for slot in slots if (value := corrections.correct(slot, tokens, now)) is not None]
    return [
        (slot, value)
        for slot, value in found
        if value.value != slot.current and (part or (value.whole and not _is_guess(slot, value)))
    ]


def _is_guess(slot: Expected, value: Found) -> bool:
    """An option that the words only sound like."""
    return slot.type is Type.CHOICE and value.sure < choosing.BY_PLACE


def _unnamed(slots: Sequence[Expected], tokens: tuple[Token, ...]) -> list[Expected]:
    """Any words could be a name: without "no" or "I said", and of more than a few words, they are none."""
    cued = corrections.is_weak(tokens) or corrections.is_said_anew(tokens)
    short = len(corrections.after_cue(tokens)) <= _LONGEST_NAME
    return [slot for slot in slots if _tier_of_type(slot) < _NAMES or (cued and short)]


_LONGEST_NAME: Final = 3
_NAMES: Final = 2


def _tier_of_type(slot: Expected) -> int:
    return _NAMES if slot.type in (Type.NAME, Type.EMAIL, Type.SPELLED) else 0


def _unled(tokens: tuple[Token, ...], named: Sequence[Expected]) -> tuple[Token, ...]:
    """Without the name and its "one": "the return one, March nineteenth" says nothing of the first of March."""
    own = {word for slot in named for phrase in (*names_of(slot), *([noun] for noun in slot.nouns)) for word in phrase}
    kept = [
        token
        for at, token in enumerate(tokens)
        if not (token.text == "one" and at and tokens[at - 1].text in own and at + 1 < len(tokens))
    ]
    return tuple(kept)


def _beside(one: Candidate, listen: Listen, tokens: tuple[Token, ...], now: datetime) -> list[Candidate]:
    """What stands in the other words: "five people, leaving on Friday"."""
    start, stop = _span(one, tokens, now)
    rest = (*tokens[:start], *tokens[stop:])
    others = [slot for slot in listen.corrects if slot is not one[0]]
    if not others or stop - start >= len(tokens) or not corrections.bare(rest):
        return []
    named = [slot for slot in _by_nouns(rest, listen) if slot in others]
    plain = [slot for slot in others if not _tier_of_type(slot)]
    found = _likeliest(_changed(named or plain, rest, now, part=False), rest)
    return found if len(found) == 1 else []


def _settled(found: Sequence[Candidate], tokens: tuple[Token, ...], now: datetime) -> Earlier:
    """All of them where each has words of its own; where the same words fit several, one of these is meant."""
    pool = _likeliest(list(found), tokens)
    if len(pool) == 1:
        return Earlier(_fills(pool))
    spans = [_span(one, tokens, now) for one in pool]
    shared = [
        one
        for at, one in enumerate(pool)
        if any(_overlap(spans[at], other) for place, other in enumerate(spans) if place != at)
    ]
    if not shared:
        return Earlier(_fills(pool))
    apart = [one for one in pool if one not in shared]
    return Earlier(_fills(apart)) if apart and len({s.slot for s, _ in shared}) > 1 else Earlier(_fills(shared), True)


def _fills(found: Iterable[Candidate]) -> tuple[Fill, ...]:
    return tuple(
        Fill(slot.slot, value.value, Source.SPEECH, value.sure, corrects=True, closed=value.closed)
        for slot, value in found
    )


def _likeliest(found: list[Candidate], tokens: tuple[Token, ...]) -> list[Candidate]:
    """Left of several: what the words are marked as (at eight, eight dollars), what is within its bounds, and a name
    or a guess only where nothing better fits."""
    if len(found) < 2:
        return found
    best = min(_tier(slot, value) for slot, value in found)
    found = [(slot, value) for slot, value in found if _tier(slot, value) == best]
    marked = _marked(tokens)
    found = [one for one in found if one[0].type in marked] or found
    return [one for one in found if _is_within(*one)] or found


def _tier(slot: Expected, value: Found) -> int:
    if _tier_of_type(slot):
        return _NAMES
    return 1 if slot.type is Type.CHOICE and value.sure <= choosing.BY_PLACE and value.start + 1 >= value.stop else 0


def _is_within(slot: Expected, value: Found) -> bool:
    if not isinstance(value.value, Decimal):
        return True
    low, high = slot.low, slot.high
    return not (isinstance(low, Decimal) and value.value < low) and not (
        isinstance(high, Decimal) and value.value > high
    )


_MONEY: Final = frozenset("dollar dollars cent cents euro euros pound pounds bucks".split())  # noqa: SIM905
_CLOCK: Final = frozenset("o'clock oclock am pm morning afternoon evening noon midnight".split())  # noqa: SIM905


def _marked(tokens: tuple[Token, ...]) -> frozenset[Type]:
    """Types that the words say themselves to be."""
    words = [t.text for t in tokens]
    numbers = groups_of(tokens)
    marked = set()
    if any(t.money for t in tokens) or _MONEY & set(words):
        marked.add(Type.MONEY)
    if _CLOCK & set(words) or any(g.start and words[g.start - 1] in ("at", "past") for g in numbers):
        marked |= {Type.TIME, Type.CHOICE}
    if any(g.ordinal for g in numbers):
        marked.add(Type.DATE)
    return frozenset(marked)


def _span(one: Candidate, tokens: tuple[Token, ...], now: datetime) -> tuple[int, int]:
    """The words a value stands in."""
    slot, value = one
    if 0 < value.stop - value.start < len(tokens):
        return value.start, value.stop
    read = read_value(slot, tokens, [True] * len(tokens), now, asked=True)
    return (read.start, read.stop) if read is not None and read.value == value.value else (0, len(tokens))


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]
