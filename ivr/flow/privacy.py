"""How private one turn of the caller is, and what anybody may read of it."""

import re
from decimal import Decimal
from typing import Final

from ivr.flow.numerals import REPEATS, SCALES, TEENS, TENS, UNITS, ZEROS
from ivr.flow.spoken.masks import DOTS, mask
from ivr.flow.spoken.writing import plain_text
from ivr.flow.state import Expected, Fill, Listen, Reading
from ivr.flow.types import Privacy, Type, Value

ORDER: Final = tuple(Privacy)
"""From open to secret."""
CARD_DIGITS: Final = 12
"""Numbers longer than this may be a card's: no model is told them."""
MOST_DIGITS: Final = 3
"""So many digits in a row may be read by anybody; more may be a number of somebody's."""
_WITH_DIGITS: Final = frozenset(Type) - {Type.YES_NO, Type.CHOICE, Type.TARGET, Type.NAME}
"""Slots in which digits are at home."""
_SIGNS: Final = ".,;:!?\"'’“”"
_BETWEEN: Final = frozenset({"and", "then", "um", "uh", "hm", "er", "dash", "-"})
_LENGTHS: Final = {
    **dict.fromkeys((*UNITS, *ZEROS, *REPEATS), 1),
    **dict.fromkeys((*TEENS, *TENS, *SCALES), 2),
}
_FEWEST_WORDS: Final = 4
"""A number that long takes more words than this: forty one, eleven, eleven, ..."""
_WORDS: Final = re.compile(r"\S+")


def class_of(listen: Listen, reading: Reading) -> Privacy:
    """The class by which the words of a turn are kept: the hardest of the question's and of the slots they filled. Long
    digits that filled nothing are pii where the flow asks for private digits somewhere."""
    slots = _slots(listen)
    classes = [listen.privacy, *(slots[fill.slot].privacy for fill in reading.fills if fill.slot in slots)]
    if _has_stray_digits(listen, reading, slots):
        classes.append(Privacy.PII)
    return max(classes, key=ORDER.index)


def shown(listen: Listen, reading: Reading) -> str:
    """The words as anybody may read them: those of a private turn are replaced by the values they gave, masked."""
    class_ = class_of(listen, reading)
    if class_ is Privacy.OPEN:
        return reading.words
    if class_ in (Privacy.PCI, Privacy.SECRET):
        return DOTS
    slots = _slots(listen)
    if listen.privacy is Privacy.OPEN and all(slots[f.slot].privacy is Privacy.OPEN for f in reading.fills):
        return mask_numbers(reading.words)
    values = [_value(fill, slots.get(fill.slot)) for fill in reading.fills if fill.value is not None]
    if values:
        return ", ".join(values)
    if reading.command is not None:
        return reading.command
    if reading.yes is not None:
        return "yes" if reading.yes else "no"
    return DOTS


def mask_numbers(text: str, most: int = MOST_DIGITS) -> str:
    """With every run of more than `most` digits, written or spoken, as dots."""
    if sum(map(_digits_in, text.split())) <= most:
        return text
    out: list[str] = []
    at = 0
    run: list[re.Match[str]] = []
    count = 0
    for word in [*_WORDS.finditer(text), None]:
        length = _digits_in(word[0]) if word is not None else 0
        if word is not None and (length or (run and word[0].lower().strip(".,") in _BETWEEN)):
            run.append(word)
            count += length
            continue
        while run and not _digits_in(run[-1][0]):
            run.pop()
        if count > most:
            out += [text[at : run[0].start()], DOTS]
            at = run[-1].end()
        run, count = [], 0
    return "".join([*out, text[at:]])


def mask_cards(text: str) -> str:
    """With every number that may be a card's as dots."""
    if len(text) <= CARD_DIGITS or (text.count(" ") < _FEWEST_WORDS and sum(map(str.isdigit, text)) <= CARD_DIGITS):
        return text
    return mask_numbers(text, CARD_DIGITS)


def _digits_in(word: str) -> int:
    """How many digits a word stands for; 0 if it is no number."""
    bare = word.strip(".,;:!?")
    if bare.isalpha():
        return _LENGTHS.get(bare.lower(), 0)
    digits = sum(letter.isdigit() for letter in word)
    if digits and (digits > CARD_DIGITS or re.fullmatch(r"[\d(+][\d().,/+-]*", word.strip(_SIGNS))):
        return digits
    lengths = [_LENGTHS.get(part, 0) for part in bare.lower().split("-")]
    return sum(lengths) if all(lengths) else 0


def _slots(listen: Listen) -> dict[str, Expected]:
    confirming = (listen.confirming,) if listen.confirming is not None else ()
    return {expected.slot: expected for expected in (*listen.corrects, *listen.expects, *confirming)}


def _has_stray_digits(listen: Listen, reading: Reading, slots: dict[str, Expected]) -> bool:
    taken = any(_may_hold(slots[fill.slot], fill.value) for fill in reading.fills if fill.slot in slots)
    return listen.guarded and not taken and mask_numbers(reading.words) != reading.words


def _may_hold(slot: Expected, value: Value | None) -> bool:
    """Digits are at home in this slot, and so many of them: a card number is no number of guests."""
    if slot.type not in _WITH_DIGITS:
        return False
    if slot.type is Type.PHONE:
        return isinstance(value, str) and value.startswith("+")  # else it is no phone number, and may be a card's
    if isinstance(value, Decimal) and isinstance(slot.high, Decimal):
        return value <= slot.high
    return not (slot.length is not None and isinstance(value, str) and len(value) > slot.length[1])


def _value(fill: Fill, slot: Expected | None) -> str:
    if slot is None or slot.privacy is not Privacy.OPEN:
        return mask(fill.value, slot.type if slot is not None else Type.TEXT)
    if fill.value is None:
        return ""
    return plain_text(fill.value) if not isinstance(fill.value, bool) else "yes" if fill.value else "no"
