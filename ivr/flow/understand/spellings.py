"""Letters one by one, as people spell: L O P E Z, A as in Alpha, alpha november, double S, L-O-P-E-Z, dash."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import Levenshtein

from ivr.flow.numerals import REPEATS, Token, digit_of, groups_of
from ivr.flow.understand.wording import FILLERS, PREFACE, after_take_back, is_noise

_RADIO: Final = """alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima mike november
oscar papa quebec romeo sierra tango uniform victor whiskey whisky xray yankee zulu"""
ALPHABET: Final = {word: word[0].upper() for word in _RADIO.split()}
"""The words of radio; single letters and those of other alphabets come by "as in"."""
_NAMES: Final = {
    "ay": "A",
    "of": "A",
    "hey": "A",
    "bee": "B",
    "be": "B",
    "cee": "C",
    "see": "C",
    "sea": "C",
    "dee": "D",
    "ee": "E",
    "eff": "F",
    "ef": "F",
    "gee": "G",
    "aitch": "H",
    "haitch": "H",
    "age": "H",
    "eye": "I",
    "jay": "J",
    "kay": "K",
    "okay": "K",
    "el": "L",
    "ell": "L",
    "elle": "L",
    "em": "M",
    "en": "N",
    "pea": "P",
    "pee": "P",
    "cue": "Q",
    "queue": "Q",
    "are": "R",
    "ar": "R",
    "ess": "S",
    "tea": "T",
    "tee": "T",
    "you": "U",
    "ewe": "U",
    "vee": "V",
    "we": "V",
    "ex": "X",
    "why": "Y",
    "wye": "Y",
    "zee": "Z",
    "zed": "Z",
}
"""What a recogniser writes for a letter; read so only beside others."""
_LEADING: Final = frozenset({"is", "it's", "that's"})
"""Elsewhere "of" is no A."""
_AS_IN: Final = (("as", "in"), ("is", "in"), ("as",), ("like", "in"), ("like",), ("for",), ("from",))
_CAPITALS: Final = frozenset({"capital", "uppercase", "lowercase", "big", "small", "letter", "the"})
_SIGNS: Final = {"dash": "-", "hyphen": "-", "apostrophe": "'"}
LONGEST_NUMBER: Final = 8
"""Words of one number among letters."""
LEAST: Final = 3
"""So many letters that were heard as words are letters, where nothing else was said."""
_BETWEEN: Final = frozenset({"and", "then", "space", "comma", "is", "it's", "that's", "spelled", "spelt"}) | FILLERS


@dataclass(frozen=True, slots=True)
class Letters:
    """`text` is in capitals. `units`: how many letters were said one by one."""

    text: str
    start: int
    stop: int
    units: int
    sure: float


@dataclass(frozen=True, slots=True)
class _Unit:
    text: str
    stop: int
    weak: bool = False
    """It may be a plain word: it counts between letters only."""
    sure: float = 1.0


def read_letters(tokens: tuple[Token, ...], free: Sequence[bool], *, asked: bool, digits: bool) -> Letters | None:
    """The longest run of letters, of the last thing said. `digits`: they count too, as in a booking's reference.
    `asked`: also letters written as one word, in capitals."""
    for start, stop in after_take_back(tokens):
        found: Letters | None = None
        at = start
        while at < stop:
            run = _run(tokens, free, at, stop, asked=asked, digits=digits)
            if run is None:
                at += 1
                continue
            if found is None or run.units > found.units:
                found = run
            at = run.stop
        if found is not None:
            return found
    return None


def letter_at(tokens: tuple[Token, ...], at: int, stop: int) -> tuple[str, int] | None:
    """One letter (or a doubled one) that stands here, and where it ends."""
    unit = _unit(tokens, at, stop, digits=False, asked=False)
    return None if unit is None or unit.weak else (unit.text, unit.stop)


def _run(
    tokens: tuple[Token, ...], free: Sequence[bool], at: int, stop: int, *, asked: bool, digits: bool
) -> Letters | None:
    units: list[_Unit] = []
    start = here = at
    last = at
    while here < stop and free[here]:
        unit = _unit(tokens, here, stop, digits=digits, asked=asked)
        if unit is None:
            if units and tokens[here].text in _BETWEEN:
                here += 1
                continue
            break
        units.append(unit)
        here = last = unit.stop
    alone = all(_says_nothing(t.text) for t in (*tokens[:start], *tokens[last:]))
    while not alone and len(units) > 1 and units[-1].weak and not _strong_beside(units, len(units) - 1):
        last -= 1
        units.pop()
    strong = sum(not u.weak for u in units)
    if not strong and not (alone and len(units) >= LEAST):
        return None
    if not alone and (len(units) == 1 or (units[0].weak and not _strong_beside(units, 0))):
        return None
    text = "".join(u.text for u in units)
    return Letters(text, start, last, len(text), min(u.sure for u in units))


def _says_nothing(word: str) -> bool:
    return word in PREFACE or word in _BETWEEN or is_noise(word)


def _strong_beside(units: list[_Unit], at: int) -> bool:
    return any(0 <= k < len(units) and not units[k].weak for k in (at - 1, at + 1))


def _unit(tokens: tuple[Token, ...], at: int, stop: int, *, digits: bool, asked: bool) -> _Unit | None:
    token = tokens[at]
    word = token.text
    if word in _CAPITALS and at + 1 < stop and word != "the":
        return _unit(tokens, at + 1, stop, digits=digits, asked=asked)
    if word == "double" and at + 1 < stop and tokens[at + 1].text in ("u", "you"):
        return _Unit("W", at + 2)
    if word in REPEATS and at + 1 < stop:
        one = _unit(tokens, at + 1, stop, digits=digits, asked=False)
        return _Unit(one.text * REPEATS[word], one.stop) if one is not None and len(one.text) == 1 else None
    if word in ("as", "like") and at + 1 < stop:
        return _as_in(tokens, at, stop, "")
    if word == "x" and at + 1 < stop and tokens[at + 1].text == "ray":
        return _Unit("X", at + 2)
    if len(word) == 1 and word.isalpha() and word.isascii():
        return _as_in(tokens, at + 1, stop, word.upper()) or _Unit(word.upper(), at + 1)
    if word in _SIGNS:
        return _Unit(_SIGNS[word], at + 1, weak=True)
    if word in ALPHABET:
        return _Unit(ALPHABET[word], at + 1)
    if digits:
        number = _number(tokens, at)
        if number is not None:
            return number
    if word == "of" and at and tokens[at - 1].text not in _LEADING:
        return None
    if word in _NAMES:
        named = _as_in(tokens, at + 1, stop, _NAMES[word])
        return named or _Unit(_NAMES[word], at + 1, weak=True, sure=0.9)
    written = token.as_written
    if asked and 2 <= len(written) <= 12 and written.isupper() and written.isalpha():
        return _Unit(written, at + 1)
    return None


def _number(tokens: tuple[Token, ...], at: int) -> _Unit | None:
    digit = digit_of(tokens[at].text)
    if digit is not None and tokens[at].text != "o":
        return _Unit(digit, at + 1)
    group = next((g for g in groups_of(tokens[at : at + LONGEST_NUMBER]) if g.start == 0), None)
    if group is None or group.ordinal or tokens[at].text == "a":
        return None
    return _Unit(group.digits, at + group.stop)


def _as_in(tokens: tuple[Token, ...], at: int, stop: int, letter: str) -> _Unit | None:
    """as in Alpha; for Alpha; like apple. The word tells the letter: B and P sound alike, Bravo and Papa do not."""
    words = tuple(t.text for t in tokens[at : min(stop, at + 2)])
    for phrase in _AS_IN:
        if words[: len(phrase)] != phrase:
            continue
        here = at + len(phrase)
        if here >= stop or len(tokens[here].text) < 2 or not tokens[here].text[0].isalpha():
            return None
        if tokens[here].text in ("a", "an", "the") and here + 1 < stop:
            here += 1
        first = tokens[here].text[0].upper()
        loose = phrase in (("for",), ("from",), ("as",), ("like",))
        if loose and letter and first != letter and tokens[here].text not in ALPHABET:
            return None
        return _Unit(first, here + 1)
    return None


# ---- names that are spelled


def spelled_name(letters: str, heard: str | None) -> str:
    """The letters as a name; where one word of what was heard is like them, they take its place: "Ana Lopez" and
    L O P E S are Ana Lopes."""
    name = "-".join(part.capitalize() for part in letters.split("-"))
    words = (heard or "").split()
    if len(words) < 2:
        return name
    likeness = [_alike(word, name) for word in words]
    best = max(range(len(words)), key=lambda i: likeness[i])
    if likeness[best] < 0.5:
        return _cut(letters, words) or name
    return " ".join(name if i == best else word for i, word in enumerate(words))


def _cut(letters: str, words: list[str]) -> str | None:
    """A whole name in one go: A N A L O P E Z for "Anna Lopez"."""
    best: tuple[float, str] | None = None
    for at in range(1, len(letters)):
        pair = (letters[:at].capitalize(), letters[at:].capitalize())
        like = _alike(words[0], pair[0]) + _alike(" ".join(words[1:]), pair[1])
        if like > 1.2 and (best is None or like > best[0]):
            best = (like, " ".join(pair))
    return best[1] if best is not None else None


def _alike(one: str, other: str) -> float:
    return Levenshtein.normalized_similarity(one.lower(), other.lower())
