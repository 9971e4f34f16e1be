"""Words around an answer: fillers, politeness, prefaces, and what takes back what was just said."""

from collections.abc import Sequence
from typing import Final

from ivr.flow.numerals import Token

FILLERS: Final = frozenset({"um", "uh", "uhm", "umm", "er", "erm", "ah", "eh", "hm", "hmm", "mm", "well", "so", "like"})
POLITE: Final = frozenset(
    """please pleas pleads flees fleas fleece fleeth sorry thanks thank you hi hello okay ok hey sir
    ma'am and""".split()  # noqa: SIM905
)
"""`pleas` to `fleeth` are how a recogniser may write please."""
ARTICLES: Final = frozenset({"a", "an", "the", "my", "your", "our", "some", "this", "that"})
PREFACE: Final = frozenset(
    """it's its it is that's that thats this i'm im i am i'd my the a an number account date birth born on was of would
    like want need to for about be will think guess believe have got give you me let's see lets say just yes yeah
    right now here there again then code pin card phone reference order customer digits digit total amount one's
    name's name birthday""".split()  # noqa: SIM905
)
"""Words that introduce a value and carry none."""

_TAKE_BACK: Final = (
    ("no", "sorry"),
    ("no", "wait"),
    ("no", "no"),
    ("wait", "no"),
    ("oh", "no"),
    ("oh", "wait"),
    ("i", "mean"),
    ("i", "meant"),
    ("make", "that"),
    ("scratch", "that"),
    ("or", "rather"),
    ("let", "me", "start", "again"),
    ("start", "again"),
    ("start", "over"),
    ("no",),
    ("nope",),
    ("sorry",),
    ("wait",),
    ("actually",),
    ("correction",),
    ("rather",),
)


def is_noise(word: str) -> bool:
    return word in FILLERS or word in POLITE


def core(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Without fillers and politeness at both ends."""
    start, stop = 0, len(tokens)
    while start < stop and is_noise(tokens[start].text):
        start += 1
    while stop > start and is_noise(tokens[stop - 1].text):
        stop -= 1
    return tuple(tokens[start:stop])


def take_backs(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """Where the caller takes something back inside the words: start and stop of each such phrase."""
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(tokens):
        for phrase in _TAKE_BACK:
            if tuple(t.text for t in tokens[at : at + len(phrase)]) == phrase:
                if found and found[-1][1] == at:
                    found[-1] = (found[-1][0], at + len(phrase))
                else:
                    found.append((at, at + len(phrase)))
                at += len(phrase)
                break
        else:
            at += 1
    return found


def after_take_back(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """The stretches between take-backs, latest first: the last thing said counts most."""
    edges = take_backs(tokens)
    starts = [0, *(stop for _, stop in edges)]
    stops = [*(start for start, _ in edges), len(tokens)]
    return [(a, b) for a, b in reversed(list(zip(starts, stops, strict=True))) if b > a]


def find_phrase(words: Sequence[str], phrase: Sequence[str], start: int = 0) -> int | None:
    """Where the phrase stands in the words, as whole words."""
    size = len(phrase)
    if size == 0:
        return None
    for at in range(start, len(words) - size + 1):
        if words[at] == phrase[0] and list(words[at : at + size]) == list(phrase):
            return at
    return None
