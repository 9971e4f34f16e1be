"""Parts of sentences put together: as spoken, and as everybody but the caller may see them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from ivr.flow.grammar.tree import Field, Scope
from ivr.flow.spoken import render_field
from ivr.flow.state import Phrase
from ivr.flow.steps.work import Work
from ivr.flow.types import Privacy

EMPTY: Final = Phrase("", "")
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")


@lru_cache(maxsize=512)
def split_sentence(text: str) -> tuple[str, ...]:
    """Words and the names of placeholders, by turns."""
    return tuple(_PLACEHOLDER.split(text))


def assembled(parts: Sequence[str | Phrase]) -> Phrase:
    phrases = [part for part in parts if not isinstance(part, str)]
    text = _spaced([part if isinstance(part, str) else part.text for part in parts])
    masked = any(part.shown is not part.text for part in phrases)
    shown = _spaced([part if isinstance(part, str) else part.shown for part in parts]) if masked else text
    fixed = all(part.fixed for part in phrases)
    recorded = any(part.recorded for part in phrases)
    return Phrase(text, shown, fixed, parts=tuple(_pieces(parts)) if recorded else ())


def _spaced(texts: Sequence[str]) -> str:
    """One after the other, with one space where there were several."""
    return " ".join("".join(texts).split())


def _pieces(parts: Sequence[str | Phrase]) -> Iterator[Phrase]:
    """What is spoken between two recordings is one piece; signs alone are nothing to speak."""
    between: list[str | Phrase] = []
    for part in (*parts, None):
        if part is not None and (isinstance(part, str) or not part.recorded):
            between.append(part)
            continue
        spoken = assembled(between)
        if any(letter.isalnum() for letter in spoken.text):
            yield spoken
        between = []
        if part is not None and not isinstance(part, str):
            yield from part.pieces


def filled_sentence(work: Work, name: str, given: Mapping[str, Phrase]) -> Phrase:
    """One of the engine's own sentences that says nothing about the open question."""
    parts = split_sentence(work.words.get(name, ""))
    return assembled([given.get(part, EMPTY) if index % 2 else part for index, part in enumerate(parts)])


def rendered(scope: Scope, field: Field, privacy: Privacy, language: str) -> Phrase:
    text = render_field(field, scope, language)
    shown = text if privacy is Privacy.OPEN else render_field(field, scope, language, privacy)
    return Phrase(text, shown, fixed=False)


def joined_phrases(said: Sequence[Phrase], last: Phrase) -> Phrase:
    """Soup, bread or tea: `last` stands before the last of them."""
    if len(said) < 2:
        return said[0] if said else EMPTY
    parts: list[str | Phrase] = []
    for at, one in enumerate(said[:-1]):
        parts += [", ", one] if at else [one]
    return assembled([*parts, " ", last, " ", said[-1]])
