"""Options and commands by how all that was said sounds, where its letters tell nothing: "pencil" for cancel.

Of 277 options that a recogniser wrote as other words, 40 are told so and none as another option; of 23,000 sentences
that mean none of the options offered, four in ten thousand are taken for one. Such an answer is never a sure one.
"""

from functools import lru_cache
from typing import Final

from ivr.flow.numerals import Token, tokens_of
from ivr.flow.understand.choosing import Choice, Phrases, bare, unframed
from ivr.flow.understand.sounds import features_of, sound_likeness
from ivr.flow.understand.wording import core

_LEAST: Final = ((12, 0.86), (20, 0.785), (26, 0.74))
"""By the features of a phrase, about three a sound: a short one is like many words."""
_LEAST_OF_LONG: Final = 0.72
_LEAST_OF_COMMAND: Final = 0.8
"""A command leaves the question."""
_MARGIN: Final = 0.09
_SURE: Final = 0.65
_MOST_WORDS: Final = 8
"""A longer sentence is a little like anything."""


def by_sound(tokens: tuple[Token, ...], phrases: Phrases) -> Choice | None:
    """The one option that all the words sound like; None: no option does, or two do."""
    if not 0 < len(tokens) <= _MOST_WORDS:
        return None
    whole = bare(core(tokens))
    ranked = _ranked({whole}, phrases)
    if not ranked or ranked[0][0] < _least(ranked[0][2]) or not _stands_out(ranked):
        return None
    return Choice(ranked[0][1], _SURE, 0, len(tokens))


def command_by_sound(tokens: tuple[Token, ...], phrases: Phrases) -> str | None:
    """A command that all the words sound like; for words that mean nothing else."""
    if not 0 < len(tokens) <= _MOST_WORDS:
        return None
    ranked = _ranked({bare(core(tokens)), bare(core(unframed(tokens)))}, phrases)
    if not ranked or ranked[0][0] < max(_LEAST_OF_COMMAND, _least(ranked[0][2])) or not _stands_out(ranked):
        return None
    return ranked[0][1]


def _ranked(wholes: set[str], phrases: Phrases) -> list[tuple[float, str, str]]:
    """Likeness, name and phrase of each option by the phrase of it that is most alike; the most alike first."""
    found = [
        max((sound_likeness(whole, words), name, words) for whole in wholes for words in map(_words, options))
        for name, options in phrases.items()
        if options
    ]
    return sorted(found, reverse=True)


def _stands_out(ranked: list[tuple[float, str, str]]) -> bool:
    return len(ranked) == 1 or ranked[0][0] - ranked[1][0] >= _MARGIN


def _least(words: str) -> float:
    return next((least for longest, least in _LEAST if len(features_of(words)) <= longest), _LEAST_OF_LONG)


@lru_cache(maxsize=4096)
def _words(phrase: str) -> str:
    return bare(tokens_of(phrase)[0])
