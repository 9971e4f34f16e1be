"""What operators are told about their files: one message a mistake, with the exact word it is about."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from ivr.flow.text import Place


@dataclass(frozen=True, slots=True)
class Message:
    """`code` is IVR and three digits; its first digit names the family. `width` is how many characters to mark."""

    place: Place
    code: str
    text: str
    severity: Literal["error", "warning"] = "error"
    width: int = 1
    fix: str = ""
    """The nearest right spelling, or what to write instead; a sentence."""
    why: str = ""

    def __str__(self) -> str:
        return " ".join(p for p in (f"{self.place}  {self.severity}  {self.code}  {self.text}", self.fix) if p)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be; None if none is like it."""
    among = sorted(known)
    found = process.extractOne(word.lower(), among, scorer=fuzz.ratio, score_cutoff=70)
    if found is not None:
        return found[0]
    if len(word) <= 2:
        return None
    # short words: one letter wrong, missing, too many, or two in the wrong order
    apart = min(((OSA.distance(word.lower(), name), name) for name in among), default=(2, ""))
    return apart[1] if apart[0] <= 1 else None
