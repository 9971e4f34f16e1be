"""Words and numerals of a text as tokens, and the number words among them as groups.

"May 2nd, nineteen eighty" has the tokens may, 2nd, nineteen, eighty and the groups 2 (ordinal), 19, 80. What a group
means (four digits, a price, a year) is for the reader who knows what was asked.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

UNITS: Final = {
    "zero": 0,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
}
ZEROS: Final = frozenset({"oh", "o", "nought", "naught", "nil", "null"})
"""Zero as it is said among other digits."""
TEENS: Final = {
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "sixteen": 16,
    "seventeen": 17,
    "eighteen": 18,
    "nineteen": 19,
}
TENS: Final = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fourty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
SCALES: Final = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "grand": 1000, "k": 1000}
REPEATS: Final = {"double": 2, "triple": 3, "treble": 3, "quadruple": 4}
PLURALS: Final = {
    "zeros": 0,
    "zeroes": 0,
    "ohs": 0,
    "ones": 1,
    "twos": 2,
    "threes": 3,
    "fours": 4,
    "fives": 5,
    "sixes": 6,
    "sevens": 7,
    "eights": 8,
    "nines": 9,
}
_ORDINAL_UNITS: Final = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "seventh": 7,
    "eighth": 8,
    "ninth": 9,
}
_ORDINAL_ROUND: Final = {
    "tenth": 10,
    "eleventh": 11,
    "twelfth": 12,
    "thirteenth": 13,
    "fourteenth": 14,
    "fifteenth": 15,
    "sixteenth": 16,
    "seventeenth": 17,
    "eighteenth": 18,
    "nineteenth": 19,
    "twentieth": 20,
    "thirtieth": 30,
}
ORDINALS: Final = {**_ORDINAL_UNITS, **_ORDINAL_ROUND}

_SPLIT: Final = re.compile(
    r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])"  # 1,234
    r"|[0-9]+(?:st|nd|rd|th)\b"
    r"|[0-9]+"
    r"|[^\W\d_]+(?:['’][^\W\d_]+)*"
    r"|[$€£]|[,.;:!?/…]|-{1,2}|[#*%&+@_]"
)
_DIGITS: Final = frozenset("0123456789")
_ONE_WORD: Final = {("to", "morrow"): "tomorrow", ("to", "day"): "today", ("to", "night"): "tonight"}
_BREAKS: Final = frozenset(",.;!?…")


@dataclass(frozen=True, slots=True)
class Token:
    """A word or numeral in lower case. `glue` is what stood right before it without a space around (`.` in 42.50, `/`
    in 5/2, `:` in 5:30, `-` in fifty-two); `pause` says that a comma or a stop stood before it; `money` that a
    currency sign did; `plus` that a + did, as before a country's number."""

    text: str
    glue: str = ""
    pause: bool = False
    money: bool = False
    as_written: str = ""
    plus: bool = False


def tokens_of(text: str) -> tuple[tuple[Token, ...], str]:
    """Tokens, and the punctuation after the last of them."""
    found: list[Token] = []
    between = ""
    end = 0
    for match in _SPLIT.finditer(text):
        spaced = match.start() > end
        end = match.end()
        piece = match.group()
        if not (piece[0].isalnum()):
            between += (" " if spaced else "") + piece
            continue
        glue = between if len(between) == 1 and not spaced and between in "./:-@_+" and found else ""
        written = piece.replace("’", "'")
        if glue == "-" and (found[-1].text, written.lower()) in _ONE_WORD:
            found[-1] = replace(
                found[-1], text=_ONE_WORD[found[-1].text, written.lower()], as_written=found[-1].as_written + written
            )
            between = ""
            continue
        found.append(
            Token(
                text=written.replace(",", "").lower(),
                glue=glue,
                pause=not glue and any(c in _BREAKS for c in between),
                money=any(c in "$€£" for c in between),
                as_written=written,
                plus="+" in between,
            )
        )
        between = ""
    return tuple(found), between.strip()


@dataclass(frozen=True, slots=True)
class Group:
    """One number as it was said: `start` to `stop` are tokens (stop excluded).

    `digits` is how it is written; `others` are other digit strings the same words can mean ("thirty four" is 34, and
    304 to a person who reads it out digit by digit)."""

    start: int
    stop: int
    value: int
    digits: str
    others: tuple[str, ...] = ()
    ordinal: bool = False
    literal: bool = False
    unit: bool = False
    """A single digit, said or written."""


def groups_of(tokens: tuple[Token, ...]) -> list[Group]:
    """All numbers in the tokens, left to right, each as long as its words allow."""
    found: list[Group] = []
    at = 0
    while at < len(tokens):
        group = _group_at(tokens, at)
        if group is None:
            at += 1
            continue
        found.append(group)
        at = group.stop
    return found


def _group_at(tokens: tuple[Token, ...], at: int) -> Group | None:
    word = tokens[at].text
    if word[0] in _DIGITS:
        return _literal_at(tokens, at)
    if word in REPEATS:
        return _repeated_at(tokens, at)
    if word in ZEROS:
        return Group(at, at + 1, 0, "0", unit=True)
    if word in ORDINALS:
        return Group(at, at + 1, ORDINALS[word], str(ORDINALS[word]), ordinal=True)
    if word == "a" and at + 1 < len(tokens) and tokens[at + 1].text in ("hundred", "thousand", "million", "grand"):
        return _cardinal_at(tokens, at)
    if word in UNITS or word in TEENS or word in TENS:
        many = _many_at(tokens, at)
        return many if many is not None else _cardinal_at(tokens, at)
    return None


def _literal_at(tokens: tuple[Token, ...], at: int) -> Group:
    text = tokens[at].text
    ordinal = text[-1] not in _DIGITS
    digits = text[:-2] if ordinal else text
    value = int(digits[:18])
    following = tokens[at + 1].text if at + 1 < len(tokens) else ""
    if not ordinal and following in SCALES and len(digits) <= 4 and not tokens[at + 1].pause:
        scaled = value * SCALES[following]
        return Group(at, at + 2, scaled, str(scaled), literal=True)
    return Group(at, at + 1, value, digits, ordinal=ordinal, literal=True, unit=len(digits) == 1 and not ordinal)


def _repeated_at(tokens: tuple[Token, ...], at: int) -> Group | None:
    """double four, triple oh; also double 4."""
    if at + 1 >= len(tokens):
        return None
    digit = digit_of(tokens[at + 1].text)
    if digit is None:
        return None
    digits = digit * REPEATS[tokens[at].text]
    return Group(at, at + 2, int(digits), digits)


def _many_at(tokens: tuple[Token, ...], at: int) -> Group | None:
    """two fives, three zeros."""
    times = UNITS.get(tokens[at].text, 0)
    if times < 2 or at + 1 >= len(tokens) or tokens[at + 1].text not in PLURALS:
        return None
    digits = str(PLURALS[tokens[at + 1].text]) * times
    return Group(at, at + 2, int(digits), digits)


def digit_of(word: str) -> str | None:
    """The one digit a word says, if it says one."""
    if len(word) == 1 and word in _DIGITS:
        return word
    if word in ZEROS:
        return "0"
    return str(UNITS[word]) if word in UNITS else None


def _cardinal_at(tokens: tuple[Token, ...], at: int) -> Group:
    """The longest number that begins here. `one two` is two numbers, `twenty two` one, `two thousand and five` one."""
    total, last = 0, 0
    ordinal = False
    spoken: list[str] = []
    here = at
    scale_room = 10**9
    while here < len(tokens):
        word = tokens[here].text
        broken = here > at and tokens[here].pause
        if word == "and":
            after = tokens[here + 1].text if here + 1 < len(tokens) else ""
            scaled = (total or last >= 100) and tokens[here - 1].text in SCALES
            if not scaled or not (after in UNITS or after in TEENS or after in TENS or after in ORDINALS):
                break
            here += 1
            continue
        if here == at and word == "a":
            last = 1
        elif word in SCALES and here > at and not broken:
            scale = SCALES[word]
            if scale == 100:
                if last == 0 or last >= 100:
                    break
                last *= 100
            else:
                if scale >= scale_room:
                    break
                total += last * scale
                last = 0
                scale_room = scale
        else:
            room = _room(last, tokens[here - 1].text if here > at else "")
            value, is_ordinal = _small(word)
            if value is None or value >= room or (broken and here > at) or (value == 0 and here > at):
                break
            last += value
            ordinal = is_ordinal
        spoken.append(word)
        here += 1
        if ordinal:
            break
    value = total + last
    return Group(
        at,
        here,
        value,
        str(value),
        others=_otherwise(spoken, value),
        ordinal=ordinal,
        unit=here == at + 1 and value < 10,
    )


def _room(last: int, previous: str) -> int:
    """Numbers below this may still follow: after twenty a unit, after hundred anything below it."""
    if previous in ("hundred",) or (previous == "and" and last >= 100):
        return 100
    if previous in SCALES or previous in ("", "and"):
        return 10**6 if previous == "" else 1000
    return 10 if previous in TENS else 0


def _small(word: str) -> tuple[int | None, bool]:
    for table in (UNITS, TEENS, TENS):
        if word in table:
            return table[word], False
    return (ORDINALS[word], True) if word in ORDINALS else (None, False)


def _otherwise(words: list[str], value: int) -> tuple[str, ...]:
    """Other ways to write the same words: read as one digit group after another."""
    parts: list[str] = []
    for word in words:
        if word in SCALES or word == "a":
            scaled = words[0] != "a" and len(words) > 2 and word in ("hundred", "thousand")
            if not (scaled and parts):
                return ()
            parts[-1] += "0" * (len(str(SCALES[word])) - 1)
            continue
        number, _ = _small(word)
        parts.append(str(number))
    joined = "".join(parts)
    return () if joined == str(value) else (joined,)
