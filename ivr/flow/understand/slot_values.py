"""One slot's value out of the words, by its type."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from ivr.flow.numerals import Token
from ivr.flow.state import Expected
from ivr.flow.types import CHOSEN, Type, Value
from ivr.flow.understand import (
    agreement,
    amounts,
    choosing,
    dates,
    digit_strings,
    listed,
    lists,
    misheard,
    name_letters,
    other_values,
    sounding,
    spellings,
)
from ivr.flow.understand.found import Found
from ivr.flow.understand.wording import ARTICLES, core, find_phrase, is_noise

SATISFYING: Final = 0.9
"""A match surer than this needs no more words."""


def read_value(
    expected: Expected, tokens: tuple[Token, ...], free: list[bool], now: datetime, *, asked: bool
) -> Found | None:
    """What the free tokens hold for this slot. Not `asked`: only what cannot be meant for another one."""
    match expected.type:
        case Type.DIGITS:
            return _digits(expected, tokens, free, asked)
        case Type.NUMBER | Type.MONEY:
            return _amount(expected, tokens, free, asked)
        case Type.DATE:
            return _date(expected, tokens, free, now, asked)
        case Type.YES_NO:
            return _yes_no(tokens) if asked else None
        case Type.CHOICE | Type.TARGET:
            return _choice(expected, tokens, free, now, asked)
        case Type.NAME:
            letters = _letters_of_name(expected, tokens, free, asked)
            return letters if letters is not None or expected.spelling else _named_anew(expected, tokens, free, asked)
        case Type.TEXT:
            return _text(tokens, free) if asked else None
        case Type.LIST:
            return _list(expected, tokens, free, now) if asked else None
        case _:
            return other_values.read_other(expected, tokens, free, asked=asked)


def _list(expected: Expected, tokens: tuple[Token, ...], free: list[bool], now: datetime) -> Found | None:
    """The items there are by now, with those said before: `current`."""

    def read(item: Expected, among: tuple[Token, ...], open_: list[bool]) -> lists.Item | None:
        found = read_value(item, among, open_, now, asked=True)
        if found is None or (len(item.options) == 1 and found.sure < choosing.CONTAINED):
            return None
        return lists.Item(found.value, found.start, found.stop, found.sure, found.whole)

    items = lists.read_items(expected, tokens, free, read)
    before = expected.current if isinstance(expected.current, tuple) else ()
    if items is None or not (before or items.values):
        return None
    values = (*before, *(v for v in items.values if expected.of not in CHOSEN or v not in before))
    full = expected.up_to is not None and len(values) >= expected.up_to
    return Found(
        values,
        items.start,
        items.stop,
        sure=items.sure,
        satisfied=full or items.closed,
        whole=items.whole,
        growing=not full and not items.closed,
        closed=items.closed,
    )


def _digits(expected: Expected, tokens: tuple[Token, ...], free: list[bool], asked: bool) -> Found | None:
    read = digit_strings.read_digits(misheard.doubled(tokens), expected.length, free)
    if read is None:
        return None
    whole = read.fit == "whole"
    if not asked and not (whole and expected.length is not None):
        return None
    if not whole and read.stray > max(1, len(read.digits) // 2):
        return None
    full = whole and expected.length is not None and len(read.digits) == expected.length[1]
    return Found(
        value=read.digits,
        start=read.start,
        stop=read.stop,
        satisfied=full,
        whole=whole,
        pieces=read.fit == "short",
        growing=whole and not full,
    )


def _decimal(value: Value | None) -> Decimal | None:
    return value if isinstance(value, Decimal) else None


def _amount(expected: Expected, tokens: tuple[Token, ...], free: list[bool], asked: bool) -> Found | None:
    low, high = _decimal(expected.low), _decimal(expected.high)
    read = amounts.read_amount(tokens, free, money=expected.type is Type.MONEY, low=low, high=high)
    if read is None:
        return (_alike_digit(tokens) or misheard.number_by_sound(tokens, low, high)) if asked else None
    value = read.readings[0]
    money = expected.type is Type.MONEY
    if money and value != value.to_integral_value():
        value = value.quantize(Decimal("0.01"))
    return Found(value, read.start, read.stop, satisfied=not amounts.may_grow(tokens, read, high, money=money))


def _alike_digit(tokens: tuple[Token, ...]) -> Found | None:
    """One word alone that sounds like a digit: "for", "to", "ate"."""
    said = core(tokens)
    if len(said) != 1 or said[0].text not in digit_strings.SOUND_ALIKES:
        return None
    return Found(Decimal(digit_strings.SOUND_ALIKES[said[0].text]), 0, len(tokens), sure=0.7)


def _date(expected: Expected, tokens: tuple[Token, ...], free: list[bool], now: datetime, asked: bool) -> Found | None:
    read = dates.read_date(tokens, free, now.date(), expected.near, expected.key_order)
    if read is None and asked:
        read = dates.read_date(digit_strings.repaired(tokens), free, now.date(), expected.near, expected.key_order)
    if asked and (read is None or not (read.named or _is_all(tokens, read.start, read.stop))):
        by_sound = misheard.day_by_sound(tokens, now.date(), expected.near)
        if by_sound is not None:
            return by_sound
    if read is None or not (asked or read.named):
        return None
    sure = 1.0 if read.whole else 0.8
    satisfied = read.whole and not dates.may_grow(tokens, read)
    return Found(read.value, read.start, read.stop, sure=sure, satisfied=satisfied, growing=not read.whole)


def _is_all(tokens: tuple[Token, ...], start: int, stop: int) -> bool:
    """Nothing that means something was said beside these: "the third, please", but not "first aid"."""
    return all(is_noise(token.text) for token in (*tokens[:start], *tokens[stop:]))


def _yes_no(tokens: tuple[Token, ...]) -> Found | None:
    read = agreement.read_agreement(tokens)
    if read is None:
        return None
    return Found(read.yes, 0, read.stop, sure=1.0 if read.alone else 0.9, satisfied=read.alone)


def phrases_of(expected: Expected) -> dict[str, tuple[str, ...]]:
    """Option name to what a caller may say for it."""
    return {o.name: o.hear if o.say in o.hear or not o.say else (*o.hear, o.say) for o in expected.options}


def _choice(
    expected: Expected, tokens: tuple[Token, ...], free: list[bool], now: datetime, asked: bool
) -> Found | None:
    """Satisfied by a sure match that the beginning of no other option follows: "one" may become "one hundred"."""
    phrases = phrases_of(expected)
    chosen = choosing.contained(tokens, phrases)
    from_list = listed.is_listed(expected)
    if chosen is None and from_list:
        chosen = listed.by_value(expected, tokens, free, now)
    if chosen is None and asked:
        keys = {o.key: o.name for o in expected.options if o.key is not None}
        chosen = (
            choosing.by_place(tokens, [o.name for o in expected.options if o.offered], keys)
            or _by_agreement(expected, tokens)
            or (listed.by_word(expected, tokens, free) if from_list else None)
            or choosing.near(tokens, phrases)
            or sounding.by_sound(tokens, phrases)
        )
    if chosen is None or (not all(free[chosen.start : chosen.stop]) and chosen.sure >= SATISFYING):
        return None
    satisfied = chosen.sure >= SATISFYING and not choosing.may_grow(tokens, phrases, chosen)
    option = next(o for o in expected.options if o.name == chosen.name)
    value = chosen.name if option.value is None else option.value
    return Found(value, chosen.start, chosen.stop, sure=chosen.sure, satisfied=satisfied)


def _by_agreement(expected: Expected, tokens: tuple[Token, ...]) -> choosing.Choice | None:
    """Where an option is heard by "yes" or "no", its whole family counts."""
    read = agreement.read_agreement(tokens)
    if read is None:
        return None
    word = "yes" if read.yes else "no"
    named = [o.name for o in expected.options if word in (h.lower() for h in o.hear)]
    if len(named) != 1:
        return None
    return choosing.Choice(named[0], choosing.CONTAINED if read.alone else choosing.BY_PLACE, 0, read.stop)


# ---- names and free text -------------------------------------------------------------------------------------------

_NAME_CUES: Final = (
    ("my", "full", "name", "is"),
    ("my", "first", "name", "is"),
    ("my", "last", "name", "is"),
    ("my", "name", "is"),
    ("my", "name's"),
    ("the", "name", "is"),
    ("the", "name's"),
    ("name", "is"),
    ("i", "am", "called"),
    ("i'm", "called"),
    ("call", "me"),
    ("they", "call", "me"),
)
_WEAK_NAME_CUES: Final = (
    ("this", "is"),
    ("it", "is"),
    ("that", "is"),
    ("that's",),
    ("i", "am"),
    ("it's",),
    ("i'm",),
    ("yes",),
    ("sure",),
)
_LONGEST_NAME: Final = 5
_SPELLED_LETTERS: Final = 3
"""Fewer letters at the end of a name are initials."""


def _letters_of_name(expected: Expected, tokens: tuple[Token, ...], free: list[bool], asked: bool) -> Found | None:
    """Ana Lopez, L O P E Z; or the letters alone, where a name is asked to be spelled."""
    read = spellings.read_letters(tokens, free, asked=asked and expected.spelling, digits=False)
    if read is None or not asked:
        return None
    if expected.spelling:
        heard = expected.current if isinstance(expected.current, str) else None
        return Found(spellings.spelled_name(read.text, heard), 0, len(tokens), sure=read.sure)
    if read.units < _SPELLED_LETTERS or any(free[read.stop :]):
        return None
    before = _name(tokens[: read.start], free[: read.start], asked)
    heard = before.value if before is not None and isinstance(before.value, str) else None
    return Found(spellings.spelled_name(read.text, heard), 0, read.stop, growing=True)


def _named_anew(expected: Expected, tokens: tuple[Token, ...], free: list[bool], asked: bool) -> Found | None:
    """A name, perhaps with a letter of it; in the place of another the letter alone: Lopez with a Z; with a Z."""
    held = expected.current if isinstance(expected.current, str) else None
    hint = name_letters.hint_at(tokens)
    end = len(tokens) if hint is None else hint[0]
    found = _name(tokens[:end], free[:end], asked)
    if found is None and hint is not None and held is not None:
        return Found(name_letters.respelled(held, hint[1], hint[2]), 0, len(tokens))
    if found is None or not isinstance(found.value, str):
        return found
    if hint is None:
        return found
    return replace(found, value=name_letters.respelled(found.value, hint[1], hint[2]), stop=len(tokens))


def _name(tokens: tuple[Token, ...], free: list[bool], asked: bool) -> Found | None:
    words = [t.text for t in tokens]
    start = 0
    cued = False
    for cue in _NAME_CUES:
        at = find_phrase(words, cue)
        if at is not None:
            start, cued = at + len(cue), True
            break
    if not cued and not asked:
        return None
    start, stop = _trimmed(tokens, free, start, cued)
    if not 0 < stop - start <= _LONGEST_NAME:
        return None
    written = [_named(t.as_written) for t in tokens[start:stop]]
    if any(not w[0].isalpha() for w in written):
        return None
    return Found(" ".join(written), start, stop, sure=1.0 if cued or stop - start <= 3 else 0.8)


def _trimmed(tokens: tuple[Token, ...], free: list[bool], start: int, cued: bool) -> tuple[int, int]:
    """From `start`, without prefaces, to the first token that is another slot's, a filler, or a new clause."""
    while start < len(tokens) and (is_noise(tokens[start].text) or not free[start]):
        start += 1
    changed = not cued
    while changed:
        changed = False
        for cue in _WEAK_NAME_CUES:
            if tuple(t.text for t in tokens[start : start + len(cue)]) == cue:
                start, changed = start + len(cue), True
        while start < len(tokens) and is_noise(tokens[start].text):
            start, changed = start + 1, True
    stop = start
    while stop < len(tokens) and free[stop] and not is_noise(tokens[stop].text):
        if stop > start and tokens[stop].pause and stop - start >= 2:
            break
        stop += 1
    while stop > start and tokens[stop - 1].text in ARTICLES | {"born", "account", "number", "date"}:
        stop -= 1
    return start, stop


def _named(word: str) -> str:
    return word if any(c.isupper() for c in word[1:]) and not word.isupper() else word[:1].upper() + word[1:].lower()


def _text(tokens: tuple[Token, ...], free: list[bool]) -> Found | None:
    said = core([t for i, t in enumerate(tokens) if free[i]])
    if not said:
        return None
    parts: list[str] = []
    for i, token in enumerate(said):
        joint = token.glue if i and token.glue else ("" if i == 0 else ", " if token.pause else " ")
        parts.append(joint + token.as_written)
    return Found("".join(parts), 0, len(tokens))
