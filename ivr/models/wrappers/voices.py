"""Several voices as one: the next speaks where one fails, in the middle of a sentence from the word that was not said.

What was said is reckoned from how long its sound lasts, since no voice says so itself. A word that broke off is said
again, whole; a word that was said whole is not.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Final

from ivr.audio.level import levelled
from ivr.audio.pcm import Pcm
from ivr.audio.resample import Resampler
from ivr.errors import ModelError, ModelUnavailable
from ivr.models.deadline import due_in, now_ms
from ivr.models.ports import SpokenPart, Synthesizer, Voice
from ivr.models.wrappers.climb import Begun, Climb, note_fault
from ivr.models.wrappers.named import Named
from ivr.units import Millis

SPEAK_MS: Final = 1_500
"""So long a voice may take to begin while there is another to ask."""
LATE_MS: Final = 1_000
"""A voice that is so late, reckoned from the sound it gave so far, leaves the caller in silence: another goes on."""
GO_ON_MS: Final = 3_000
"""For who goes on in the middle of a sentence, whose deadline may be long past."""
LETTER_MS: Final = 68.0
"""At first; then as each voice does."""
LEARNS: Final = 0.2
LEAST_MS: Final = 120
"""Less is no word."""
_DIGIT, _COMMA, _END = 4, 3, 6
"""As long as so many letters."""


class Voices:
    """A Synthesizer; `who` in the order in which they are asked."""

    def __init__(self, who: Sequence[Named[Synthesizer]], first_ms: int = SPEAK_MS) -> None:
        self._climb = Climb("speak", who, first_ms)
        self._letter_ms: dict[str, float] = {}

    @property
    def rate_hz(self) -> int:
        return min(one.port.rate_hz for one in self._climb.who)

    @property
    def streams(self) -> bool:
        return any(one.port.streams for one in self._climb.who)

    async def speak(self, text: str, voice: Voice, deadline: Millis) -> AsyncGenerator[SpokenPart, None]:
        def begin(port: Synthesizer, until: Millis) -> AsyncGenerator[Pcm, None]:
            return _sounding(port, text, voice, until)

        left, due = list(self._climb.who), deadline
        while _size(text):
            begun, passed = await self._climb.climb(begin, due, left)
            for one in passed:
                yield one
            left = left[left.index(begun.by) + 1 :]
            said = _Said(now_ms())
            try:
                async with aclosing(self._said(begun, said)) as pieces:
                    async for piece in pieces:
                        yield piece
            except ModelError as fault:
                note_fault(begun.by, fault)
                text = rest_of(text, said.ms, self._letter_ms.get(begun.by.name, LETTER_MS))
                if not left:
                    raise
                due = max(deadline, due_in(GO_ON_MS))
                if _size(text):
                    yield self._climb.pass_over(begun.by, fault, left[0].name)
            else:
                begun.by.breaker.succeeded()
                self._learn(begun.by.name, text, said.ms)
                return

    async def _said(self, begun: Begun[Synthesizer, Pcm], said: "_Said") -> AsyncGenerator[Pcm, None]:
        """At the rate and, where others stream, at the level of the whole. Raises: ModelError."""
        port = begun.by.port
        to_own = None if port.rate_hz == self.rate_hz else Resampler(port.rate_hz, self.rate_hz)
        even = self.streams and not port.streams
        async with aclosing(begun.rest) as rest:
            piece: Pcm | None = begun.first
            while piece is not None:
                said.add(piece)
                piece = levelled(piece) if even else piece
                yield to_own.feed(piece) if to_own is not None else piece
                piece = await _next(begun.by.name, rest, said)
            if to_own is not None:
                yield to_own.flush()

    def _learn(self, name: str, text: str, ms: float) -> None:
        if ms >= 1_000:
            known = self._letter_ms.get(name, LETTER_MS)
            self._letter_ms[name] = known + LEARNS * (ms / _size(text) - known)


class _Said:
    """How much sound of a sentence came, and by when the next of it is due."""

    def __init__(self, now: float) -> None:
        self._began_ms, self.ms = now, 0.0

    def add(self, piece: Pcm) -> None:
        self.ms += 1000 * len(piece) / piece.rate_hz

    @property
    def patience_ms(self) -> float:
        return max(LATE_MS, self._began_ms + self.ms + LATE_MS - now_ms())


async def _next(name: str, rest: AsyncGenerator[Pcm, None], said: _Said) -> Pcm | None:
    try:
        async with asyncio.timeout(said.patience_ms / 1000):
            return await anext(rest, None)
    except TimeoutError:
        raise ModelUnavailable(f"{name} stopped in the middle of a sentence", "late") from None


async def _sounding(port: Synthesizer, text: str, voice: Voice, until: Millis) -> AsyncGenerator[Pcm, None]:
    """Pieces that are none are left out, and what a port of several voices tells of them."""
    async with aclosing(port.speak(text, voice, until)) as parts:
        async for part in parts:
            if isinstance(part, Pcm) and len(part):
                yield part


def rest_of(text: str, said_ms: float, letter_ms: float) -> str:
    """What is left to be said, from the word that broke off; empty: nothing."""
    if said_ms < LEAST_MS:
        return text
    said = said_ms / letter_ms
    words = text.split()
    for at, word in enumerate(words):
        said -= _size(word)
        if said < 0:
            return " ".join(words[at:])
    return ""


def _size(text: str) -> int:
    """How long it takes to say, in letters; 0: there is nothing to say."""
    if not any(letter.isalnum() for letter in text):
        return 0
    return sum(_weight(letter) for letter in text)


def _weight(letter: str) -> int:
    if letter.isdigit():
        return _DIGIT
    if letter.isalpha():
        return 1
    return {",": _COMMA, ";": _COMMA, ":": _COMMA, ".": _END, "!": _END, "?": _END}.get(letter, 0)
