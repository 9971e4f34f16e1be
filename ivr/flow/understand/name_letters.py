"""Names put right by a letter: Lopez with a Z, Anna with two N's; and by a word of them: no, Lopez."""

from typing import Final, Literal

from rapidfuzz.distance import Levenshtein

from ivr.flow.numerals import Token
from ivr.flow.understand.spellings import letter_at
from ivr.flow.understand.wording import is_noise

Kind = Literal["with", "twice", "without"]
_ALIKE: Final = {
    "z": "sc",
    "s": "zc",
    "c": "ksz",
    "k": "cq",
    "q": "k",
    "y": "i",
    "i": "ye",
    "e": "ia",
    "a": "eo",
    "o": "au",
    "f": "v",
    "v": "fw",
    "w": "v",
    "j": "g",
    "g": "j",
    "t": "d",
    "d": "t",
    "b": "p",
    "p": "b",
    "m": "n",
    "n": "m",
}
"""Letters that one is taken for when it is only heard."""
_SAME: Final = 0.6
"""Words of a name this alike are the same one, said again."""


def hint_at(tokens: tuple[Token, ...]) -> tuple[int, str, Kind] | None:
    """Where "with a Z" begins, the letter, and what is said of it; it is the last thing said."""
    for at, token in enumerate(tokens):
        if token.text not in ("with", "without") or at + 2 >= len(tokens):
            continue
        count = tokens[at + 1].text
        letter = _letter(tokens, at + 2)
        if letter is None or not _is_end(tokens[letter[1] :]):
            continue
        if count in ("two", "double", "2") and token.text == "with":
            return at, letter[0], "twice"
        if count in ("a", "an", "the"):
            return at, letter[0], "with" if token.text == "with" else "without"
    return None


def _letter(tokens: tuple[Token, ...], at: int) -> tuple[str, int] | None:
    word = tokens[at].text
    if len(word) == 3 and word.endswith("'s"):
        return word[0], at + 1
    found = letter_at(tokens, at, len(tokens))
    return (found[0].lower(), found[1]) if found is not None and len(found[0]) == 1 else None


def _is_end(rest: tuple[Token, ...]) -> bool:
    words = [t.text for t in rest if not is_noise(t.text)]
    return not words or (words[:2] == ["at", "the"] and len(words) == 3)


def respelled(name: str, letter: str, kind: Kind) -> str:
    """The last word of the name with the letter in the place of the one it was taken for."""
    head, _, word = name.rpartition(" ")
    lower = word.lower()
    if kind == "without":
        at = lower.rfind(letter)
        changed = word if at < 0 else word[:at] + word[at + 1 :]
    elif kind == "twice":
        at = lower.rfind(letter)
        changed = word if at < 0 or letter * 2 in lower else word[: at + 1] + letter + word[at + 1 :]
    elif letter in lower:
        changed = word
    else:
        at = max((lower.rfind(other) for other in _ALIKE.get(letter, "")), default=-1)
        changed = word if at < 0 else word[:at] + letter + word[at + 1 :]
    return f"{head} {changed[:1].upper()}{changed[1:]}".strip()


def placed(name: str, held: str) -> str:
    """One word of a name said anew takes the place of the word it is like: Lopez, where Ana Lopes was understood."""
    words = held.split()
    if " " in name or len(words) < 2:
        return name
    likeness = [Levenshtein.normalized_similarity(word.lower(), name.lower()) for word in words]
    best = max(range(len(words)), key=lambda i: likeness[i])
    if likeness[best] < _SAME:
        return name
    return " ".join(name if i == best else word for i, word in enumerate(words))
