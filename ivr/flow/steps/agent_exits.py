"""The ways out of a talk with a model: which are open, and which are taken without asking it."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from ivr.flow.flow import Agent, Exact, Exit
from ivr.flow.grammar import evaluate
from ivr.flow.numerals import Token, tokens_of
from ivr.flow.steps.copying import replace
from ivr.flow.steps.phrases import prompt_phrase
from ivr.flow.steps.work import Work
from ivr.flow.types import Interrupt
from ivr.flow.understand.choosing import stem
from ivr.flow.understand.sounds import sound_likeness
from ivr.flow.understand.wording import ARTICLES

_NOT: Final = frozenset({"no", "not", "never", "without", "don't", "doesn't", "didn't", "isn't", "haven't", "hasn't"})
_HAVING: Final = frozenset({"have", "has", "having", "had", "any", "got", "get", "feel", "feeling", "really", "real"})
_ALIKE: Final = {"cannot": "can't", "cant": "can't", "dont": "don't"}


def open_exits(work: Work, step: Agent) -> Iterator[Exit]:
    """Those the model may take now."""
    for way in step.exits.values():
        if way.offered and not lacking(work, way):
            yield way


def lacking(work: Work, way: Exit) -> str:
    """Why the exit cannot be taken yet, in plain words; empty: it can."""
    missing = [name for name in way.needs if work.value((name,)) is None]
    if missing:
        return f"it needs {', '.join(missing)} first"
    if way.when is not None and not evaluate(way.when, work):
        return "its condition does not hold"
    return ""


def due(work: Work, step: Agent) -> str | None:
    """An exit whose `when` holds and that the model is not told about: taken as soon as it does."""
    return next((way.name for way in step.exits.values() if way.at_once and not lacking(work, way)), None)


def watched(step: Agent, words: str) -> str | None:
    """The exit whose phrase the caller said. A phrase that is denied right before it ("no chest pain") does not count;
    where in doubt, it does."""
    if not any(way.watch for way in step.exits.values()):
        return None
    tokens = tuple(_plain(tokens_of(words)[0]))
    said = [stem(token.text) for token in tokens]
    for way in step.exits.values():
        if any(_said(tokens, said, phrase) for phrase in way.watch):
            return way.name
    return None


@lru_cache(maxsize=1024)
def _stems(phrase: str) -> list[str]:
    return [stem(token.text) for token in _plain(tokens_of(phrase)[0])]


def _plain(tokens: tuple[Token, ...]) -> Iterator[Token]:
    before: Token | None = None
    for token in tokens:
        if before is not None and before.text == "can" and token.text == "not":
            yield replace(before, text="can't")
            before = None
            continue
        if before is not None:
            yield replace(before, text=_ALIKE.get(before.text, before.text))
        before = token
    if before is not None:
        yield replace(before, text=_ALIKE.get(before.text, before.text))


def _said(tokens: tuple[Token, ...], said: list[str], phrase: str) -> bool:
    wanted = _stems(phrase)
    size = len(wanted)
    places = range(len(said) - size + 1) if size else ()
    return any(
        (said[at : at + size] == wanted or (size > 1 and _sounds_like(said[at : at + size], wanted)))
        and not _denied(tokens, at)
        for at in places
    )


_ALIKE_FROM: Final = 0.9


def _sounds_like(said: list[str], wanted: list[str]) -> bool:
    """ "Test pain" may well be chest pain; one word alone is not enough to go by."""
    return sound_likeness(" ".join(said), " ".join(wanted)) >= _ALIKE_FROM


def _denied(tokens: tuple[Token, ...], at: int) -> bool:
    if tokens[at].pause:
        return False  # no, chest pain
    while at > 0 and (tokens[at - 1].text in _HAVING or tokens[at - 1].text in ARTICLES) and not tokens[at - 1].pause:
        at -= 1
    return at > 0 and tokens[at - 1].text in _NOT and not tokens[at].pause


def say_exact(work: Work, step: Agent, before: str | None) -> None:
    """Sentences that the engine says word for word: before this exit, or (None) when the talk begins."""
    for number, exact in enumerate(step.always):
        if exact.before == before:
            _say_one(work, exact, f"{work.flow.name}/{step.name}/{number}")


def _say_one(work: Work, exact: Exact, key: str) -> None:
    if exact.once and key in work.state.said_once:
        return
    work.say(prompt_phrase(work, exact.say), Interrupt.NO)
    work.state = replace(work.state, said_once=work.state.said_once | {key})
