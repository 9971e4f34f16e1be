"""How far a sentence was heard, in words, from how much of its sound was.

A voice gives about the same time to every letter; a digit is said as a word, and at a comma it pauses. Where the sound
itself pauses is known once all of it is there: a pause is laid behind the word it most likely follows, and the words
between two of them share the time between. The weights are fitted to the embedded voice; how near that comes is told
by `python -m bench.heard_words`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

DIGIT: Final = 3.0
SPACE: Final = 1.0
PAUSE: Final = 6.0
"""What a comma takes, in letters."""
_PAUSES: Final = ",;:"
_OFF_MS: Final = 150.0
_LASTS_MS: Final = 60.0
"""A pause is as likely that of a comma if it is _OFF_MS further away and _LASTS_MS longer."""
_UNSIGNED_MS: Final = 120.0
"""Where there is no comma only what a pause lasts beyond this counts: sounds inside words are silent for less."""

Pauses = Sequence[tuple[int, int]]
"""From and to, in ms of the sound, in order."""


@dataclass(frozen=True, slots=True)
class _Word:
    end: int
    """In the text."""
    before: float
    """The silence before it, in letters."""
    letters: float
    pauses: bool
    """A pause is likely behind it."""


def words_within(text: str, share: float) -> str:
    """The words that are over when `share` (0 to 1) of the sentence's speech is."""
    return words_until(text, share, 0.0, 1.0, ())


def words_until(text: str, at_ms: float, begins_ms: float, ends_ms: float, pauses: Pauses) -> str:
    """The words that are over at `at_ms` of the sound, whose speech begins and ends at the given times."""
    over = [end for end, end_ms in word_ends(text, begins_ms, ends_ms, pauses) if end_ms <= at_ms]
    return text[: over[-1]] if over else ""


def word_ends(text: str, begins_ms: float = 0.0, ends_ms: float = 1.0, pauses: Pauses = ()) -> list[tuple[int, float]]:
    """Where each word ends in the text, and when in the sound; the last one when the speech does."""
    words = _words(text)
    told: list[tuple[int, float]] = []
    from_ms, waiting = begins_ms, list[_Word]()
    inside = [pause for pause in pauses if begins_ms < pause[0] and pause[1] < ends_ms]
    laid = _laid(_spread(words, begins_ms, ends_ms), words, inside)
    for number, word in enumerate(words):
        waiting.append(word)
        if number in laid or number == len(words) - 1:
            until_ms, next_ms = laid.get(number, (ends_ms, ends_ms))
            told += zip((one.end for one in waiting), _spread(waiting, from_ms, until_ms), strict=True)
            from_ms, waiting = next_ms, []
    return told


def _spread(words: Sequence[_Word], from_ms: float, until_ms: float) -> list[float]:
    """When each of the words is over, if they share this time by their letters."""
    ends, so_far = [], 0.0
    for number, word in enumerate(words):
        so_far += word.letters + (word.before if number else 0.0)
        ends.append(so_far)
    return [from_ms + (until_ms - from_ms) * (end / so_far if so_far else 1.0) for end in ends]


def _laid(likely_ms: Sequence[float], words: Sequence[_Word], pauses: Pauses) -> dict[int, tuple[int, int]]:
    """Which pause is behind which word, all in order: the choice that is worth most in all (a table over the first so
    many words and pauses). No pause is behind the last word."""
    inner = words[:-1]
    best = [[0.0] * (len(pauses) + 1) for _ in range(len(inner) + 1)]
    for number, word in enumerate(inner, 1):
        for count, pause in enumerate(pauses, 1):
            joined = best[number - 1][count - 1] + _worth(word, likely_ms[number - 1], pause)
            best[number][count] = max(best[number - 1][count], best[number][count - 1], joined)
    laid: dict[int, tuple[int, int]] = {}
    number, count = len(inner), len(pauses)
    while number and count:
        if best[number][count] == best[number - 1][count]:
            number -= 1
        elif best[number][count] == best[number][count - 1]:
            count -= 1
        else:
            number, count = number - 1, count - 1
            laid[number] = pauses[count]
    return laid


def _worth(word: _Word, likely_ms: float, pause: tuple[int, int]) -> float:
    begins, ends = pause
    lasts_ms = ends - begins - (0.0 if word.pauses else _UNSIGNED_MS)
    return lasts_ms / _LASTS_MS - abs(begins - likely_ms) / _OFF_MS


def _words(text: str) -> list[_Word]:
    found: list[_Word] = []
    at, before = 0, 0.0
    for word in text.split():
        at = text.index(word, at) + len(word)
        pauses = word[-1] in _PAUSES
        found.append(_Word(at, before, sum(_letters(letter) for letter in word), pauses))
        before = SPACE + (PAUSE if pauses else 0.0)
    return found


def _letters(letter: str) -> float:
    return DIGIT if letter.isdigit() else float(letter.isalpha())
