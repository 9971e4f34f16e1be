"""Ways in which servers differ from the first of them, met where they come, and remembered."""

import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from ivr.audio.pcm import Pcm
from ivr.errors import ModelRefused, ModelUnavailable
from ivr.flow.flow import Never, Style
from ivr.flow.state import AskModel, ModelTool, News
from ivr.models.deadline import due_in
from ivr.models.offline.instant import speech_like
from ivr.models.openai.chat import AudioChat, TextChat
from ivr.models.openai.far_end import FarEnd
from ivr.models.openai.understanding import ChatUnderstander
from ivr.models.ports import OpenQuestion, ReplyDone, ReplyPart, ReplyWords, Responder
from ivr.units import Millis
from tests.models.plain_server import Answers, Heard, server, told

ASK = AskModel("c:1:1", "host", "en-US", "Be kind.", {}, (), "Hello.", (), (), Style(), Never(), (), Millis(8000))
TOOL = ModelTool("heard", "What was meant.", {"type": "object", "properties": {"size": {"enum": ["small", "large"]}}})
QUESTION = OpenQuestion("en-US", "Small or large?", TOOL)
SOUND = speech_like(500, 8000)
HELLO = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}]}


def http(body: object, status: str = "200 OK", kind: str = "application/json") -> bytes:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(raw)}\r\n\r\n".encode() + raw


def fault(param: str, code: str | None = "unknown_parameter", status: str = "400 Bad Request") -> bytes:
    return http({"error": {"message": "no", "type": "invalid_request_error", "param": param, "code": code}}, status)


def by_body(answer: Callable[[dict[str, Any]], bytes]) -> Answers:
    async def answers(_: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Heard) -> None:
        writer.write(answer(json.loads(seen.bodies[-1])))

    return answers


async def parts(responder: Responder, sound: Pcm | None = None) -> list[ReplyPart]:
    async with aclosing(responder.respond(ASK, sound, due_in(20_000))) as coming:
        return [part async for part in coming]


def words(found: list[ReplyPart]) -> str:
    return "".join(part.text for part in found if isinstance(part, ReplyWords))


NOT_KNOWN = {"detail": [{"type": "extra_forbidden", "loc": ["body", "stream_options"], "msg": "no"}]}


@pytest.mark.parametrize(
    "refusal",
    [
        fault("stream_options"),
        fault("stream_options", "unsupported_parameter"),
        http(NOT_KNOWN, "422 Unprocessable"),
    ],
)
async def test_a_field_that_a_server_does_not_know_is_left_out_from_then_on(refusal: bytes) -> None:
    async with server(by_body(lambda body: refusal if "stream_options" in body else http(HELLO))) as (url, seen):
        far_end = FarEnd(url)
        chat = TextChat(far_end, "m")
        assert [words(await parts(chat)) for _ in range(3)] == ["Hello."] * 3
        await far_end.close()
    assert ["stream_options" in json.loads(body) for body in seen.bodies] == [True, False, False, False]


async def test_a_field_goes_by_the_name_it_had_before() -> None:
    def answer(body: dict[str, Any]) -> bytes:
        return http(HELLO) if body.get("max_tokens") == 90 else fault("max_completion_tokens")

    async with server(by_body(answer)) as (url, _):
        far_end = FarEnd(url)
        assert words(await parts(TextChat(far_end, "m", most_tokens=90))) == "Hello."
        await far_end.close()


async def test_what_cannot_be_left_out_is_refused() -> None:
    async with server(by_body(lambda _: fault("messages"))) as (url, seen):
        far_end = FarEnd(url)
        with pytest.raises(ModelRefused):
            await parts(TextChat(far_end, "m"))
        await far_end.close()
    assert len(seen.bodies) == 1


def without_sound(body: dict[str, Any]) -> bytes:
    content = body["messages"][-1]["content"]
    sounds = "audio" in body.get("modalities", ()) or any(
        part["type"] == "input_audio" for part in content if isinstance(part, dict)
    )
    call = {"id": "c1", "type": "function", "function": {"name": "heard", "arguments": '{"size": "large"}'}}
    message = {"content": "Hello.", "tool_calls": [call] if "tools" in body else None}
    answer = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    return http(answer) if sounds else fault("model", "invalid_value")


async def test_a_model_that_will_not_do_without_sound_is_given_some() -> None:
    async with server(by_body(without_sound)) as (url, seen):
        far_end = FarEnd(url)
        chat = AudioChat(far_end, "m", speaks=False)
        assert [words(await parts(chat, sound)) for sound in (SOUND, None, None)] == ["Hello."] * 3
        understander = ChatUnderstander(far_end, "m", hears_hz=8000)
        assert (await understander.understand(QUESTION, "large", None, due_in(20_000))).arguments == {"size": "large"}
        await far_end.close()
    assert len(seen.bodies) == 6


@pytest.mark.parametrize(
    "message",
    [
        {
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "heard", "arguments": '{"size": "large"}'}}
            ]
        },
        {"tool_calls": [{"function": {"name": "heard", "arguments": {"size": "large"}}}], "content": ""},
        {"function_call": {"name": "heard", "arguments": '{"size": "large"}'}},
        {"content": '{"size": "large"}'},
        {"content": '```json\n{"size": "large"}\n```'},
        {"content": '{"name": "heard", "parameters": {"size": "large"}}'},
    ],
)
async def test_what_was_meant_however_it_is_told(message: dict[str, Any]) -> None:
    body = {"choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}]}
    async with server(told(json.dumps(body).encode())) as (url, seen):
        far_end = FarEnd(url)
        found = await ChatUnderstander(far_end, "m").understand(QUESTION, "large", SOUND, due_in(20_000))
        await far_end.close()
    assert found.arguments == {"size": "large"}
    sent = json.loads(seen.bodies[0])
    assert sent["tool_choice"] == {"type": "function", "function": {"name": "heard"}}
    assert "stream" not in sent and "modalities" not in sent
    assert isinstance(sent["messages"][-1]["content"], str)


@pytest.mark.parametrize(
    "message",
    [
        {"content": "It is large."},
        {"tool_calls": [{"function": {"name": "other", "arguments": "{}"}}]},
        {"tool_calls": [{"function": {"name": "heard", "arguments": '{"size'}}]},
        {},
    ],
)
async def test_what_tells_nothing_of_what_was_meant(message: dict[str, Any]) -> None:
    body = {"choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}]}
    async with server(told(json.dumps(body).encode())) as (url, _):
        far_end = FarEnd(url)
        with pytest.raises(ModelUnavailable) as raised:
            await ChatUnderstander(far_end, "m").understand(QUESTION, "large", None, due_in(20_000))
        await far_end.close()
    assert raised.value.kind == "garbage"


async def test_ids_that_a_server_gives_again_and_again_are_made_our_own() -> None:
    call = {"id": "call_0", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}
    message = {"content": None, "tool_calls": [call, {**call, "index": 1}, {**call, "id": "", "index": 2}]}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}
    async with server(told(json.dumps(body).encode())) as (url, seen):
        far_end = FarEnd(url)
        chat = TextChat(far_end, "m")
        done = (await parts(chat))[-1]
        assert isinstance(done, ReplyDone)
        ids = [request.id for request in done.requests]
        news = tuple(News(one, "look_up", "result: found") for one in ids)
        async with aclosing(chat.respond(replace(ASK, id="c:2:1", news=news), None, due_in(20_000))) as coming:
            assert [part async for part in coming]
        await far_end.close()
    assert len(set(ids)) == 3 and all(one.startswith("c:1:1/") for one in ids)
    messages = json.loads(seen.bodies[-1])["messages"]
    asked = [call["id"] for message in messages for call in message.get("tool_calls") or ()]
    assert len(set(asked)) == 3 and "call_0" in asked
    assert [message["tool_call_id"] for message in messages if message["role"] == "tool"] == asked


def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    return f"data: {json.dumps({'choices': [{'index': 0, 'delta': delta, 'finish_reason': finish}]})}\n\n".encode()


async def test_a_reply_may_be_read_on_by_another_task_and_its_connection_serves_again() -> None:
    """Who asks several at once begins to read in tasks that end before the answer does."""

    async def streams(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: Heard) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in (
            chunk({"content": "Hel"}),
            chunk({"content": "lo."}),
            chunk({}, "stop"),
            b"data: [DONE]\n\n",
            b"",
        ):
            writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            await writer.drain()
            await asyncio.sleep(0)

    async with server(streams) as (url, seen):
        far_end = FarEnd(url)
        chat = TextChat(far_end, "m")
        for _ in range(3):
            coming = chat.respond(ASK, None, due_in(20_000))
            found: list[ReplyPart] = []
            while not found or not isinstance(found[-1], ReplyDone):
                async with asyncio.TaskGroup() as tasks:
                    begun = tasks.create_task(anext(coming))
                found.append(begun.result())
            await coming.aclose()
            assert words(found) == "Hello."
        await far_end.close()
    assert seen.connections == 1


async def test_a_server_that_says_no_more_after_its_finish_is_not_waited_for() -> None:
    async def streams(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, __: Heard) -> None:
        body = chunk({"content": "Hello."}) + chunk({}, "stop")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9999\r\n\r\n" + body)
        await reader.read()

    async with server(streams) as (url, seen):
        far_end = FarEnd(url)
        assert words(await parts(TextChat(far_end, "m"))) == "Hello."
        async with asyncio.timeout(20):
            await seen.gone.wait()
        await far_end.close()
