"""Tells what a caller meant at a question, by one tool that the model has to call."""

from collections.abc import Mapping
from contextlib import aclosing
from typing import Any, Final

import msgspec

from ivr.audio.pcm import Pcm
from ivr.errors import ModelRefused
from ivr.models.openai.completion import Completions, FaultAnswered
from ivr.models.openai.far_end import FarEnd
from ivr.models.openai.messages import letters_of, question, tools_of
from ivr.models.openai.reply import UNREADABLE, Reply
from ivr.models.openai.usage import FREE, Tally, cost_of, reckoned, unwatched
from ivr.models.ports import OpenQuestion, Understood
from ivr.models.profiles import Prices
from ivr.units import Millis

MOST_TOKENS: Final = 500


class ChatUnderstander:
    """An Understander. With `hears_hz` the model hears the caller; else it reads what a recogniser heard."""

    def __init__(
        self,
        far_end: FarEnd,
        model: str,
        *,
        hears_hz: int | None = None,
        prices: Prices = FREE,
        most_tokens: int | None = MOST_TOKENS,
        more: Mapping[str, object] | None = None,
        tally: Tally = unwatched,
    ) -> None:
        self.hears_hz = hears_hz
        self._completions = Completions(far_end)
        self._fixed: dict[str, Any] = {"model": model, "temperature": 0}
        if hears_hz is not None:
            self._fixed["modalities"] = ["text"]
        if most_tokens is not None:
            self._fixed["max_completion_tokens"] = most_tokens
        self._fixed |= more or {}
        self._prices, self._tally = prices, tally

    async def understand(self, open_: OpenQuestion, words: str, sound: Pcm | None, deadline: Millis) -> Understood:
        """An Understander's. A model that answers in words that are such arguments has been understood too."""
        heard = sound if self.hears_hz is not None else None
        messages = question(open_, words, heard)
        choice = {"type": "function", "function": {"name": open_.tool.name}}
        body = {**self._fixed, "messages": messages, "tools": tools_of([open_.tool]), "tool_choice": choice}
        reply, far_end = Reply(), self._completions.far_end
        try:
            async with aclosing(self._completions.ask(body, reply, far_end.first_due(deadline))) as parts:
                async for _ in parts:
                    pass
        except FaultAnswered as answered:
            raise far_end.refused(answered.fault) from None
        used = reply.usage or reckoned(
            letters_of(messages), heard, reply.letters + sum(call.size for call in reply.calls), 0
        )
        cost = cost_of(used, self._prices)
        self._tally(cost)
        if reply.refusal or reply.cut == "filter":
            raise ModelRefused(f"the words were held back by {far_end.name}", "words")
        arguments = _arguments(reply, open_.tool.name)
        if arguments is None:
            raise far_end.garbage("something other than the tool that it was given")
        return Understood(arguments, cost)


def _arguments(reply: Reply, tool: str) -> Mapping[str, object] | None:
    for call in reply.calls:
        if call.name == tool and call.readable:
            return call.arguments()
    written = reply.words.strip().removeprefix("```json").removeprefix("```").removesuffix("```").strip()
    if reply.calls or not written.startswith("{"):
        return None
    try:
        given = msgspec.json.decode(written)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    if not isinstance(given, dict):
        return None
    inner = given.get("arguments", given.get("parameters")) if given.get("name") == tool else given
    return inner if isinstance(inner, dict) and inner is not UNREADABLE else None
