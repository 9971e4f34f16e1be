"""Utterance to words: the recogniser asked, and the answer brought back as an event, whatever becomes of it."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Literal

from ivr import metrics
from ivr.audio.pcm import Pcm
from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.errors import ModelError
from ivr.models.chunks import model_chunk
from ivr.models.deadline import due_in, now_ms
from ivr.models.ports import (
    OpenQuestion,
    Passed,
    Similarity,
    Transcriber,
    TurnJudge,
    Understander,
)
from ivr.units import BYTES_PER_MS, Millis

TURN_DEADLINE_MS = 8_000
RANK_DEADLINE_MS = 1_000
UNDERSTAND_DEADLINE_MS = 2_500
"""The caller waits: what the words alone gave counts then."""
JUDGE_DEADLINE_MS = 400
"""A second opinion that comes later finds the turn over."""
LONG_BYTES = 4_000 * BYTES_PER_MS
"""Making a longer utterance ready would keep other calls waiting for some milliseconds."""


Told = Callable[[ev.ModelTrouble], None]
"""What reviewers should know beside the answer."""


def untold(_trouble: ev.ModelTrouble) -> None:
    """Nobody is to know."""


async def transcribe(
    asked: fx.Transcribe, transcriber: Transcriber, told: Told = untold
) -> ev.Transcribed | ev.TranscribeFailed:
    began = now_ms()
    try:
        chunk = await _chunk(asked.mulaw, transcriber.rate_hz)
        heard = await transcriber.transcribe(chunk, asked.expect, due_in(TURN_DEADLINE_MS))
    except ModelError as fault:
        return ev.TranscribeFailed(asked.turn, asked.attempt, str(fault))
    tell(told, "hear", heard.passed)
    return ev.Transcribed(asked.turn, asked.attempt, heard.text, heard.score, Millis(now_ms() - began))


async def rank(asked: fx.Rank, similarity: Similarity | None) -> ev.Ranked:
    if similarity is None:
        return ev.Ranked(asked.turn, asked.attempt, ())
    try:
        scores = await similarity.rank(asked.words, asked.phrases, due_in(RANK_DEADLINE_MS))
    except ModelError:
        return ev.Ranked(asked.turn, asked.attempt, ())
    return ev.Ranked(asked.turn, asked.attempt, tuple(scores))


async def understand(
    asked: fx.Understand,
    understander: Understander | None,
    within_ms: int = UNDERSTAND_DEADLINE_MS,
    told: Told = untold,
) -> ev.Understood:
    """A model says what was meant; who takes too long is not waited for."""
    if understander is None:
        return ev.Understood(asked.turn, asked.attempt, None)
    deadline = due_in(within_ms)
    question = OpenQuestion(asked.language, asked.said, asked.tool)
    try:
        async with asyncio.timeout(within_ms / 1000):
            hears_hz = understander.hears_hz
            sound = await _chunk(asked.mulaw, hears_hz) if hears_hz is not None and asked.mulaw else None
            understood = await understander.understand(question, asked.words, sound, deadline)
    except (ModelError, TimeoutError) as fault:
        metrics.MODEL_ERRORS.labels("understander").inc()
        told(ev.ModelTrouble("understand", str(fault) or "took too long"))
        return ev.Understood(asked.turn, asked.attempt, None)
    tell(told, "understand", understood.passed)
    return ev.Understood(asked.turn, asked.attempt, understood.arguments, understood.cost)


async def judge(asked: fx.JudgeTurn, judge: TurnJudge | None) -> ev.TurnJudged:
    if judge is None:
        return ev.TurnJudged(asked.turn, asked.attempt, None)
    deadline = due_in(JUDGE_DEADLINE_MS)
    try:
        finished = await judge.finished(await _chunk(asked.mulaw, judge.rate_hz), deadline)
    except ModelError:
        return ev.TurnJudged(asked.turn, asked.attempt, None)
    return ev.TurnJudged(asked.turn, asked.attempt, finished)


def tell(told: Told, role: Literal["hear", "understand", "think", "speak"], passed: Iterable[Passed]) -> None:
    for one in passed:
        told(ev.ModelTrouble(role, f"{one.name}: {one.why}; asked next: {one.asked}"))


async def _chunk(mulaw: bytes, rate_hz: int) -> Pcm:
    if len(mulaw) > LONG_BYTES:
        return await asyncio.to_thread(model_chunk, mulaw, rate_hz)
    return model_chunk(mulaw, rate_hz)
