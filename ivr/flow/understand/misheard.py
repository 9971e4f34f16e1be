"""Days, hours and small numbers that a recogniser wrote as other words, told by their sound; none of them is sure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

from ivr.flow.numerals import REPEATS, TEENS, UNITS, Token, digit_of, tokens_of
from ivr.flow.types import Near
from ivr.flow.understand.dates import read_date
from ivr.flow.understand.digit_strings import SOUND_ALIKES
from ivr.flow.understand.found import Found
from ivr.flow.understand.relative_days import WEEKDAYS
from ivr.flow.understand.sounding import by_sound
from ivr.flow.understand.wording import PREFACE, core

_DAYS: Final = {day: (day, f"on {day}") for day in WEEKDAYS} | {
    "today": ("today",),
    "tomorrow": ("tomorrow",),
    "the day after tomorrow": ("the day after tomorrow", "day after tomorrow"),
}
_NUMBERS: Final = {word: value for word, value in {**UNITS, **TEENS}.items() if value}
_MOST_WORDS: Final = 4
_LONG_ENOUGH: Final = 4
"""Letters of a word: "at" is no eight."""
_SURE: Final = 0.6


def day_by_sound(tokens: tuple[Token, ...], today: date, near: Near) -> Found | None:
    """ "To morale" is tomorrow and "first aid" Thursday, where a day is asked for and nothing else was said."""
    if len(core(tokens)) > _MOST_WORDS:
        return None
    chosen = by_sound(tokens, _DAYS)
    if chosen is None:
        return None
    named = tokens_of(chosen.name)[0]
    day = read_date(named, [True] * len(named), today, near)
    return None if day is None else Found(day.value, 0, len(tokens), sure=_SURE)


def number_by_sound(tokens: tuple[Token, ...], low: Decimal | None, high: Decimal | None) -> Found | None:
    """One word alone: "poor" is four, where a number of the range is asked for."""
    said = core(tokens)
    if len(said) != 1 or len(said[0].text) < _LONG_ENOUGH or said[0].text in PREFACE:
        return None
    chosen = by_sound(tokens, {word: (word,) for word, value in _NUMBERS.items() if _within(value, low, high)})
    return None if chosen is None else Found(Decimal(_NUMBERS[chosen.name]), 0, len(tokens), sure=_SURE)


def _within(value: int, low: Decimal | None, high: Decimal | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


_ZEROS_ALIKE: Final = frozenset({"off", "our", "all", "are", "a", "r", "l", "or"})
"""What is written for oh behind double."""


def doubled(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """With the digit that was doubled and written as another word: "double off", "double aid"."""
    found = list(tokens)
    for at in range(1, len(tokens)):
        word = tokens[at].text
        if tokens[at - 1].text not in REPEATS or digit_of(word) is not None:
            continue
        if word in _ZEROS_ALIKE:
            found[at] = replace(tokens[at], text="0")
        elif word in SOUND_ALIKES:
            found[at] = replace(tokens[at], text=SOUND_ALIKES[word])
    return tuple(found)


_HOURS: Final[Mapping[tuple[str, ...], tuple[str, ...]]] = {
    ("either", "clock"): ("8", "o'clock"),
    ("a", "the", "clock"): ("8", "o", "clock"),
    ("a", "to", "clock"): ("8", "o", "clock"),
    ("to", "clock"): ("2", "o'clock"),
    ("too", "clock"): ("2", "o'clock"),
    ("two", "clock"): ("2", "o'clock"),
    ("ate", "clock"): ("8", "o'clock"),
}
_BETWEEN: Final = frozenset({"a", "to", "the", "of", "or", "our", "oh", "0", "o'clock", "at"})


def clock_words(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """With "o'clock" where it was written as other words, and the hour before it: "either clock", "two to clock". As
    many tokens as before."""
    found = list(tokens)
    for at, token in enumerate(tokens):
        if token.text != "clock" or not at:
            continue
        for words, meant in _HOURS.items():
            start = at + 1 - len(words)
            if (
                start >= 0
                and tuple(t.text for t in tokens[start : at + 1]) == words
                and not _is_hour(tokens, start - 1)
            ):
                found[start : at + 1] = [replace(t, text=w) for t, w in zip(tokens[start : at + 1], meant, strict=True)]
                break
        else:
            if at > 1 and token.text == "clock" and tokens[at - 1].text in _BETWEEN and _is_hour(tokens, at - 2):
                found[at - 1] = replace(tokens[at - 1], text="o")
                hour = tokens[at - 2].text
                found[at - 2] = replace(tokens[at - 2], text=SOUND_ALIKES.get(hour, hour))
            elif _is_hour(tokens, at - 1):
                found[at] = replace(token, text="o'clock")
    return tuple(found)


def _is_hour(tokens: tuple[Token, ...], at: int) -> bool:
    if at < 0:
        return False
    word = tokens[at].text
    return word in _NUMBERS or (word.isdigit() and 1 <= int(word) <= 12) or (word in SOUND_ALIKES and word != "to")
