"""What an attendant who has heard a whisper says or presses: takes the call, does not, or asks who it is."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from ivr.flow.spoken import same_words

AGAIN_KEY: Final = "*"
REFUSING_KEY: Final = "2"
_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_YES: Final = frozenset({"yes", "yes please", "ok", "okay", "sure", "i'll take it", "i will take it"})
_NO: Final = frozenset(
    {"no", "nope", "not now", "no thanks", "no thank you", "i can't", "i cannot", "i'm busy", "busy"}
)
_AGAIN: Final = frozenset({"again", "repeat", "repeat that", "say again", "say that again", "pardon", "sorry"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """`detail`: the name of what was asked for."""

    what: Literal["takes", "refuses", "again", "detail", "unclear"]
    detail: str = ""


def by_words(words: str, accept: Iterable[str], details: Iterable[str]) -> Verdict:
    """The words that take the call may stand among others; a bare yes or no must be all that was said, since a machine
    that answers says many things."""
    said = " ".join(_WORD.findall(words.casefold().replace("’", "'")))
    if any(same_words(hear, said) for hear in accept):
        return Verdict("takes")
    if said in _YES:
        return Verdict("takes")
    if said in _NO:
        return Verdict("refuses")
    asked = next((name for name in details if same_words(name.replace("_", " "), said)), None)
    if asked is not None:
        return Verdict("detail", asked)
    return Verdict("again" if said in _AGAIN else "unclear")


def by_keys(keys: str, accept: str | None) -> Verdict:
    """The key that takes the call; `*` says it again; 2 refuses, where it is not the one that takes it."""
    if accept is not None and keys == accept:
        return Verdict("takes")
    if keys == AGAIN_KEY:
        return Verdict("again")
    return Verdict("refuses" if keys == REFUSING_KEY else "unclear")
