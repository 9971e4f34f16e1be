"""A model's reply while it comes: its pieces are told to the call as they are made, their sound laid where the playout
finds it."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from decimal import Decimal
from typing import Final

from ivr.audio import mulaw
from ivr.audio.pcm import Pcm
from ivr.audio.resample import Resampler
from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.errors import ModelError, ModelRefused, ModelUnavailable
from ivr.flow.state import AskModel, voiced_name
from ivr.live.answering import tell
from ivr.live.voiced import VoicedReplies
from ivr.models.chunks import model_chunk
from ivr.models.deadline import due_in
from ivr.models.ports import ReplyDone, ReplyMulaw, ReplySound, ReplyWords, Responder
from ivr.models.reply_pieces import Opened, ReplyPieces, Step, Voiced
from ivr.units import BYTES_PER_MS, LINE_RATE_HZ

REPLY_DEADLINE_MS: Final = 8_000
"""To the first part, and from one to the next; the engine waits as long, and then goes the way of a model that is
down."""
LONG_S: Final = 4
"""Longer sound is made ready beside the event loop, which has other calls to serve."""
LONG_BYTES: Final = LONG_S * 1_000 * BYTES_PER_MS

Happened = Callable[[ev.Event], None]


async def respond(asked: fx.AskModel, responder: Responder | None, voiced: VoicedReplies, happened: Happened) -> None:
    """The model of an agent; whatever becomes of it is told. Where no model is configured the flow goes its own way."""
    request = asked.asked
    if responder is None:
        happened(ev.ModelFailed(request.id, "not_configured"))
        return
    try:
        happened(await _Replying(request, voiced, happened).go_through(responder, await _heard(asked, responder)))
    except TimeoutError:
        happened(ev.ModelTrouble("think", "took too long"))
        happened(ev.ModelFailed(request.id, "timeout"))
    except ModelRefused as fault:
        happened(ev.ModelTrouble("think", str(fault)))
        happened(ev.ModelFailed(request.id, "blocked" if fault.kind == "words" else "unavailable"))
    except ModelError as fault:
        happened(ev.ModelTrouble("think", str(fault)))
        happened(ev.ModelFailed(request.id, "unavailable"))
    finally:
        voiced.close_all(request.id)


async def _heard(asked: fx.AskModel, responder: Responder) -> Pcm | None:
    if responder.hears_hz is None or not asked.mulaw:
        return None
    if len(asked.mulaw) > LONG_BYTES:
        return await asyncio.to_thread(model_chunk, asked.mulaw, responder.hears_hz)
    return model_chunk(asked.mulaw, responder.hears_hz)


class _Replying:
    def __init__(self, request: AskModel, voiced: VoicedReplies, happened: Happened) -> None:
        self._request = request
        self._voiced = voiced
        self._happened = happened
        self._pieces = ReplyPieces(request.leaves)
        self._to_line: Resampler | None = None
        self._words: list[str] = []
        self._last: str | None = None
        """The piece that was opened last, if it has sound."""
        voiced.begin(request.id)

    async def go_through(self, responder: Responder, sound: Pcm | None) -> ev.ModelReplied:
        """Raises: ModelError, TimeoutError."""
        parts = responder.respond(self._request, sound, due_in(REPLY_DEADLINE_MS))
        async with aclosing(parts), asyncio.timeout(REPLY_DEADLINE_MS / 1000) as within:
            async for part in parts:
                within.reschedule(asyncio.get_running_loop().time() + REPLY_DEADLINE_MS / 1000)
                match part:
                    case ReplyWords(text, voiced):
                        self._words.append(text)
                        self._take(list(self._pieces.words(text, voiced=voiced)))
                    case ReplySound(pcm):
                        self._take(list(self._pieces.sound(await self._on_line(pcm))))
                    case ReplyMulaw(ready):
                        self._take(list(self._pieces.sound(ready)))
                    case ReplyDone():
                        tell(self._happened, "think", part.passed)
                        done = self._done(part)
                        if self._last is not None:
                            self._voiced.close(self._last)
                        return done
        raise ModelUnavailable("the reply has no end")

    async def _on_line(self, pcm: Pcm) -> bytes:
        """All of a reply goes through one filter, so that there are no seams in it."""
        if self._to_line is None:
            self._to_line = Resampler(pcm.rate_hz, LINE_RATE_HZ)
        if len(pcm) > LONG_S * pcm.rate_hz:
            return mulaw.encode(await asyncio.to_thread(self._to_line.feed, pcm))
        return mulaw.encode(self._to_line.feed(pcm))

    def _take(self, steps: list[Step]) -> None:
        for step in steps:
            match step:
                case Opened(piece, words, voiced):
                    self._open(piece, voiced)
                    self._happened(ev.ModelSaid(self._request.id, piece, words, voiced))
                case Voiced(piece, sound):
                    self._voiced.feed(voiced_name(self._request.id, piece), sound)

    def _open(self, piece: int, voiced: bool) -> None:
        if self._last is not None:
            self._voiced.close(self._last)
        self._last = voiced_name(self._request.id, piece) if voiced else None
        if self._last is not None:
            self._voiced.open(self._last)

    def _done(self, done: ReplyDone) -> ev.ModelReplied:
        if self._to_line is not None:
            self._take(list(self._pieces.sound(mulaw.encode(self._to_line.flush()))))
        rest = list(self._pieces.done())
        cost: Decimal = done.cost
        if self._request.leaves != "whole":
            self._take(rest)
            return ev.ModelReplied(self._request.id, "", done.requests, cost)
        sounds = b"".join(step.mulaw for step in rest if isinstance(step, Voiced))
        if sounds:
            self._open(0, voiced=True)
            self._voiced.feed(voiced_name(self._request.id, 0), sounds)
        return ev.ModelReplied(self._request.id, "".join(self._words).strip(), done.requests, cost, bool(sounds))
