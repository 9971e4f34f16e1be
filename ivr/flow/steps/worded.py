"""Parts of sentences put together: as spoken, and as everybody but the caller may see them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from ivr.flow.grammar.tree import Field, Scope, Template
from ivr.flow.spoken import render
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
    texts = "".join(part if isinstance(part, str) else part.text for part in parts)
    shown = "".join(part if isinstance(part, str) else part.shown for part in parts)
    fixed = all(isinstance(part, str) or part.fixed for part in parts)
    if any(not isinstance(part, str) and part.recorded for part in parts):
        return Phrase(" ".join(texts.split()), " ".join(shown.split()), fixed, parts=tuple(_pieces(parts)))
    return Phrase(" ".join(texts.split()), " ".join(shown.split()), fixed)


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
    alone = Template((field,), field.place)
    text = render(alone, scope, language=language)
    if privacy is Privacy.OPEN:
        return Phrase(text, text, fixed=False)
    shown = render(alone, scope, language=language, masked=True, privacy=lambda _path: privacy)
    return Phrase(text, shown, fixed=False)


def joined_phrases(said: Sequence[Phrase], last: Phrase) -> Phrase:
    """Soup, bread or tea: `last` stands before the last of them."""
    if len(said) < 2:
        return said[0] if said else EMPTY
    parts: list[str | Phrase] = []
    for at, one in enumerate(said[:-1]):
        parts += [", ", one] if at else [one]
    return assembled([*parts, " ", last, " ", said[-1]])
