"""What a model says that a caller meant, as a Reading. It is never final.

Every value is read by the same readers as a caller's own words, is of the open question, and is held against the words:
what they contradict is unclear, and what they do not bear out is so little sure that it is read back before it counts.
A yes to what was read back is the caller's own word or none: a model's is not taken.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal

from ivr.flow.numerals import Token, tokens_of
from ivr.flow.state import Expected, Fill, Listen, Reading
from ivr.flow.types import CHOSEN, Privacy, Source, Type, Value
from ivr.flow.understand import agreement, amounts, choosing, digit_strings
from ivr.flow.understand.given_values import read_given
from ivr.flow.understand.model_question import (
    ANSWER,
    COMMAND,
    CORRECTION,
    UNCLEAR,
    YES,
    heard_tool,
    open_slots,
    put_right,
)
from ivr.flow.understand.slot_values import SATISFYING, phrases_of, read_value

BORNE_OUT: Final = 1.0
MEANT: Final = 0.85
"""One of a few things, in words that nobody foresaw."""
NOT_BORNE_OUT: Final = 0.5
"""A value that is not in the words: nobody but the model heard it."""
Witness = Literal["bears out", "says nothing", "contradicts"]
_ANY_WORDS: Final = frozenset({Type.TEXT, Type.NAME, Type.SPELLED, Type.DIGITS, Type.PHONE, Type.EMAIL, Type.LIST})
_MOST: Final = 12
"""Values in one answer."""
_LONGEST: Final = 40
"""Words in which an amount is looked for."""


def read_answer(given: object, words: str, listen: Listen, now: datetime, *, private: bool) -> Reading:
    """`given`: the arguments of the question's tool, JSON that nobody has checked. `words`: as a recogniser heard them;
    empty where it heard none. A Reading with nothing set: it is unclear. Never raises, whatever was given."""
    nothing = Reading(words)
    if not isinstance(given, Mapping) or given.get(UNCLEAR) is True or heard_tool(listen, private=private) is None:
        return nothing
    command = given.get(COMMAND)
    if isinstance(command, str) and any(command == known.name for known in listen.commands):
        return Reading(words, command=command, satisfied=True)
    tokens, _ = tokens_of(words)
    earlier, change = _corrections(given.get(CORRECTION), tokens, listen, now, private)
    if listen.confirming is not None:
        return _confirmed(given, words, tokens, listen, listen.confirming, earlier, now)
    if listen.summary:
        refused = given.get(YES) is False and not _agrees(tokens)
        if earlier or change is not None:
            return Reading(words, earlier, yes=False, satisfied=True, change=None if earlier else change)
        return Reading(words, yes=False, satisfied=True) if refused else nothing
    fills = (*_answers(given.get(ANSWER), tokens, listen, now, private), *earlier)
    if fills:
        return Reading(words, fills, satisfied=True)
    return nothing if change is None else Reading(words, change=change, satisfied=True)


def _confirmed(
    given: Mapping[str, object],
    words: str,
    tokens: tuple[Token, ...],
    listen: Listen,
    slot: Expected,
    earlier: tuple[Fill, ...],
    now: datetime,
) -> Reading:
    """No, and perhaps what it is instead. A yes would let a value count that nobody said."""
    instead = _value(slot, _member(given.get(ANSWER), slot.slot), tokens, now)
    if instead is not None and instead[0] != slot.current:
        fill = Fill(slot.slot, instead[0], Source.MODEL, instead[1], corrects=True)
        return Reading(words, (fill,), yes=False, satisfied=True)
    if earlier:
        return Reading(words, earlier, yes=False, satisfied=True)
    refused = given.get(YES) is False and instead is None and not _agrees(tokens)
    return Reading(words, yes=False, satisfied=True) if refused else Reading(words)


def _agrees(tokens: tuple[Token, ...]) -> bool:
    read = agreement.read_agreement(tokens)
    return read is not None and read.yes and read.alone


# ---- values


def _answers(
    given: object, tokens: tuple[Token, ...], listen: Listen, now: datetime, private: bool
) -> tuple[Fill, ...]:
    if not isinstance(given, Mapping):
        return ()
    fills: list[Fill] = []
    for slot in open_slots(listen, private=private):
        if slot.slot not in given or _would_tell(listen, slot):
            continue
        if given[slot.slot] is None:
            fills += [Fill(slot.slot, None, Source.MODEL, MEANT)] if slot.skip_words else []
            continue
        found = _value(slot, given[slot.slot], tokens, now)
        if found is None or (found[1] < MEANT and not _fits(slot, found[0])):
            continue
        sure = found[1]
        if slot.slot in listen.binding and sure < BORNE_OUT:
            if found[0] is True:
                continue  # a yes that lets something be changed is the caller's own
            sure = sure if found[0] is False else NOT_BORNE_OUT
        fills.append(Fill(slot.slot, found[0], Source.MODEL, sure))
    return tuple(fills[:_MOST])


def _would_tell(listen: Listen, slot: Expected) -> bool:
    """What is said to a private question would stand, as what anybody may read, in a slot that takes any words."""
    return listen.privacy is not Privacy.OPEN and slot.privacy is Privacy.OPEN and slot.type in _ANY_WORDS


def _corrections(
    given: object, tokens: tuple[Token, ...], listen: Listen, now: datetime, private: bool
) -> tuple[tuple[Fill, ...], str | None]:
    """Earlier answers put right; else the name of one that is wrong."""
    if not isinstance(given, Mapping):
        return (), None
    fills: list[Fill] = []
    wrong: str | None = None
    for slot in put_right(listen, private=private):
        if slot.slot not in given or _would_tell(listen, slot):
            continue
        if given[slot.slot] is None:
            wrong = wrong or slot.slot
            continue
        found = _value(slot, given[slot.slot], tokens, now)
        if found is not None and found[0] != slot.current and (found[1] >= MEANT or _fits(slot, found[0])):
            fills.append(Fill(slot.slot, found[0], Source.MODEL, found[1], corrects=True))
    return tuple(fills[:_MOST]), wrong


def _member(given: object, name: str) -> object:
    return given.get(name) if isinstance(given, Mapping) else None


def _value(slot: Expected, given: object, tokens: tuple[Token, ...], now: datetime) -> tuple[Value, float] | None:
    """The value and how sure it is; None: it is of another type, or the words say otherwise."""
    value = None if given is None else read_given(slot, given, now)
    if value is None:
        return None
    match witness(slot, value, tokens, now):
        case "contradicts":
            return None
        case "bears out":
            return value, BORNE_OUT
        case "says nothing":
            foreseen = slot.type in CHOSEN or slot.type is Type.YES_NO or slot.of in CHOSEN
            return value, MEANT if foreseen else NOT_BORNE_OUT


def _fits(slot: Expected, value: Value) -> bool:
    """Within what is asked for: a value out of it is told to the caller, but only if the caller said it."""
    if slot.length is not None and isinstance(value, str):
        return slot.length[0] <= len(value) <= slot.length[1]
    if isinstance(value, Decimal):
        low, high = slot.low, slot.high
        return not (isinstance(low, Decimal) and value < low) and not (isinstance(high, Decimal) and value > high)
    return True


# ---- the words as a witness


def witness(slot: Expected, value: Value, tokens: tuple[Token, ...], now: datetime) -> Witness:
    """What the caller's words say about a value that a model found in them."""
    if slot.type in (Type.TEXT, Type.NAME, Type.SPELLED, Type.EMAIL):
        return "bears out" if _has_words(value, tokens) or _read(slot, value, tokens, now) else "says nothing"
    if slot.type in (Type.DIGITS, Type.PHONE):
        return _digits(slot, value, tokens, now)
    if slot.type in (Type.NUMBER, Type.MONEY) and _amount(slot, value, tokens):
        return "bears out"
    if slot.type in CHOSEN:
        said = choosing.contained(tokens, phrases_of(slot)) if tokens else None
        names = {o.name: o.name if o.value is None else o.value for o in slot.options}
        if said is not None and said.sure >= SATISFYING:
            return "bears out" if names[said.name] == value else "contradicts"
        return "says nothing"
    found = read_value(slot, tokens, [True] * len(tokens), now, asked=True) if tokens else None
    if found is None:
        return "says nothing"
    if found.value == value:
        return "bears out"
    certain = found.whole and found.sure >= SATISFYING and slot.type is not Type.LIST
    return "contradicts" if certain else "says nothing"


def _read(slot: Expected, value: Value, tokens: tuple[Token, ...], now: datetime) -> bool:
    found = read_value(slot, tokens, [True] * len(tokens), now, asked=True) if tokens else None
    return found is not None and found.value == value


def _has_words(value: Value, tokens: tuple[Token, ...]) -> bool:
    said = {token.text.lower() for token in tokens}
    wanted = re.findall(r"[^\W_]+(?:['’][^\W_]+)*", str(value).lower())
    return bool(wanted) and all(word in said for word in wanted)


def _digits(slot: Expected, value: Value, tokens: tuple[Token, ...], now: datetime) -> Witness:
    read = digit_strings.read_digits(tokens, None, [True] * len(tokens)) if tokens else None
    if _read(slot, value, tokens, now):
        return "bears out"
    if read is None:
        return "says nothing"
    digits = "".join(letter for letter in str(value) if letter.isdigit())
    if digits and (digits in read.digits or (slot.type is Type.PHONE and digits.endswith(read.digits[-7:]))):
        return "bears out" if len(read.digits) >= min(len(digits), 7) else "says nothing"
    whole = slot.length is not None and slot.length[0] <= len(read.digits) <= slot.length[1]
    return "contradicts" if whole else "says nothing"


def _amount(slot: Expected, value: Value, tokens: tuple[Token, ...]) -> bool:
    """Whether it is among all amounts in the words, not only the one that a reader would take."""
    money = slot.type is Type.MONEY
    rests = (tokens[at : at + _LONGEST] for at in range(min(len(tokens), _LONGEST)))
    found = (amounts.read_amount(rest, [True] * len(rest), money=money) for rest in rests)
    return any(read is not None and value in read.readings for read in found)
