"""One earlier answer put right: "no, June third", "not Tuesday, Wednesday", "the other one", "at eight instead".

Which answer is meant is found out in `earlier.py`; digits have rules of their own in `digit_corrections.py`.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Final

from ivr.flow.numerals import Token
from ivr.flow.state import Expected
from ivr.flow.types import Type, Value
from ivr.flow.understand import agreement, name_letters
from ivr.flow.understand.date_corrections import correct_date, weekday_alone
from ivr.flow.understand.digit_corrections import correct_digits, correct_spelled
from ivr.flow.understand.found import Found
from ivr.flow.understand.phones import digits_at_home, e164
from ivr.flow.understand.slot_values import read_value
from ivr.flow.understand.wording import ARTICLES, FILLERS, find_phrase, is_noise

NEVER: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""For readers that no day matters to."""
STRONG_CUES: Final = (
    ("i", "said"),
    ("i", "meant"),
    ("i", "mean"),
    ("change",),
    ("should", "be"),
    ("should", "have", "been"),
    ("supposed", "to", "be"),
    ("make", "that"),
    ("make", "it"),
    ("correction",),
    ("instead",),
    ("rather",),
    ("ends", "in"),
    ("ends", "with"),
    ("not", "right"),
)
WEAK_CUES: Final = frozenset({"no", "nope", "nah", "sorry", "wait", "actually", "oh", "not", "apologies"})
_OTHER: Final = (("the", "other", "one"), ("the", "other"), ("other", "one"), ("the", "opposite"))


def is_strong(tokens: tuple[Token, ...]) -> bool:
    words = [t.text for t in tokens]
    return any(find_phrase(words, cue) is not None for cue in STRONG_CUES)


def is_said_anew(tokens: tuple[Token, ...]) -> bool:
    """I said, I meant: the same thing once more, whatever it is."""
    words = [t.text for t in tokens]
    return any(find_phrase(words, ("i", word)) is not None for word in ("said", "meant", "mean"))


def is_weak(tokens: tuple[Token, ...]) -> bool:
    words = [t.text for t in tokens if t.text not in FILLERS]
    return bool(words) and words[0] in WEAK_CUES


def is_swap(tokens: tuple[Token, ...]) -> bool:
    """Something is said in place of something else: "not Tuesday, Wednesday"."""
    return any(_has_words(old) and _has_words(new) for old, new in _sides(tokens))


def correct(slot: Expected, tokens: tuple[Token, ...], now: datetime) -> Found | None:
    """The slot's new value, made from its current one and the words; None when they do not say which."""
    swapped = swap(slot, tokens, now)
    if swapped is not None:
        return swapped
    match slot.type:
        case Type.DIGITS if isinstance(slot.current, str):
            new = correct_digits(slot, slot.current, tokens)
            return None if new is None else _found(new, slot)
        case Type.PHONE if isinstance(slot.current, str):
            return _phone(slot, slot.current, tokens)
        case Type.DATE if isinstance(slot.current, date):
            new_date = correct_date(slot, slot.current, tokens, now)
            return None if new_date is None else Found(new_date, 0, len(tokens), satisfied=True)
        case Type.YES_NO:
            return _yes_no(tokens)
        case Type.CHOICE | Type.TARGET:
            return _other(slot, tokens) or _said(slot, tokens, now)
        case Type.LIST:
            return _list(slot, tokens, now)
        case Type.TEXT:
            return None
        case Type.SPELLED if isinstance(slot.current, str) and (ends := correct_spelled(slot.current, tokens)):
            return _found(ends, slot)
        case Type.NAME | Type.EMAIL | Type.SPELLED:
            part = _part_of_name(slot, tokens)
            return part or (None if is_swap(tokens) else _placed(slot, _said(slot, after_cue(tokens), now)))
        case _:
            return _said(slot, tokens, now)


def _phone(slot: Expected, current: str, tokens: tuple[Token, ...]) -> Found | None:
    """A whole new number, or digits of it put right as it is said at home."""
    whole = read_value(slot, tokens, [True] * len(tokens), NEVER, asked=True)
    if whole is not None and whole.whole:
        return whole
    home = digits_at_home(current)
    new = correct_digits(replace(slot, length=(len(home), len(home))), home, tokens)
    number = None if new is None else e164(current[: len(current) - len(home)] + new, slot.region)
    return None if number is None else Found(number, 0, len(tokens), satisfied=True)


def _said(slot: Expected, tokens: tuple[Token, ...], now: datetime) -> Found | None:
    found = read_value(slot, tokens, [True] * len(tokens), now, asked=True)
    if found is None or slot.options or not isinstance(found.value, time) or not isinstance(slot.current, time):
        return found
    return replace(found, value=_same_half(found.value, slot.current, tokens))


def _same_half(said: time, current: time, tokens: tuple[Token, ...]) -> time:
    """No, at eight: in the evening, if it was seven in the evening."""
    exact = any(t.text in _HALVES or t.text.endswith(("am", "pm")) for t in tokens) or said.hour >= 13 or said.hour == 0
    if exact or said.hour % 12 == 0 or (said.hour >= 12) is (current.hour >= 12):
        return said
    return said.replace(hour=(said.hour + 12) % 24)


_HALVES: Final = frozenset(
    """am pm a.m. p.m. morning afternoon evening night tonight noon midnight""".split()  # noqa: SIM905
)


def _found(value: Value, slot: Expected) -> Found:
    least, most = slot.length or (1, 10**6)
    whole = isinstance(value, str) and least <= len(value) <= most
    return Found(value, 0, 0, satisfied=whole, whole=whole)


# ---- one value for another ---------------------------------------------------------------------------------------


def swap(slot: Expected, tokens: tuple[Token, ...], now: datetime) -> Found | None:
    """Not X, Y; Y, not X; Y instead of X; change X to Y: only where X is what the slot holds."""
    if slot.type is Type.DIGITS or slot.current is None:
        return None  # a part of the digits may be swapped: digits have their own rule
    for old, new in _sides(tokens):
        if not old or not new or not _is_current(slot, old, now):
            continue
        value = _correct_plain(slot, new, now)
        if value is not None and value.value != slot.current:
            return replace(value, satisfied=True, sure=1.0)
    return None


def _correct_plain(slot: Expected, tokens: tuple[Token, ...], now: datetime) -> Found | None:
    if slot.type is Type.DATE and isinstance(slot.current, date):
        new = correct_date(slot, slot.current, tokens, now)
        return None if new is None else Found(new, 0, len(tokens), satisfied=True)
    return _said(slot, _without_cues(tokens), now)


def _sides(tokens: tuple[Token, ...]) -> Iterator[tuple[tuple[Token, ...], tuple[Token, ...]]]:
    """What is taken back, and what is said in its place; every way the words can be cut."""
    words = [t.text for t in tokens]
    instead = find_phrase(words, ("instead", "of"))
    if instead is not None:
        yield tokens[instead + 2 :], tokens[:instead]
        return
    for cue in (("change",), ("from",)):
        at = find_phrase(words, cue)
        to = None if at is None else find_phrase(words, ("to",), at + 1)
        if at is not None and to is not None and to > at + 1:
            yield tokens[at + 1 : to], tokens[to + 1 :]
    at = find_phrase(words, ("not",))
    if at is None:
        return
    if _has_words(tokens[:at]):
        yield tokens[at + 1 :], tokens[:at]
    after = tokens[at + 1 :]
    for cut in range(1, len(after)):
        yield after[:cut], after[cut:]


def _has_words(tokens: tuple[Token, ...]) -> bool:
    """More than a cue, a filler, or the verb that leads to it."""
    return any(not is_noise(t.text) and t.text not in WEAK_CUES and t.text not in _VERBS for t in tokens)


_VERBS: Final = frozenset("it's its it is i i'm said meant that's that this for on at in but was be rather".split())  # noqa: SIM905


def _without_cues(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    start = 0
    while start < len(tokens) and (tokens[start].text in WEAK_CUES or tokens[start].text in _VERBS):
        start += 1
    return tokens[start:] or tokens


def after_cue(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """What is said in place of the old: behind "I said", "change it to"."""
    words = [t.text for t in tokens]
    ends = [at + len(cue) for cue in STRONG_CUES if (at := find_phrase(words, cue)) is not None]
    rest = tokens[max(ends) :] if ends else tokens
    to = find_phrase([t.text for t in rest], ("to",))
    return _without_cues(rest[to + 1 :] if ends and to is not None and to < 3 else rest)


def _is_current(slot: Expected, tokens: tuple[Token, ...], now: datetime) -> bool:
    weekday = weekday_alone(tokens)
    if weekday is not None and slot.type is Type.DATE and isinstance(slot.current, date):
        return slot.current.weekday() == weekday
    found = _said(slot, _without_cues(tokens), now)
    return found is not None and found.value == slot.current


def _other(slot: Expected, tokens: tuple[Token, ...]) -> Found | None:
    """The other one, where there are exactly two."""
    words = [t.text for t in tokens]
    here = next((at for cue in _OTHER if (at := find_phrase(words, cue)) is not None), None)
    if here is None or len(slot.options) != 2:
        return None
    values = [option.name if option.value is None else option.value for option in slot.options]
    if slot.current not in values:
        return None
    other = values[1 - values.index(slot.current)]
    return Found(other, here, here + 2, satisfied=True)


_MORE: Final = frozenset({"also", "add", "too", "plus", "another", "additionally"})
_LESS: Final = frozenset({"without", "remove", "drop", "not", "except", "skip"})


def _part_of_name(slot: Expected, tokens: tuple[Token, ...]) -> Found | None:
    """Not Ana, Anna: where that is one of several names."""
    held = slot.current.split() if isinstance(slot.current, str) else []
    for old, new in _sides(tokens):
        said = _without_cues(new)
        if len(old) != 1 or len(said) != 1 or len(held) < 2:
            continue
        at = [place for place, word in enumerate(held) if word.casefold() == old[0].text]
        if len(at) == 1:
            name = said[0].as_written
            held[at[0]] = name[:1].upper() + name[1:]
            return Found(" ".join(held), 0, len(tokens), satisfied=True)
    return None


def _placed(slot: Expected, said: Found | None) -> Found | None:
    """No, Lopez: where Ana Lopes was understood."""
    held = slot.current
    if said is None or slot.type is not Type.NAME or not (isinstance(said.value, str) and isinstance(held, str)):
        return said
    return replace(said, value=name_letters.placed(said.value, held))


def _list(slot: Expected, tokens: tuple[Token, ...], now: datetime) -> Found | None:
    """Other items, one more ("and also a high chair"), or one less ("without the window")."""
    found = read_value(replace(slot, current=None), tokens, [True] * len(tokens), now, asked=True)
    if found is None or not isinstance(found.value, tuple):
        return None
    said = found.value
    found = replace(found, closed=True)
    held = slot.current if isinstance(slot.current, tuple) else ()
    words = {t.text for t in tokens}
    if words & _MORE:
        return replace(found, value=(*held, *(v for v in said if v not in held)))
    if words & _LESS:
        return replace(found, value=tuple(v for v in held if v not in said))
    return found


def _yes_no(tokens: tuple[Token, ...]) -> Found | None:
    """No, I said yes: only behind words that put something right."""
    words = [t.text for t in tokens]
    for cue in STRONG_CUES:
        at = find_phrase(words, cue)
        read = agreement.read_agreement(tokens[at + len(cue) :]) if at is not None else None
        if read is not None and at is not None:
            return Found(read.yes, at, len(tokens), satisfied=read.alone)
    return None


def bare(tokens: tuple[Token, ...]) -> list[str]:
    """Words that carry something: no fillers, no articles, no cues."""
    return [t.text for t in tokens if t.text not in ARTICLES and not is_noise(t.text) and t.text not in WEAK_CUES]
