"""Utterance to words: the recogniser asked, and the answer brought back as an event, whatever becomes of it."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import aclosing
from typing import Literal

from ivr import metrics
from ivr.audio.pcm import Pcm
from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.errors import ModelError, ModelRefused, ModelUnavailable
from ivr.flow.state import AskModel
from ivr.models.chunks import model_chunk
from ivr.models.deadline import due_in, now_ms
from ivr.models.ports import (
    OpenQuestion,
    Passed,
    ReplyDone,
    ReplyWords,
    Responder,
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
REPLY_DEADLINE_MS = 8_000
"""The engine waits as long, and then goes the way of a model that is down."""
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


async def respond(
    asked: fx.AskModel, responder: Responder | None, told: Told = untold
) -> ev.ModelReplied | ev.ModelFailed:
    """The model of an agent, whatever becomes of it. Where no model is configured the flow goes its own way."""
    request = asked.asked
    if responder is None:
        return ev.ModelFailed(request.id, "not_configured")
    try:
        async with asyncio.timeout(REPLY_DEADLINE_MS / 1000):
            return await _whole(request, responder, told)
    except TimeoutError:
        told(ev.ModelTrouble("think", "took too long"))
        return ev.ModelFailed(request.id, "timeout")
    except ModelRefused as fault:
        told(ev.ModelTrouble("think", str(fault)))
        return ev.ModelFailed(request.id, "blocked" if fault.kind == "words" else "unavailable")
    except ModelError as fault:
        told(ev.ModelTrouble("think", str(fault)))
        return ev.ModelFailed(request.id, "unavailable")


async def _whole(request: AskModel, responder: Responder, told: Told) -> ev.ModelReplied:
    """Raises: ModelError."""
    words: list[str] = []
    async with aclosing(responder.respond(request, None, due_in(REPLY_DEADLINE_MS))) as parts:
        async for part in parts:
            match part:
                case ReplyWords(text):
                    words.append(text)
                case ReplyDone(requests, cost, passed=passed):
                    tell(told, "think", passed)
                    return ev.ModelReplied(request.id, "".join(words), requests, cost)
    raise ModelUnavailable("the reply has no end")


def tell(told: Told, role: Literal["hear", "understand", "think", "speak"], passed: Iterable[Passed]) -> None:
    for one in passed:
        told(ev.ModelTrouble(role, f"{one.name}: {one.why}; asked next: {one.asked}"))


async def _chunk(mulaw: bytes, rate_hz: int) -> Pcm:
    if len(mulaw) > LONG_BYTES:
        return await asyncio.to_thread(model_chunk, mulaw, rate_hz)
    return model_chunk(mulaw, rate_hz)
