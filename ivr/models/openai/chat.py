"""Talks with a caller over chat completions: with sound, or by words alone, which a voice then speaks."""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from decimal import Decimal
from typing import Any, Final

from ivr.audio.pcm import Pcm
from ivr.errors import ModelError, ModelRefused
from ivr.flow.state import AskModel, ModelRequest
from ivr.models.openai.completion import Completions, FaultAnswered
from ivr.models.openai.far_end import FarEnd
from ivr.models.openai.messages import Message, letters_of, talk, tools_of
from ivr.models.openai.remembered import Asked, Remembered
from ivr.models.openai.reply import Call, Cut, Reply
from ivr.models.openai.usage import FREE, Tally, cost_of, reckoned, unwatched
from ivr.models.ports import ReplyDone, ReplyPart, ReplySound
from ivr.models.profiles import Prices
from ivr.units import Millis

HEARS_HZ: Final = 8_000
"""The line's own rate: more would be longer on the way and hold no more."""
MOST_TOKENS: Final = 2_048
"""Of one reply: a minute and a half of sound. It ends what does not end by itself."""
_GONE: Final = "audio_not_found"


class AudioChat:
    """A Responder that hears and speaks by itself. Sound is as the far end makes it, mostly at 24,000 Hz; an answer
    that is only written comes as words without sound."""

    def __init__(
        self,
        far_end: FarEnd,
        model: str,
        voice: str = "",
        *,
        stream: bool = True,
        speaks: bool = True,
        prices: Prices = FREE,
        hears_hz: int = HEARS_HZ,
        most_tokens: int | None = MOST_TOKENS,
        more: Mapping[str, object] | None = None,
        tally: Tally = unwatched,
    ) -> None:
        """`stream` False: the whole answer at once, as WAV. `speaks` False: it answers in words, which a voice speaks.
        `more`: fields of the request beside ours, over them."""
        self.hears_hz: int | None = hears_hz
        shape: dict[str, object] = dict(more or {})
        if speaks:
            sound = {"voice": voice or "alloy", "format": "pcm16" if stream else "wav"}
            shape = {"modalities": ["text", "audio"], "audio": sound} | shape
        else:
            shape = {"modalities": ["text"]} | shape
        self._talk = _Talk(far_end, model, shape, stream, prices, most_tokens, tally, speaks=speaks)

    def respond(self, request: AskModel, sound: Pcm | None, deadline: Millis) -> AsyncGenerator[ReplyPart, None]:
        return self._talk.respond(request, sound, deadline)


class TextChat:
    """A Responder that reads and writes."""

    hears_hz: int | None = None

    def __init__(
        self,
        far_end: FarEnd,
        model: str,
        *,
        stream: bool = True,
        prices: Prices = FREE,
        most_tokens: int | None = MOST_TOKENS,
        more: Mapping[str, object] | None = None,
        tally: Tally = unwatched,
    ) -> None:
        self._talk = _Talk(far_end, model, dict(more or {}), stream, prices, most_tokens, tally, speaks=False)

    def respond(self, request: AskModel, sound: Pcm | None, deadline: Millis) -> AsyncGenerator[ReplyPart, None]:
        return self._talk.respond(request, None, deadline)


class _Talk:
    """What both are."""

    def __init__(
        self,
        far_end: FarEnd,
        model: str,
        shape: Mapping[str, object],
        stream: bool,
        prices: Prices,
        most_tokens: int | None,
        tally: Tally,
        *,
        speaks: bool,
    ) -> None:
        self._completions = Completions(far_end)
        self._fixed: dict[str, Any] = {"model": model}
        if stream:
            self._fixed |= {"stream": True, "stream_options": {"include_usage": True}}
        if most_tokens is not None:
            self._fixed["max_completion_tokens"] = most_tokens
        self._fixed |= shape
        self._prices, self._tally, self._speaks = prices, tally, speaks
        self._remembered = Remembered()

    async def respond(self, ask: AskModel, sound: Pcm | None, deadline: Millis) -> AsyncGenerator[ReplyPart, None]:
        """A Responder's. An answer told by the id of its sound that the far end has forgotten is told as text."""
        replays = self._speaks
        while True:
            reply = Reply()
            messages = talk(ask, sound, self._remembered, replays=replays)
            spent: Decimal | None = None
            try:
                async with aclosing(self._completions.ask(self._body(ask, messages), reply, deadline)) as parts:
                    async for part in parts:
                        if self._speaks or not isinstance(part, ReplySound):
                            yield part
                spent = self._spent(reply, messages, sound)
                break
            except FaultAnswered as answered:
                spent = Decimal(0)
                if not (replays and answered.fault.code == _GONE):
                    raise self._completions.far_end.refused(answered.fault) from None
                self._remembered.forget_sounds(ask)
                replays = False
            except ModelError:
                spent = Decimal(0) if reply.empty else None
                raise
            finally:
                self._tally(self._spent(reply, messages, sound) if spent is None else spent)
        yield self._done(ask, reply, spent)

    def _body(self, ask: AskModel, messages: list[Message]) -> dict[str, Any]:
        body = {**self._fixed, "messages": messages}
        return body | {"tools": tools_of(ask.tools)} if ask.tools else body

    def _done(self, ask: AskModel, reply: Reply, cost: Decimal) -> ReplyDone:
        """Raises: ModelRefused: the far end held back its words, or the model refuses to answer."""
        if reply.refusal or (reply.cut == "filter" and reply.empty):
            raise ModelRefused(f"the words were held back by {self._completions.far_end.name}", "words")
        asked = list(requests_of(ask, reply.calls, reply.cut))
        self._remembered.note_requests(ask, asked)
        if not reply.cut:
            self._remembered.note_sound(ask, reply.sound_id, reply.said)
        return ReplyDone(tuple(ModelRequest(one.request, one.name, one.arguments) for one in asked), cost, reply.cut)

    def _spent(self, reply: Reply, messages: list[Message], sound: Pcm | None) -> Decimal:
        """As the far end tells; where it does not, or was not let finish, by letters and lengths."""
        if reply.usage is not None:
            return cost_of(reply.usage, self._prices)
        return cost_of(reckoned(letters_of(messages), sound, reply.letters, reply.sound_ms), self._prices)


def requests_of(ask: AskModel, calls: Sequence[Call], cut: Cut) -> Iterator[Asked]:
    """What the model asked for. Of an answer that was cut off, what is whole. Ids are made our own: those of far ends
    repeat from one answer to the next."""
    wires: set[str] = set()
    for number, call in enumerate(calls):
        if not call.name or (cut and not call.readable):
            continue
        wire = call.id if call.id and call.id not in wires else f"call_{number}"
        wires.add(wire)
        yield Asked(f"{ask.id}/{number}", wire, call.name, call.arguments())
