"""Who hears, thinks, means and speaks by a script, for wrappers: each answer is given once, the last one repeats."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from ivr.audio.pcm import Pcm
from ivr.errors import ModelError
from ivr.flow.flow import Never, Style
from ivr.flow.state import AskModel, ModelTool
from ivr.models.ports import OpenQuestion, ReplyPart, Transcript, Understood, Voice
from ivr.units import Millis

ASK: Final = AskModel(
    "c:1:1", "host", "en-US", "Be kind.", {}, (), "Hello.", (), (), Style(), Never(), (), Millis(8000)
)
ASKED: Final = OpenQuestion("en-US", "Which one?", ModelTool("answer", "What was meant.", {"type": "object"}))
SOUND: Final = Pcm.silence(ms=500, rate_hz=16_000)


class Waits:
    """In a script: nothing more comes, until it is taken back."""


WAITS: Final = Waits()
Parts = list[ReplyPart | Pcm | ModelError | Waits]


class _Scripted:
    """`asked`: how often; `open`: how many answers are under way."""

    def __init__(self, *answers: Parts) -> None:
        self._answers = list(answers)
        self.asked = self.open = 0
        self.began = asyncio.Event()

    async def _parts(self) -> AsyncGenerator[ReplyPart | Pcm, None]:
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        self.asked += 1
        self.open += 1
        self.began.set()
        try:
            for part in answer:
                if isinstance(part, ModelError):
                    raise part
                if isinstance(part, Waits):
                    await asyncio.Event().wait()
                    continue
                yield part
        finally:
            self.open -= 1


class Thinks(_Scripted):
    hears_hz: int | None = None
    heard: Pcm | None = None

    async def respond(self, request: AskModel, sound: Pcm | None, deadline: Millis) -> AsyncGenerator[ReplyPart, None]:
        self.heard = sound
        async with aclosing(self._parts()) as parts:
            async for part in parts:
                assert not isinstance(part, Pcm)
                yield part


class Speaks(_Scripted):
    def __init__(self, *answers: Parts, rate_hz: int = 24_000, streams: bool = True) -> None:
        super().__init__(*answers)
        self.rate_hz, self.streams = rate_hz, streams
        self.texts: list[str] = []

    async def speak(self, text: str, voice: Voice, deadline: Millis) -> AsyncGenerator[Pcm, None]:
        self.texts.append(text)
        async with aclosing(self._parts()) as parts:
            async for part in parts:
                assert isinstance(part, Pcm)
                yield part


class _Whole:
    def __init__(self, *answers: str | ModelError | Waits) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def _answer(self) -> str:
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        self.asked += 1
        if isinstance(answer, ModelError):
            raise answer
        if isinstance(answer, Waits):
            await asyncio.Event().wait()
        return str(answer)


class Hears(_Whole):
    rate_hz = 16_000
    heard: Pcm | None = None

    async def transcribe(self, chunk: Pcm, expect: str, deadline: Millis) -> Transcript:
        self.heard = chunk
        return Transcript(await self._answer(), None, Millis(1))


class Means(_Whole):
    hears_hz: int | None = None

    async def understand(self, question: OpenQuestion, words: str, sound: Pcm | None, deadline: Millis) -> Understood:
        return Understood({"choice": await self._answer()})
