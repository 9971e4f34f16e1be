"""What a model wants said, looked at sentence by sentence before it is spoken. Its words are data: braces in them are
spoken as they stand.

The engine knows by their words: sentences that ask for the number of a payment card, its code, a PIN or a password;
names of tools, exits and slots; the operator's goal recited; and the operator's own `phrases`. Whether a sentence is a
diagnosis or a promise takes a judge beside the model, which answers ModelFailed(why="blocked").
"""

import re
from collections.abc import Iterable
from typing import Final

from ivr.flow.flow import Agent
from ivr.flow.numerals import tokens_of

MOST_LETTERS: Final = 900
"""A minute of speech; nobody listens to a machine for longer in one turn."""
RECITED: Final = 8
"""So many words of the goal in a row are the goal recited."""
_SENTENCE: Final = re.compile(r".+?(?:[.!?…]+[\"'”’)]*(?=\s|$)|$)", re.DOTALL)
_BARE: Final = re.compile(r"[^\W\d_]+")
_CARD: Final = re.compile(
    r"\b(?:credit|debit|bank|payment)\s+card\b.{0,40}\b(?:number|digits|code|date)\b"
    r"|\bcard(?:'s)?\s+(?:number|digits|security)\b"
    r"|\b(?:number|digits|code)\b.{0,30}\b(?:of|on|from)\s+(?:\w+\s+){0,3}card\b"
    r"|\b(?:cvv|cvc|cvv2|security\s+code|expir(?:y|ation)\s+date)\b"
    r"|\b(?:your|the)\s+(?:pin|pin\s+code|pin\s+number|password|passcode|one[- ]time\s+code)\b"
    r"|\bsocial\s+security\s+number\b",
    re.IGNORECASE,
)
"""What no model may ask for: it must never have it."""


def sentences(words: str) -> tuple[str, ...]:
    """Apart, as they are checked and spoken."""
    return tuple(piece for found in _SENTENCE.findall(words) if (piece := found.strip()))


def spoken(words: str) -> str:
    """One line of plain text, no longer than a caller listens to; ends at a sentence."""
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())
    if len(plain) <= MOST_LETTERS:
        return plain
    kept = ""
    for sentence in sentences(plain):
        if len(kept) + len(sentence) + 1 > MOST_LETTERS:
            break
        kept = f"{kept} {sentence}".strip()
    return kept or plain[:MOST_LETTERS].rpartition(" ")[0]


def forbidden(step: Agent, words: str, names: Iterable[str]) -> str | None:
    """Why these words must not be said, for the model and the reviewer; None if nothing speaks against them. `names`:
    what the model knows by name and a caller does not."""
    own = frozenset(name.lower() for name in names if "_" in name)
    for sentence in sentences(words):
        if _CARD.search(sentence):
            return "it asks for, or speaks of, a card's number or code, a PIN or a password"
        said = [token.text for token in tokens_of(sentence)[0]]
        if own & set(re.findall(r"\w+", sentence.lower())):
            return "it names a tool, an exit or a slot"
        for phrase in step.never.phrases:
            if _holds(said, [token.text for token in tokens_of(phrase)[0]]):
                return "it has a phrase that must never be said"
    if _recites(words, step.goal):
        return "it recites the instructions"
    return None


def asks(words: str) -> bool:
    """Do they end with a question?"""
    return words.rstrip("\"'”’) ").endswith("?")


def _holds(said: list[str], phrase: list[str]) -> bool:
    size = len(phrase)
    return size > 0 and any(said[at : at + size] == phrase for at in range(len(said) - size + 1))


def _recites(words: str, goal: str) -> bool:
    said, told = _BARE.findall(words.lower()), _BARE.findall(goal.lower())
    if len(said) < RECITED or len(told) < RECITED:
        return False
    runs = {tuple(told[at : at + RECITED]) for at in range(len(told) - RECITED + 1)}
    return any(tuple(said[at : at + RECITED]) in runs for at in range(len(said) - RECITED + 1))
