"""Several who hear, think or understand, as one port: the next is asked where one fails. Who speaks: voices.py."""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from itertools import groupby
from typing import Final

from ivr.audio.pcm import Pcm
from ivr.audio.resample import resample_whole
from ivr.errors import ModelError, ModelUnavailable
from ivr.flow.state import AskModel
from ivr.models.ports import (
    Attends,
    OpenQuestion,
    Passed,
    ReplyDone,
    ReplyPart,
    ReplyWords,
    Responder,
    Summarizer,
    Summary,
    TalkLine,
    Transcriber,
    Transcript,
    Understander,
    Understood,
)
from ivr.models.sentences import sentences
from ivr.models.wrappers.climb import Climb, note_fault
from ivr.models.wrappers.named import Named
from ivr.units import Millis

HEAR_MS: Final = 2_500
THINK_MS: Final = 4_000
UNDERSTAND_MS: Final = 1_400
SUM_UP_MS: Final = 15_000
"""So long an answer may take to begin while there is another to ask."""
LONG_MS: Final = 4_000
"""Longer sound is brought to another rate beside the event loop, which has other calls to serve."""
_ENDED: Final = re.compile(r"""[.!?…]["'”’)\]]*\s""")


class LadderTranscriber:
    """Recognisers in the order in which they are asked."""

    def __init__(self, who: Sequence[Named[Transcriber]], first_ms: int = HEAR_MS) -> None:
        self._climb = Climb("hear", who, first_ms)

    @property
    def rate_hz(self) -> int:
        return self._climb.who[0].port.rate_hz

    async def transcribe(self, chunk: Pcm, expect: str, deadline: Millis) -> Transcript:
        async def begin(port: Transcriber, until: Millis) -> AsyncGenerator[Transcript, None]:
            yield await port.transcribe(await _at(chunk, port.rate_hz), expect, until)

        begun, passed = await self._climb.climb(begin, deadline)
        await begun.rest.aclose()
        begun.by.breaker.succeeded()
        return replace(begun.first, passed=(*passed, *begun.first.passed))


class LadderUnderstander:
    """Models that tell what was meant, in the order in which they are asked."""

    def __init__(self, who: Sequence[Named[Understander]], first_ms: int = UNDERSTAND_MS) -> None:
        self._climb = Climb("understand", who, first_ms)

    @property
    def hears_hz(self) -> int | None:
        return next((one.port.hears_hz for one in self._climb.who if one.port.hears_hz is not None), None)

    async def understand(self, question: OpenQuestion, words: str, sound: Pcm | None, deadline: Millis) -> Understood:
        async def begin(port: Understander, until: Millis) -> AsyncGenerator[Understood, None]:
            yield await port.understand(question, words, await _heard_by(port.hears_hz, sound), until)

        begun, passed = await self._climb.climb(begin, deadline)
        await begun.rest.aclose()
        begun.by.breaker.succeeded()
        return replace(begun.first, passed=(*passed, *begun.first.passed))


class LadderSummarizer:
    """Models that sum up, in the order in which they are asked. Nobody waits: each may take its time."""

    def __init__(self, who: Sequence[Named[Summarizer]], first_ms: int = SUM_UP_MS) -> None:
        self._climb = Climb("think", who, first_ms)

    async def summarize(self, talk: Sequence[TalkLine], language: str, deadline: Millis) -> Summary:
        async def begin(port: Summarizer, until: Millis) -> AsyncGenerator[Summary, None]:
            yield await port.summarize(talk, language, until)

        begun, _ = await self._climb.climb(begin, deadline)
        await begun.rest.aclose()
        begun.by.breaker.succeeded()
        return replace(begun.first, by=begun.by.name)


class LadderResponder:
    """Models that talk, in the order in which they are asked.

    Words are held back until there is a sentence of them, or sound: a voice would not begin before, and until then
    another can still be asked without the caller hearing of it. After that a reply that breaks off has failed.
    """

    def __init__(self, who: Sequence[Named[Responder]], first_ms: int = THINK_MS) -> None:
        self._climb = Climb("think", who, first_ms)

    @property
    def hears_hz(self) -> int | None:
        return next((one.port.hears_hz for one in self._climb.who if one.port.hears_hz is not None), None)

    async def attend(self, call: str, *, ahead: bool = True) -> None:
        """Only who is asked first is made ready ahead; who steps in keeps what it opened then."""
        attending = [(at, one.port) for at, one in enumerate(self._climb.who) if isinstance(one.port, Attends)]
        if len(attending) == 1:
            at, port = attending[0]
            await port.attend(call, ahead=ahead and at == 0)
            return
        async with asyncio.TaskGroup() as tasks:
            for at, port in attending:
                tasks.create_task(port.attend(call, ahead=ahead and at == 0))

    async def respond(self, request: AskModel, sound: Pcm | None, deadline: Millis) -> AsyncGenerator[ReplyPart, None]:
        async def begin(port: Responder, until: Millis) -> AsyncGenerator[ReplyPart, None]:
            heard = await _heard_by(port.hears_hz, sound)
            async with aclosing(_from_sentence(port.respond(request, heard, until))) as parts:
                async for part in parts:
                    yield part

        begun, passed = await self._climb.climb(begin, deadline)
        async with aclosing(begun.rest) as rest:
            yield _told(begun.first, passed)
            if isinstance(begun.first, ReplyDone):
                begun.by.breaker.succeeded()
                return
            try:
                async for part in rest:
                    if isinstance(part, ReplyDone):
                        begun.by.breaker.succeeded()
                    yield _told(part, passed)
            except ModelError as fault:
                note_fault(begun.by, fault)
                if isinstance(fault, ModelUnavailable):
                    raise ModelUnavailable(f"{begun.by.name}: {fault}", fault.kind, again=False) from fault
                raise


def _told(part: ReplyPart, passed: tuple[Passed, ...]) -> ReplyPart:
    return replace(part, passed=(*passed, *part.passed)) if isinstance(part, ReplyDone) else part


async def _from_sentence(parts: AsyncGenerator[ReplyPart, None]) -> AsyncGenerator[ReplyPart, None]:
    """The first words that come on are at least a sentence, where no sound and no end comes before. Words whose sound
    is to come wait for it: nobody hears them before."""
    held: list[ReplyWords] | None = []
    async with aclosing(parts):
        async for part in parts:
            if held is None:
                yield part
                continue
            if isinstance(part, ReplyWords):
                held.append(part)
                if part.voiced or not _is_sentence("".join(words.text for words in held if not words.voiced)):
                    continue
            for voiced, several in groupby(held, key=lambda words: words.voiced):
                yield ReplyWords("".join(words.text for words in several), voiced)
            held = None
            if not isinstance(part, ReplyWords):
                yield part
    if held is not None:
        raise ModelUnavailable("the reply has no end", "cut")


def _is_sentence(words: str) -> bool:
    return bool(_ENDED.search(words)) or len(sentences(words)) > 1


async def _heard_by(hears_hz: int | None, sound: Pcm | None) -> Pcm | None:
    return None if hears_hz is None or sound is None else await _at(sound, hears_hz)


async def _at(sound: Pcm, rate_hz: int) -> Pcm:
    if sound.rate_hz == rate_hz:
        return sound
    if sound.ms > LONG_MS:
        return await asyncio.to_thread(resample_whole, sound, rate_hz)
    return resample_whole(sound, rate_hz)
