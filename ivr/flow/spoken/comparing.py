"""Words made comparable: case, punctuation and the many ways to write a number do not count."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import Levenshtein

from ivr.flow.numerals import groups_of, tokens_of

_UNIT_WORDS: Final = frozenset(
    ["dollar", "dollars", "cent", "cents", "euro", "euros", "pound", "pounds", "penny", "pence", "bucks"]
)


@dataclass(frozen=True, slots=True)
class _Word:
    """`number`: digits of one number. `joined`: it goes on the number before it (fifty-two thirty; 42.50)."""

    text: str
    number: bool = False
    joined: bool = False


def plain_words(text: str) -> list[str]:
    """Lower case, no punctuation, numbers as numerals: "$42.50" and "forty two dollars and fifty cents" are both 42,
    50."""
    return [w.text for w in _words_of(text)]


def _words_of(text: str) -> list[_Word]:
    tokens, _ = tokens_of(text)
    groups = {g.start: g for g in groups_of(tokens)}
    found: list[_Word] = []
    at = 0
    after_number = False
    while at < len(tokens):
        group = groups.get(at)
        if group is not None:
            found.append(_Word(group.digits, number=True, joined=after_number))
            at, after_number = group.stop, True
            continue
        token = tokens[at]
        if after_number and (token.text in _UNIT_WORDS or (token.text in ("and", "point") and at + 1 in groups)):
            at += 1
            continue
        after_number = False
        found.append(_Word(token.text.replace("'", "")))
        at += 1
    return _without_empty_cents(found)


def _without_empty_cents(words: list[_Word]) -> list[_Word]:
    """$42.00 is forty two dollars."""
    return [w for w in words if not (w.joined and w.text == "00")]


def same_words(expected: str, actual: str) -> bool:
    """Whether the expected words come in this order in the actual ones, others between. A number fits when it is the
    same digits, however they were grouped: $42.50, forty two fifty; 1234, one two three four."""
    return _stands_in(_numbers_joined(_words_of(expected)), _words_of(actual))


def _numbers_joined(words: list[_Word]) -> list[_Word]:
    joined: list[_Word] = []
    for word in words:
        if word.joined and joined and joined[-1].number:
            joined[-1] = _Word(joined[-1].text + word.text, number=True)
        else:
            joined.append(word)
    return joined


def _stands_in(expected: list[_Word], actual: list[_Word]) -> bool:
    at = 0
    for word in expected:
        while at < len(actual):
            stop = _fits(word, actual, at)
            at += 1
            if stop is not None:
                at = stop
                break
        else:
            return False
    return True


def _fits(word: _Word, actual: list[_Word], at: int) -> int | None:
    """Where the word ends if it stands at this place."""
    if not word.number:
        return at + 1 if actual[at].text == word.text else None
    digits = ""
    while at < len(actual) and actual[at].number and (not digits or actual[at].joined) and len(digits) < len(word.text):
        digits += actual[at].text
        at += 1
    return at if digits == word.text else None


def word_errors(reference: str, hypothesis: str) -> tuple[int, int]:
    """Word errors (wrong, missing, added) and the number of reference words, with number words and numerals made equal
    and every digit counted as a word."""
    said, heard = _digit_by_digit(reference), _digit_by_digit(hypothesis)
    return int(Levenshtein.distance(said, heard)), len(said)


def _digit_by_digit(text: str) -> Sequence[str]:
    found: list[str] = []
    for word in _words_of(text):
        found += list(word.text) if word.number else [word.text]
    return found
