"""What goes over a session, judged by the types of the official package: what we send, and what the house tells."""

import base64
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from openai.types.realtime import RealtimeClientEvent, RealtimeServerEvent
from pydantic import BaseModel, TypeAdapter
from websockets.asyncio.client import ClientConnection, connect

from ivr.audio import mulaw
from ivr.audio.pcm import Pcm
from ivr.flow.state import News
from ivr.sim.model_house.ears import GivenWords
from ivr.sim.model_house.house import DEMO_KEY, House
from ivr.sim.model_house.manners import Manner
from ivr.sim.model_house.minds import Answer, Scripted, ToolCall
from tests.conftest import Serve
from tests.models.realtime_line import MODEL, SOUND, ask, bot, caller, talking
from tests.server.carrier import until

FROM_US: TypeAdapter[Any] = TypeAdapter(RealtimeClientEvent)
FROM_THEM: TypeAdapter[Any] = TypeAdapter(RealtimeServerEvent)
IDS = {"session.id", "session.object", "session.expires_at"}
"""Told by the real ones and left out of the package's type of a session."""


def unknown(told: BaseModel, at: str = "") -> Iterator[str]:
    """Keys that the official types do not have."""
    for name in told.model_extra or {}:
        yield f"{at}{name}"
    for name in type(told).model_fields:
        value = getattr(told, name)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, BaseModel):
                yield from unknown(one, f"{at}{name}.")


def judged(adapter: TypeAdapter[Any], event: Mapping[str, Any]) -> None:
    """Raises: ValidationError, AssertionError."""
    made = adapter.validate_python(event, strict=True)
    assert made.type == event["type"]
    assert set(unknown(made)) <= IDS, (event, set(unknown(made)))


async def test_a_talk_with_everything_in_it_is_of_the_protocol(serve: Serve) -> None:
    asks = Answer("Well, let me look at what there is.", (ToolCall("fill", '{"guests": 2}'),))
    long = "We have tables by the window, in the garden, on the roof and in the cellar."
    cut = Answer("Too long.", manner=Manner(finish="length"))
    written = Answer("Written.", manner=Manner(text_only=True))
    async with talking(serve, asks, long, cut, written, words=["a table", "stop"], pace=4.0) as talk:
        told = [bot(1, "Good evening."), caller(5, "A table.")]
        await talk.answer(ask(1, told, "A table."), SOUND)
        news = (News("c:1:1/0", "fill", "guests is 2"), News("", "fill", "more", refused=True))
        told.append(bot(7, "Well, let me look at what there is.", reply=1))
        await talk.interrupted(ask(2, told, news=news), 4_000)
        told += [bot(9, "We have", reply=2), caller(12, "No, my code is •••.")]
        await talk.answer(ask(3, told, "No, my code is 1234.", tools=()))
        told[1] = caller(5, "A ••• table.")
        await talk.answer(ask(4, [*told, caller(20, "Go on.")], "Go on."))
        sent, answered = talk.session.received, talk.session.told
    for event in sent:
        judged(FROM_US, event)
    for event in answered:
        judged(FROM_THEM, event)
    assert {event["type"] for event in sent} == {
        *("session.update", "conversation.item.create", "conversation.item.delete", "conversation.item.truncate"),
        *("input_audio_buffer.append", "input_audio_buffer.commit", "response.create", "response.cancel"),
    }
    assert "error" not in {event["type"] for event in answered}


async def test_events_of_an_answer_come_in_their_order(serve: Serve) -> None:
    async with talking(serve, "Good evening to all of you.", words=["hello"]) as talk:
        await talk.answer(ask(1, [caller(5, "Hello.")], "Hello."), SOUND)
        await until(lambda: bool(talk.session.has_told("rate_limits.updated")))
        kinds = [event["type"] for event in talk.session.told]
    begins = kinds.index("response.created")
    assert kinds[begins - 3 : begins] == [
        *("input_audio_buffer.committed", "conversation.item.added", "conversation.item.done"),
    ]
    once = [kind for kind in dict.fromkeys(kinds[begins:]) if kind != "conversation.item.added"]
    assert once == [
        *("response.created", "response.output_item.added", "response.content_part.added"),
        *("response.output_audio_transcript.delta", "response.output_audio.delta", "response.output_audio.done"),
        *("response.output_audio_transcript.done", "response.content_part.done", "response.output_item.done"),
        *("conversation.item.done", "response.done", "rate_limits.updated"),
    ]


class Client:
    """Whoever talks with the house without our adapter."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def send(self, **event: Any) -> None:
        await self._socket.send(json.dumps(event))

    async def until(self, kind: str) -> dict[str, Any]:
        while True:
            event: dict[str, Any] = json.loads(await self._socket.recv())
            judged(FROM_THEM, event)
            if event["type"] == kind:
                return event


@asynccontextmanager
async def client_of(serve: Serve, house: House) -> AsyncIterator[Client]:
    async with serve(house.app) as address:
        url = f"{address.replace('http', 'ws')}/v1/realtime?model={MODEL}"
        async with connect(url, additional_headers={"authorization": f"Bearer {DEMO_KEY}"}) as socket:
            yield Client(socket)


def update(**session: Any) -> dict[str, Any]:
    return {"type": "session.update", "session": {"type": "realtime", **session}}


PCMU = {"format": {"type": "audio/pcmu"}}


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ([{"type": "nonsense"}], "invalid_value"),
        ([{"type": "session.update", "session": {"instructions": "."}}], "missing_required_parameter"),
        ([update(temperature=0.5)], "unknown_parameter"),
        ([update(output_modalities=["text", "audio"])], "invalid_value"),
        ([update(audio={"input": {"format": {"type": "g711_ulaw"}}})], "invalid_value"),
        ([update(audio={"output": {"voice": "nobody"}})], "invalid_value"),
        ([update(tools=[{"type": "function", "function": {"name": "nested"}}])], "unknown_parameter"),
        ([{"type": "input_audio_buffer.commit"}], "input_audio_buffer_commit_empty"),
        ([{"type": "response.cancel"}], "response_cancel_not_active"),
        ([{"type": "response.create"}] * 2, "conversation_already_has_active_response"),
        ([{"type": "conversation.item.delete", "item_id": "no"}], "item_delete_invalid_item_id"),
        (
            [{"type": "conversation.item.truncate", "item_id": "no", "content_index": 0, "audio_end_ms": 1}],
            "item_truncate_invalid_item_id",
        ),
        (
            [{"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "no",
                                                           "output": "."}}],
            "invalid_tool_call_id",
        ),
        (
            [{"type": "conversation.item.create",
              "item": {"type": "message", "role": "assistant", "content": [{"type": "output_audio", "audio": ""}]}}],
            "invalid_value",
        ),
    ],
)  # fmt: skip
async def test_what_the_house_does_not_take_leaves_the_session_open(
    serve: Serve, events: list[dict[str, Any]], code: str
) -> None:
    async with client_of(serve, House(Scripted("One.", "Two."))) as client:
        for number, event in enumerate(events):
            await client.send(event_id=f"mine_{number}", **event)
        error = (await client.until("error"))["error"]
        assert error["code"] == code and error["event_id"] == f"mine_{len(events) - 1}"
        await client.send(type="input_audio_buffer.clear")
        await client.until("input_audio_buffer.cleared")


async def test_no_more_can_be_cut_off_than_was_made(serve: Serve) -> None:
    async with client_of(serve, House(Scripted("One two three."))) as client:
        await client.send(**update(audio={"input": PCMU, "output": PCMU}))
        await client.send(type="response.create")
        item = (await client.until("response.done"))["response"]["output"][0]["id"]
        truncate = {"type": "conversation.item.truncate", "item_id": item, "content_index": 0}
        await client.send(**truncate, audio_end_ms=60_000)
        assert (await client.until("error"))["error"]["code"] == "invalid_value"
        await client.send(**truncate, audio_end_ms=300)
        assert (await client.until("conversation.item.truncated"))["audio_end_ms"] == 300
        await client.send(**update(audio={"output": {"voice": "cedar"}}))
        assert (await client.until("error"))["error"]["code"] == "cannot_update_voice"


async def test_the_house_hears_where_speech_ends_by_itself(serve: Serve) -> None:
    """By the sound; who speaks up stops its answer."""
    house = House(Scripted(" ".join(["tables"] * 60), "Yes."), GivenWords("what have you", "the garden"), pace=1.0)
    silence = bytes([0xFF]) * 8000
    async with client_of(serve, house) as client:
        detection = {"type": "server_vad", "silence_duration_ms": 300}
        transcription = {"model": "gpt-4o-mini-transcribe"}
        await client.send(
            **update(
                audio={
                    "input": {**PCMU, "turn_detection": detection, "transcription": transcription},
                    "output": PCMU,
                }
            )
        )
        await client.send(type="input_audio_buffer.append", audio=base(silence + mulaw.encode(SOUND) + silence))
        started, stopped = [await client.until(f"input_audio_buffer.speech_{edge}") for edge in ("started", "stopped")]
        assert abs(started["audio_start_ms"] - 700) <= 100 and abs(stopped["audio_end_ms"] - 2200) <= 300
        assert (await client.until("input_audio_buffer.committed"))["item_id"] == started["item_id"]
        heard = await client.until("conversation.item.input_audio_transcription.completed")
        assert heard["transcript"] == "what have you"
        await client.until("response.output_audio.delta")
        await client.send(type="input_audio_buffer.append", audio=base(mulaw.encode(Pcm(SOUND.samples[::-1], 8000))))
        done = (await client.until("response.done"))["response"]
        assert (done["status"], done["status_details"]["reason"]) == ("cancelled", "turn_detected")


def base(sound: bytes) -> str:
    return base64.b64encode(sound).decode()
