"""One response of a session of /v1/realtime: its events in their order, and how it ends."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from ivr.sim.model_house.chat_answer import ARGUMENT_CHARACTERS, word_pieces
from ivr.sim.model_house.ears import Hears
from ivr.sim.model_house.kept import Request
from ivr.sim.model_house.manners import Manner
from ivr.sim.model_house.minds import NONE, Answer, Asked, Mind, Offered, OutOfAnswers, ToolCall
from ivr.sim.model_house.realtime_items import Conversation, Item
from ivr.sim.model_house.realtime_sound import BYTES_A_MS, encoded, heard, interleaved, usage
from ivr.sim.model_house.telling import STALL_S, Cut
from ivr.sim.model_house.voices import Speaks

JsonObject = dict[str, Any]

PIECE_MS: Final = 200
_REASONS: Final = {"length": "max_output_tokens", "content_filter": "content_filter"}


class AnswerHouse(Protocol):
    """What of the house an answer uses."""

    @property
    def mind(self) -> Mind: ...

    @property
    def ears(self) -> Hears: ...

    @property
    def voice(self) -> Speaks: ...

    @property
    def pace(self) -> float: ...

    @property
    def late_deltas(self) -> int: ...

    def number(self) -> int: ...


class Tells(Protocol):
    async def __call__(self, kind: str, **fields: Any) -> None:
        """Sends a server event."""
        ...


class _Ended(Exception):
    """The response ends here, with this status and these details."""

    def __init__(self, status: str, details: JsonObject) -> None:
        super().__init__()
        self.status, self.details = status, details


@dataclass(slots=True)
class Response:
    """Under way, or over. `config`: that of the session, with what the client asked for this one."""

    id: str
    config: Mapping[str, Any]
    conversation: Conversation
    house: AnswerHouse
    tell: Tells
    manner: Manner
    kept: Request
    metadata: JsonObject | None = None
    """As the client gave it."""
    cancelled: str = ""
    """Why it is to stop: client_cancelled or turn_detected."""
    over: bool = False
    usage: JsonObject = field(default_factory=dict)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _output: list[Item] = field(default_factory=list)
    _events: int = 0
    _audio_out: int = 0
    _text_out: int = 0

    def cancel(self, reason: str) -> None:
        self.cancelled = self.cancelled or reason
        self._stop.set()

    @property
    def form(self) -> str:
        return str(self.config["audio"]["output"]["format"]["type"])

    async def run(self) -> None:
        """Raises: Cut: the connection is to break."""
        await self.tell("response.created", response=self._shape("in_progress", None))
        status, details = "completed", None
        try:
            await self._pause(self.manner.wait_s)
            answer = await self._thought()
            if answer.refusal or answer.words:
                await self._speak(answer.refusal or answer.words)
            for call in answer.calls:
                await self._call(call)
            if (cut := self.manner.finish) in _REASONS:
                raise _Ended("incomplete", {"type": "incomplete", "reason": _REASONS[cut or ""]})
        except _Ended as ended:
            status, details = ended.status, ended.details
        except OutOfAnswers as fault:
            error = {"type": "server_error", "code": "server_error", "message": str(fault)}
            status, details = "failed", {"type": "failed", "error": error}
        self.over = True
        self.kept.done_at = time.monotonic()
        await self.tell("response.done", response=self._shape(status, details))
        limits = [("requests", 1000), ("tokens", 50_000)]
        await self.tell(
            "rate_limits.updated",
            rate_limits=[
                {"name": name, "limit": most, "remaining": most - 1, "reset_seconds": 0.01} for name, most in limits
            ],
        )

    # ---- what is answered

    async def _thought(self) -> Answer:
        items = self.conversation.items
        spoke = max((at for at, one in enumerate(items) if one.role == "assistant"), default=-1)
        results = [one.shape["output"] for one in items[spoke + 1 :] if one.kind == "function_call_output"]
        self.kept.heard = await self._heard()
        choice = self.config.get("tool_choice", "auto")
        tools = [tool for tool in self.config.get("tools") or () if choice != NONE]
        answer = self.house.mind.answer(
            Asked(
                instructions=self.config.get("instructions") or "",
                heard=self.kept.heard,
                results=tuple(results),
                offered=tuple(Offered(tool["name"], tool.get("parameters") or {}) for tool in tools),
                choice=choice["name"] if isinstance(choice, dict) else choice,
            )
        )
        self.manner = answer.manner or self.manner
        self.kept.words = answer.words
        return answer

    async def _heard(self) -> str:
        """The last turn of the user: the sound it ends with as the house hears it, or what is written."""
        last = next((one for one in reversed(self.conversation.items) if one.role == "user"), None)
        if last is None:
            return ""
        if last.sound and not last.words:
            last.words = await self.house.ears.words(heard(last.sound, self.config["audio"]["input"]["format"]["type"]))
        return last.words

    # ---- words and sound

    async def _speak(self, words: str) -> None:
        voiced = self.config["output_modalities"] == ["audio"] and not self.manner.text_only
        kind = "output_audio" if voiced else "output_text"
        item = Item({"id": self.conversation.new_id(), "object": "realtime.item", "type": "message",
                     "status": "in_progress", "role": "assistant", "content": []})  # fmt: skip
        place = await self._open(item)
        at = {**place, "item_id": item.id, "content_index": 0}
        part = {"type": "audio", "transcript": ""} if voiced else {"type": "text", "text": ""}
        await self.tell("response.content_part.added", **at, part=part)
        ended: _Ended | None = None
        try:
            async for piece in self._pieces(words, voiced=voiced):
                await self._piece(item, piece, at, voiced=voiced)
        except _Ended as why:
            ended = why
        said = {"transcript": item.words} if voiced else {"text": item.words}
        if voiced:
            await self.tell("response.output_audio.done", **at)
            await self.tell("response.output_audio_transcript.done", **at, **said)
        else:
            await self.tell("response.output_text.done", **at, **said)
        await self.tell("response.content_part.done", **at, part={**part, **said})
        item.shape["content"] = [{"type": kind, **said}]
        await self._close(item, place, "completed" if ended is None else "incomplete")
        if ended is not None:
            raise ended

    async def _pieces(self, words: str, *, voiced: bool) -> AsyncIterator[str | bytes]:
        texts = word_pieces(words)
        parts: list[bytes] = []
        if voiced:
            sound = encoded(await self.house.voice.sound(words), self.form)
            if self.manner.finish in _REASONS:
                sound = sound[: len(sound) // 4 * 2]
            size = self.manner.audio_piece_bytes or PIECE_MS * BYTES_A_MS[self.form]
            parts = [sound[at : at + size] for at in range(0, len(sound), size)]
        for piece in interleaved(texts, parts):
            await self._before_piece(piece)
            yield piece

    async def _before_piece(self, piece: str | bytes) -> None:
        """Sound leaves so many times faster than it is heard."""
        if isinstance(piece, bytes) and self._audio_out:
            await self._pause(len(piece) / BYTES_A_MS[self.form] / 1000 / self.house.pace)
        await self._step()

    async def _step(self) -> None:
        """Raises: _Ended, Cut: it is to end before this event."""
        manner, at = self.manner, self._events
        if at:
            await self._pause(manner.each_s)
        if manner.stall_after == at:
            await self._pause(STALL_S)
        if at in (manner.cut_after, manner.end_after):
            raise Cut
        if manner.error_after == at:
            error = {"type": manner.type, "code": manner.code, "message": manner.text}
            raise _Ended("failed", {"type": "failed", "error": error})
        if self.cancelled and at >= self._lets_through:
            raise self._cancelled()
        self._events += 1

    _lets_through: int = 0

    async def _piece(self, item: Item, piece: str | bytes, at: JsonObject, *, voiced: bool) -> None:
        if isinstance(piece, bytes):
            item.sound += piece
            self._audio_out += len(piece)
            self.kept.sent_bytes += len(piece)
            await self.tell("response.output_audio.delta", **at, delta=base64.b64encode(piece).decode())
            return
        item.words += piece
        self._text_out += len(piece)
        kind = "output_audio_transcript" if voiced else "output_text"
        await self.tell(f"response.{kind}.delta", **at, delta=piece)

    # ---- a function call

    async def _call(self, call: ToolCall) -> None:
        name = f"call_{self.house.number():08x}"
        item = Item({"id": self.conversation.new_id(), "object": "realtime.item", "type": "function_call",
                     "status": "in_progress", "call_id": name, "name": call.name, "arguments": ""})  # fmt: skip
        place = await self._open(item)
        at = {**place, "item_id": item.id, "call_id": name}
        ended: _Ended | None = None
        written = ""
        try:
            for start in range(0, len(call.arguments), ARGUMENT_CHARACTERS):
                await self._step()
                piece = call.arguments[start : start + ARGUMENT_CHARACTERS]
                written += piece
                await self.tell("response.function_call_arguments.delta", **at, delta=piece)
        except _Ended as why:
            ended = why
        self._text_out += len(call.name) + len(written)
        item.shape["arguments"] = written
        await self.tell("response.function_call_arguments.done", **at, name=call.name, arguments=written)
        await self._close(item, place, "completed" if ended is None else "incomplete")
        if ended is not None:
            raise ended

    # ---- an item

    async def _open(self, item: Item) -> JsonObject:
        if self.cancelled:
            raise self._cancelled()
        place = {"response_id": self.id, "output_index": len(self._output)}
        self._output.append(item)
        before = self.conversation.last
        self.conversation.add(item)
        await self.tell("response.output_item.added", **place, item=item.shape)
        await self.tell("conversation.item.added", previous_item_id=before, item=item.shape)
        return place

    async def _close(self, item: Item, place: JsonObject, status: str) -> None:
        item.shape["status"] = status
        await self.tell("response.output_item.done", **place, item=item.shape)
        before = self.conversation.before(item) if item in self.conversation.items else None
        await self.tell("conversation.item.done", previous_item_id=before, item=item.shape)

    # ---- the rest

    async def _pause(self, seconds: float) -> None:
        """Ends at once when the response is to stop; some of it is on its way already then."""
        if not seconds or self._stop.is_set():
            return
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return
        self._lets_through = self._events + self.house.late_deltas

    def _cancelled(self) -> _Ended:
        return _Ended("cancelled", {"type": "cancelled", "reason": self.cancelled})

    def _shape(self, status: str, details: JsonObject | None) -> JsonObject:
        over = status != "in_progress"
        if over:
            self.usage = self.kept.usage = self._usage()
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": details,
            "output": [one.shape for one in self._output],
            "conversation_id": "conv_house",
            "output_modalities": self.config["output_modalities"],
            "max_output_tokens": self.config["max_output_tokens"],
            "audio": {
                "output": {key: self.config["audio"]["output"][key] for key in ("format", "voice")},
            },
            "usage": self.usage if over and self.manner.usage != "never" else None,
            "metadata": self.metadata,
        }

    def _usage(self) -> JsonObject:
        """What the model made was not there yet when it was asked."""
        given = [one for one in self.conversation.items if one not in self._output]
        formats = (str(self.config["audio"]["input"]["format"]["type"]), self.form)
        instructions = self.config.get("instructions") or ""
        return usage(instructions, given, formats, letters_out=self._text_out, bytes_out=self._audio_out)
