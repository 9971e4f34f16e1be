"""The least that a far end is, for suites that ask what every implementation of a port promises."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ivr.models.offline.instant import speech_like
from ivr.models.openai.far_end import FarEnd
from tests.models.plain_server import Heard, server

SPEECH = speech_like(2000, 24_000)
HEARD = "load test"
CALL = {"index": 0, "id": "call_0", "type": "function", "function": {"name": "heard", "arguments": '{"size": "large"}'}}


@asynccontextmanager
async def far_house() -> AsyncIterator[FarEnd]:
    """Every endpoint, each answering at once."""
    async with server(answers) as (url, _):
        far_end = FarEnd(url)
        try:
            yield far_end
        finally:
            await far_end.close()


async def answers(_: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Heard) -> None:
    path = seen.heads[-1].split(b" ")[1].decode()
    if path.endswith("/audio/speech"):
        writer.write(_head("audio/pcm") + _framed(SPEECH.samples) + _framed(b""))
    elif path.endswith("/audio/transcriptions"):
        writer.write(_head("application/json") + _framed(json.dumps({"text": HEARD}).encode()) + _framed(b""))
    else:
        writer.write(_chat(json.loads(seen.bodies[-1])))


def _chat(body: dict[str, object]) -> bytes:
    if not body.get("stream"):
        words = None if "tool_choice" in body else "Hello."
        message = {"role": "assistant", "content": words, "tool_calls": [CALL]}
        told = {"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}
        return _head("application/json") + _framed(json.dumps(told).encode()) + _framed(b"")
    deltas: list[dict[str, object]] = [{"role": "assistant"}]
    if "audio" in body:
        deltas += [{"audio": {"id": "audio_1", "transcript": "Hel"}}, {"audio": {"transcript": "lo."}}]
        deltas += [{"audio": {"data": base64.b64encode(SPEECH.samples).decode()}}]
    else:
        deltas += [{"content": "Hel"}, {"content": "lo."}]
    events = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    events.append({"choices": [{"index": 0, "delta": {"tool_calls": [CALL]}, "finish_reason": "tool_calls"}]})
    lines = b"".join(f"data: {json.dumps(event)}\n\n".encode() for event in events)
    return _head("text/event-stream") + _framed(lines + b"data: [DONE]\n\n") + _framed(b"")


def _head(kind: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()


def _framed(body: bytes) -> bytes:
    return f"{len(body):x}\r\n".encode() + body + b"\r\n"
