"""A far end for trials: it hears with the embedded recogniser, repeats what it heard, and speaks with the embedded
voice. What is wrong with it is a test's to say."""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ivr.audio import wav
from ivr.audio.pcm import Pcm
from ivr.audio.resample import resample_whole
from ivr.models import whole
from ivr.models.ports import Synthesizer, Transcriber

KEY = "sk-0123456789abcdefghij"
RATE = 24_000
PIECE = RATE // 5 * 2


@dataclass
class Talker:
    voice: Synthesizer
    recogniser: Transcriber
    models: dict[str, str | None] = field(
        default_factory=lambda: {"gpt-audio-1.5": None, "gpt-transcribe": None, "gpt-4o-mini-tts": None}
    )
    gain: float = 1.0
    sounds: bool = True
    tools: bool = True
    hears: bool = True
    instead: str = ""
    """What the sound says in the place of the words."""
    asked: list[str] = field(default_factory=list)

    def app(self) -> Starlette:
        routes = [
            Route("/v1/models", self.list),
            Route("/v1/chat/completions", self.chat, methods=["POST"]),
            Route("/v1/audio/speech", self.speech, methods=["POST"]),
            Route("/v1/audio/transcriptions", self.transcription, methods=["POST"]),
        ]
        return Starlette(routes=routes)

    async def list(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            error = {"message": "Incorrect API key provided.", "type": "x", "code": "invalid_api_key"}
            return JSONResponse({"error": error}, 401)
        data = [{"id": name, "object": "model", "shutdown_date": ends} for name, ends in self.models.items()]
        return JSONResponse({"object": "list", "data": data})

    async def chat(self, request: Request) -> Response:
        body = await request.json()
        if body["model"] not in self.models:
            error = {"message": "The model does not exist.", "type": "x", "code": "model_not_found"}
            return JSONResponse({"error": error}, 404)
        self.asked.append("tool" if "tools" in body else "talk")
        heard = await self._heard(body["messages"][-1]["content"])
        if "tools" in body:
            return JSONResponse(self._noted(heard))
        words = f"You said: {heard.strip('.').lower()}."
        sound = await self._sound(self.instead or words) if self.sounds and "audio" in body else None
        return StreamingResponse(self._events(words, sound), media_type="text/event-stream")

    async def speech(self, request: Request) -> Response:
        body = await request.json()
        self.asked.append("speech")
        sound = await self._sound(self.instead or body["input"])
        return Response(sound, media_type="audio/pcm")

    async def transcription(self, request: Request) -> Response:
        body = await request.body()
        self.asked.append("transcription")
        sound = wav.read(body[body.index(b"RIFF") : body.rindex(b"\r\n--")])
        heard = (await whole.hear(self.recogniser, sound)).text if self.hears else "the weather is nice"
        return JSONResponse({"text": heard, "usage": {"type": "duration", "seconds": sound.ms / 1000}})

    async def _heard(self, content: Any) -> str:
        parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
        sounds = [part["input_audio"]["data"] for part in parts if part["type"] == "input_audio"]
        if not self.hears:
            return "something"
        if sounds:
            return (await whole.hear(self.recogniser, wav.read(base64.b64decode(sounds[0])))).text
        return str(parts[-1]["text"])

    async def _sound(self, words: str) -> bytes:
        spoken = resample_whole(await whole.say(self.voice, words), RATE)
        return Pcm.of(spoken.array().astype(np.float64) * self.gain, RATE).samples

    def _noted(self, heard: str) -> dict[str, Any]:
        wish = "balance" if "balance" in heard.lower() else "complaint"
        call = {"id": "call_1", "type": "function"}
        call["function"] = {"name": "note", "arguments": json.dumps({"wish": wish})}  # type: ignore[assignment]
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        if not self.tools:
            message = {"role": "assistant", "content": "I noted it."}
        choice = {"index": 0, "finish_reason": "tool_calls" if self.tools else "stop", "message": message}
        return {"id": "1", "object": "chat.completion", "choices": [choice], "usage": _usage()}

    async def _events(self, words: str, sound: bytes | None) -> AsyncGenerator[str, None]:
        yield _event({"role": "assistant", "refusal": None})
        for word in words.split(" "):
            said = f"{word} "
            yield _event({"audio": {"id": "audio_1", "transcript": said}} if sound is not None else {"content": said})
        for at in range(0, len(sound or b""), PIECE):
            assert sound is not None
            yield _event({"audio": {"data": base64.b64encode(sound[at : at + PIECE]).decode()}})
            await asyncio.sleep(0)
        yield _event({}, "stop")
        yield f"data: {json.dumps({'choices': [], 'usage': _usage()})}\n\n"
        yield "data: [DONE]\n\n"


def _event(delta: dict[str, Any], finish: str | None = None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return f"data: {json.dumps({'object': 'chat.completion.chunk', 'choices': [choice]})}\n\n"


def _usage() -> dict[str, Any]:
    details = {"prompt_tokens_details": {"audio_tokens": 20}, "completion_tokens_details": {"audio_tokens": 40}}
    return {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150, **details}
