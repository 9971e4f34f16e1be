"""How far a sentence was heard, in words, from how much of its sound was.

A voice gives about the same time to every letter; a digit is said as a word, and at a comma it pauses. The weights are
fitted to the embedded voice: nine places in ten are within 100 ms of the word that is being said there
(`python -m bench.heard_words`).
"""

from typing import Final

DIGIT: Final = 3.0
SPACE: Final = 1.0
PAUSE: Final = 6.0
"""What a comma takes, in letters."""
_PAUSES: Final = ",;:"


def words_within(text: str, share: float) -> str:
    """The words that are over when `share` (0 to 1) of the sentence's speech is."""
    ends = word_ends(text)
    said = [at for at, end in ends if end <= share]
    return text[: said[-1]] if said else ""


def word_ends(text: str) -> list[tuple[int, float]]:
    """Where each word ends in the text, and at what share of the speech."""
    ends: list[tuple[int, float]] = []
    so_far, after = 0.0, 0.0
    for at, end in _words(text):
        word = text[at:end]
        so_far += after + sum(_letters(letter) for letter in word)
        ends.append((end, so_far))
        after = SPACE + (PAUSE if word[-1] in _PAUSES else 0.0)
    return [(end, weight / so_far if so_far else 1.0) for end, weight in ends]


def _words(text: str) -> list[tuple[int, int]]:
    found, at = [], 0
    for word in text.split():
        begin = text.index(word, at)
        at = begin + len(word)
        found.append((begin, at))
    return found


def _letters(letter: str) -> float:
    return DIGIT if letter.isdigit() else float(letter.isalpha())
