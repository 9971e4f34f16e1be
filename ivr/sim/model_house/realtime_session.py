"""A session of /v1/realtime: what its client sends, and what it is told.

Each is kept with all that went over it and its conversation, for a test to look at.
"""

import asyncio
import json
import time
from copy import deepcopy
from typing import Any, Final, Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect

from ivr.sim.model_house.kept import Endpoint, Request
from ivr.sim.model_house.manners import Manner
from ivr.sim.model_house.realtime_answer import AnswerHouse, Response
from ivr.sim.model_house.realtime_config import fresh, updated
from ivr.sim.model_house.realtime_items import Conversation, Item, decoded
from ivr.sim.model_house.realtime_sound import BYTES_A_MS, RATES, heard
from ivr.sim.model_house.realtime_vad import Vad
from ivr.sim.model_house.refusals import INVALID, Refused, invalid_value, missing
from ivr.sim.model_house.telling import Cut

JsonObject = dict[str, Any]

SHORTEST_MS: Final = 100
EXPIRED: Final = "Your session hit the maximum duration of 60 minutes."
CLIENT_EVENTS: Final = (
    *("session.update", "input_audio_buffer.append", "input_audio_buffer.commit", "input_audio_buffer.clear"),
    *("conversation.item.create", "conversation.item.delete", "conversation.item.retrieve"),
    *("conversation.item.truncate", "response.create", "response.cancel"),
)
PLAIN_KEYS: Final = ("instructions", "tools", "tool_choice", "output_modalities", "max_output_tokens")


class SessionHouse(AnswerHouse, Protocol):
    """What of the house a session uses."""

    @property
    def requests(self) -> list[Request]: ...

    @property
    def sessions_last_s(self) -> float: ...

    def manner(self, endpoint: Endpoint) -> Manner: ...


class Session:
    def __init__(self, house: SessionHouse, websocket: WebSocket, model: str) -> None:
        self._house, self._websocket = house, websocket
        self.id = f"sess_{house.number():08x}"
        self.ends_at = time.time() + house.sessions_last_s
        self.config = fresh(self.id, model, int(self.ends_at))
        self.conversation = Conversation(house.number)
        self.received: list[JsonObject] = []
        self.told: list[JsonObject] = []
        self.open = True
        self.responses: list[Response] = []
        self._buffer = b""
        self._buffered_ms = 0
        """What came before the buffer that is open."""
        self._vad: Vad | None = None
        self._utterance = ""
        """The id of the item that speech under way becomes."""
        self._over = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None

    # ---- for tests

    def was_sent(self, kind: str) -> list[JsonObject]:
        """The client's events of a type, in order."""
        return [event for event in self.received if event.get("type") == kind]

    def has_told(self, kind: str) -> list[JsonObject]:
        return [event for event in self.told if event["type"] == kind]

    def drop(self) -> None:
        """The connection is gone, without a word."""
        self._over.set()

    # ---- its life

    async def run(self) -> None:
        await self.tell("session.created", session=self.config)
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            running = [tasks.create_task(self._receive()), tasks.create_task(self._expire())]
            await self._over.wait()
            for task in running:
                task.cancel()
            for response in self.responses:
                if not response.over:
                    response.kept.left_at = time.monotonic()
                response.cancel("client_cancelled")
        self.open = False

    async def _expire(self) -> None:
        await asyncio.sleep(self._house.sessions_last_s)
        error = {"type": INVALID, "code": "session_expired", "message": EXPIRED, "param": None, "event_id": None}
        await self.tell("error", error=error)
        self.open = False
        await self._websocket.close(1001)
        self._over.set()

    async def _receive(self) -> None:
        try:
            while True:
                await self._one(await self._websocket.receive_text())
        except (WebSocketDisconnect, RuntimeError):
            self.open = False
            self._over.set()

    async def _one(self, text: str) -> None:
        event: Any = None
        try:
            try:
                event = json.loads(text)
            except ValueError:
                raise Refused(400, "Invalid JSON.", "invalid_json") from None
            if not isinstance(event, dict):
                raise Refused(400, "Invalid event: expected an object.", "invalid_event")
            self.received.append(event)
            await self._do(event)
        except Refused as why:
            named = event.get("event_id") if isinstance(event, dict) else None
            error = {"type": INVALID, "code": why.code, "message": why.text, "param": why.param, "event_id": named}
            await self.tell("error", error=error)

    async def tell(self, kind: str, **fields: Any) -> None:
        """Nobody is told any more once the connection is gone."""
        if not self.open or self._over.is_set():
            return
        event = deepcopy({"type": kind, "event_id": f"event_{self._house.number():08x}", **fields})
        self.told.append(event)
        try:
            await self._websocket.send_text(json.dumps(event))
        except (WebSocketDisconnect, RuntimeError):
            self.open = False

    # ---- what the client wants

    async def _do(self, event: JsonObject) -> None:
        match event.get("type"):
            case "session.update":
                spoke = any(one.role == "assistant" and one.sound for one in self.conversation.items)
                self.config = updated(self.config, event.get("session"), has_spoken=spoke)
                self._set_vad()
                await self.tell("session.updated", session=self.config)
            case "input_audio_buffer.append":
                await self._append(decoded(event.get("audio"), "audio"))
            case "input_audio_buffer.commit":
                await self._commit()
            case "input_audio_buffer.clear":
                self._clear_buffer()
                await self.tell("input_audio_buffer.cleared")
            case "conversation.item.create":
                item = self.conversation.create(event.get("item"), event.get("previous_item_id"))
                await self._item_told(item)
            case "conversation.item.delete":
                self.conversation.delete(event.get("item_id"))
                await self.tell("conversation.item.deleted", item_id=event["item_id"])
            case "conversation.item.retrieve":
                found = self.conversation.find(event.get("item_id"))
                if found is None:
                    text = f"The item with id '{event.get('item_id')}' does not exist."
                    raise Refused(400, text, "item_retrieve_invalid_item_id", "item_id")
                await self.tell("conversation.item.retrieved", item=found.shape)
            case "conversation.item.truncate":
                await self._truncate(event)
            case "response.create":
                await self._create(event.get("response") or {})
            case "response.cancel":
                self._cancel()
            case None:
                raise missing("type")
            case other:
                raise invalid_value("type", other, CLIENT_EVENTS)

    async def _item_told(self, item: Item) -> None:
        before = self.conversation.before(item)
        await self.tell("conversation.item.added", previous_item_id=before, item=item.shape)
        await self.tell("conversation.item.done", previous_item_id=before, item=item.shape)

    async def _truncate(self, event: JsonObject) -> None:
        form = self.config["audio"]["output"]["format"]["type"]
        end_ms = event.get("audio_end_ms")
        self.conversation.truncate(event.get("item_id"), event.get("content_index"), end_ms, BYTES_A_MS[form])
        told = {key: event[key] for key in ("item_id", "content_index", "audio_end_ms")}
        await self.tell("conversation.item.truncated", **told)

    # ---- the caller's sound

    @property
    def _form(self) -> str:
        return str(self.config["audio"]["input"]["format"]["type"])

    def _set_vad(self) -> None:
        detection = self.config["audio"]["input"]["turn_detection"]
        if detection is None:
            self._vad = None
        elif self._vad is None:
            self._vad = Vad(
                RATES[self._form], detection.get("silence_duration_ms", 500), detection.get("threshold", 0.5)
            )

    def _clear_buffer(self) -> None:
        self._buffered_ms += len(self._buffer) // BYTES_A_MS[self._form]
        self._buffer = b""

    async def _append(self, sound: bytes) -> None:
        self._buffer += sound
        if self._vad is None:
            return
        detection = self.config["audio"]["input"]["turn_detection"]
        for edge in list(self._vad.feed(heard(sound, self._form))):
            if edge.begins:
                self._utterance = self.conversation.new_id()
                began_ms = max(0, edge.at_ms - detection.get("prefix_padding_ms", 300))
                await self.tell("input_audio_buffer.speech_started", audio_start_ms=began_ms, item_id=self._utterance)
                self._buffer = self._buffer[max(0, began_ms - self._buffered_ms) * BYTES_A_MS[self._form] :]
                self._buffered_ms = max(self._buffered_ms, began_ms)
                if detection["interrupt_response"]:
                    self._interrupt()
                continue
            await self.tell("input_audio_buffer.speech_stopped", audio_end_ms=edge.at_ms, item_id=self._utterance)
            await self._committed(self._utterance)
            if detection["create_response"]:
                await self._create({})

    async def _commit(self) -> None:
        ms = len(self._buffer) / BYTES_A_MS[self._form]
        if ms < SHORTEST_MS:
            text = (
                f"Error committing input audio buffer: buffer too small. Expected at least {SHORTEST_MS}ms of audio, "
                f"but buffer only has {ms:.2f}ms of audio."
            )
            raise Refused(400, text, "input_audio_buffer_commit_empty")
        await self._committed(self.conversation.new_id())

    async def _committed(self, name: str) -> None:
        before, sound = self.conversation.last, self._buffer
        self._clear_buffer()
        shape = {"id": name, "object": "realtime.item", "type": "message", "status": "completed", "role": "user",
                 "content": [{"type": "input_audio", "transcript": None}]}  # fmt: skip
        item = Item(shape, sound)
        self.conversation.add(item)
        await self.tell("input_audio_buffer.committed", previous_item_id=before, item_id=name)
        await self._item_told(item)
        if self.config["audio"]["input"]["transcription"] is not None:
            assert self._tasks is not None
            self._tasks.create_task(self._transcribe(item))

    async def _transcribe(self, item: Item) -> None:
        item.words = item.words or await self._house.ears.words(heard(item.sound, self._form))
        seconds = len(item.sound) / BYTES_A_MS[self._form] / 1000
        await self.tell(
            "conversation.item.input_audio_transcription.completed",
            item_id=item.id,
            content_index=0,
            transcript=item.words,
            usage={"type": "duration", "seconds": seconds},
        )

    # ---- answers

    @property
    def _active(self) -> Response | None:
        return next((one for one in self.responses if not one.over), None)

    def _interrupt(self) -> None:
        if (active := self._active) is not None:
            active.cancel("turn_detected")

    def _cancel(self) -> None:
        active = self._active
        if active is None:
            raise Refused(400, "Cancellation failed: no active response found", "response_cancel_not_active")
        active.cancel("client_cancelled")

    async def _create(self, asked: JsonObject) -> None:
        if (active := self._active) is not None:
            text = f"Conversation already has an active response in progress: {active.id}."
            raise Refused(400, text, "conversation_already_has_active_response")
        config: JsonObject = {**self.config, **{key: asked[key] for key in PLAIN_KEYS if key in asked}}
        kept = Request("answers", config)
        self._house.requests.append(kept)
        name = f"resp_{self._house.number():08x}"
        manner = self._house.manner("answers")
        response = Response(
            name, config, self.conversation, self._house, self.tell, manner, kept, asked.get("metadata")
        )
        self.responses.append(response)
        assert self._tasks is not None
        self._tasks.create_task(self._answer(response))

    async def _answer(self, response: Response) -> None:
        try:
            await response.run()
        except Cut:
            response.kept.left_at = time.monotonic()
            response.over = True
            self._over.set()
