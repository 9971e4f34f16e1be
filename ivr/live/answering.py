"""Utterance to words: the recogniser asked, and the answer brought back as an event, whatever becomes of it."""

import asyncio

from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.errors import ModelError
from ivr.models.chunks import model_chunk
from ivr.models.deadline import due_in, now_ms
from ivr.models.ports import Similarity, Transcriber
from ivr.units import BYTES_PER_MS, Millis

TURN_DEADLINE_MS = 8_000
RANK_DEADLINE_MS = 1_000
LONG_BYTES = 4_000 * BYTES_PER_MS
"""Making a longer utterance ready would keep other calls waiting for some milliseconds."""


async def transcribe(asked: fx.Transcribe, transcriber: Transcriber) -> ev.Transcribed | ev.TranscribeFailed:
    began = now_ms()
    try:
        if len(asked.mulaw) > LONG_BYTES:
            chunk = await asyncio.to_thread(model_chunk, asked.mulaw, transcriber.rate_hz)
        else:
            chunk = model_chunk(asked.mulaw, transcriber.rate_hz)
        heard = await transcriber.transcribe(chunk, asked.expect, due_in(TURN_DEADLINE_MS))
    except ModelError as fault:
        return ev.TranscribeFailed(asked.turn, asked.attempt, str(fault))
    return ev.Transcribed(asked.turn, asked.attempt, heard.text, heard.score, Millis(now_ms() - began))


async def rank(asked: fx.Rank, similarity: Similarity | None) -> ev.Ranked:
    if similarity is None:
        return ev.Ranked(asked.turn, asked.attempt, ())
    try:
        scores = await similarity.rank(asked.words, asked.phrases, due_in(RANK_DEADLINE_MS))
    except ModelError:
        return ev.Ranked(asked.turn, asked.attempt, ())
    return ev.Ranked(asked.turn, asked.attempt, tuple(scores))
