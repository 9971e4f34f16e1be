"""The double of the models' endpoints, judged by the official package: its client talks with the house, its types take
all that the house answers, field by field."""

import asyncio
import base64
import io
import json
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import openai
import pytest
from openai.pagination import SyncPage
from openai.types import Model
from openai.types.audio import Transcription, TranscriptionStreamEvent, TranscriptionVerbose
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import BaseModel, TypeAdapter

from ivr.audio import wav
from ivr.audio.pcm import Pcm
from ivr.models.offline.instant import speech_like
from ivr.sim.model_house.ears import GivenWords
from ivr.sim.model_house.faults import FAULTS
from ivr.sim.model_house.house import DEMO_KEY, House
from ivr.sim.model_house.manners import Manner
from ivr.sim.model_house.minds import Answer, Scripted, ToolCall
from ivr.sim.model_house.voices import GAP_MS, RATE_HZ, WORD_MS
from tests.conftest import Serve

SOUND = speech_like(700, 8000)
WAV = wav.write(SOUND)
WORDS = "Two people, then."
SPOKEN_MS = 3 * (WORD_MS + GAP_MS)
TOOL = {
    "type": "function",
    "function": {
        "name": "note",
        "description": "Note it.",
        "parameters": {
            "type": "object",
            "properties": {
                "wish": {"type": "string", "enum": ["opening_hours", "balance"]},
                "guests": {"type": ["integer", "null"]},
                "sure": {"type": "boolean"},
                "names": {"type": "array", "items": {"type": "string"}},
            },
        },
    },
}


def said(words: str = "") -> dict[str, Any]:
    """What a caller says: in sound, or in writing."""
    if words:
        return {"role": "user", "content": words}
    part = {"type": "input_audio", "input_audio": {"data": base64.b64encode(WAV).decode(), "format": "wav"}}
    return {"role": "user", "content": [part]}


def asked(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"model": "gpt-audio-1.5", "messages": list(messages or [said()]), **more}


def in_sound(form: str = "wav", **more: Any) -> dict[str, Any]:
    return {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": form}, **more}


STREAMED = in_sound("pcm16", stream=True, stream_options={"include_usage": True})


@pytest.fixture
def house() -> House:
    return House(ears=GivenWords("two people"))


@pytest.fixture
async def url(house: House, serve: Serve) -> AsyncIterator[str]:
    async with serve(house.app) as base:
        yield f"{base}/v1"


@asynccontextmanager
async def client(url: str, key: str = DEMO_KEY) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=url, api_key=key, max_retries=0, timeout=20) as found:
        yield found


@asynccontextmanager
async def plain(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=url, headers={"authorization": f"Bearer {DEMO_KEY}"}, timeout=20, trust_env=False
    ) as found:
        yield found


def taken(kind: Any, told: object) -> Any:
    """As the package has it: every field of its type, and none that it does not know."""
    found = TypeAdapter(kind).validate_json(json.dumps(told), strict=True)
    assert not list(unknown_in(found))
    return found


def unknown_in(value: object) -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from (name for name in value.model_extra or {} if name != "obfuscation")
        for name in type(value).model_fields:
            yield from unknown_in(getattr(value, name))
    elif isinstance(value, list):
        for one in value:
            yield from unknown_in(one)


async def events(url: str, path: str, **body: Any) -> list[dict[str, Any]]:
    """Of a stream, without the one that ends it."""
    async with plain(url) as http:
        told = (await http.post(path, **body)).text
    lines = [line.removeprefix("data: ") for line in told.splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


# ---- what it answers, by the package's types


WHOLE = [
    in_sound(),
    in_sound("pcm16"),
    {"modalities": ["text"]},
    {"tools": [TOOL], "tool_choice": "required"},
    in_sound(tools=[TOOL]),
]


async def test_every_whole_answer_is_one(url: str, house: House) -> None:
    async with plain(url) as http:
        for more in WHOLE:
            told = (await http.post("chat/completions", json=asked(**more))).json()
            found: ChatCompletion = taken(ChatCompletion, told)
            (choice,) = found.choices
            assert choice.finish_reason == ("tool_calls" if "tool_choice" in more else "stop")
            assert house.requests[-1].heard == "two people"
            if "audio" in more:
                assert choice.message.audio is not None and choice.message.audio.transcript == "You said: two people"
                assert choice.message.content is None


@pytest.mark.parametrize(
    "answer",
    [Answer(WORDS), Answer(refusal="I will not."), Answer(WORDS, (ToolCall("note", '{"wish": "a \\"b\\""}'),))],
)
async def test_every_event_of_a_stream_is_one(url: str, house: House, answer: Answer) -> None:
    for more in (STREAMED, {"modalities": ["text"], "stream": True}):
        house.mind = Scripted(answer)
        told = await events(url, "chat/completions", json=asked(tools=[TOOL], **more))
        chunks: list[ChatCompletionChunk] = [taken(ChatCompletionChunk, one) for one in told]
        deltas = [choice.delta for chunk in chunks for choice in chunk.choices]
        assert [delta.role for delta in deltas] == ["assistant", *[None] * (len(deltas) - 1)]
        words = [delta.refusal or delta.content or (delta.audio and delta.audio.transcript) or "" for delta in deltas]
        assert "".join(words) == (answer.refusal or answer.words)
        calls = [call for delta in deltas for call in delta.tool_calls or ()]
        assert "".join(call.function.arguments or "" for call in calls if call.function) == "".join(
            call.arguments for call in answer.calls
        )
        finish = [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]
        assert finish == ["tool_calls" if answer.calls else "stop"]
        assert all("obfuscation" in one for one in told)
        usage = [chunk.usage for chunk in chunks if chunk.usage]
        assert len(usage) == ("stream_options" in more)


async def test_the_sound_of_a_stream_is_all_there_behind_its_words(url: str, house: House) -> None:
    house.mind = Scripted(WORDS)
    told = await events(url, "chat/completions", json=asked(**STREAMED))
    audio = [choice["delta"]["audio"] for one in told for choice in one["choices"] if "audio" in choice["delta"]]
    assert "transcript" in audio[0] and audio[0]["id"] == "audio_00000001"
    assert [piece for piece in audio if "expires_at" in piece] == audio[-1:]
    data = b"".join(base64.b64decode(piece["data"]) for piece in audio if "data" in piece)
    assert Pcm(data, RATE_HZ).ms == SPOKEN_MS
    assert told[-1]["usage"]["completion_tokens_details"]["audio_tokens"] == SPOKEN_MS // 50
    assert told[-1]["usage"]["prompt_tokens_details"]["audio_tokens"] == SOUND.ms // 100


async def test_transcripts_and_speech_are_what_the_package_takes(url: str) -> None:
    file = {"file": ("a.wav", WAV)}
    async with plain(url) as http:
        for model in ("gpt-transcribe", "whisper-1"):
            told = (await http.post("audio/transcriptions", data={"model": model}, files=file)).json()
            assert taken(Transcription, told).text == "two people"
        form = {"model": "whisper-1", "response_format": "verbose_json", "timestamp_granularities[]": "word"}
        timed = taken(TranscriptionVerbose, (await http.post("audio/transcriptions", data=form, files=file)).json())
        assert [word.word for word in timed.words or ()] == ["two", "people"]
        for form, begins in (("text", "two people"), ("srt", "1\n00:00:00,000"), ("vtt", "WEBVTT\n\n00:00:00.000")):
            told = await http.post(
                "audio/transcriptions", data={"model": "whisper-1", "response_format": form}, files=file
            )
            assert told.text.startswith(begins) and "two people" in told.text
    streamed = await events(
        url, "audio/transcriptions", data={"model": "gpt-4o-transcribe", "stream": "true"}, files=file
    )
    kinds = [taken(TranscriptionStreamEvent, one).type for one in streamed]
    assert kinds == ["transcript.text.delta", "transcript.text.done"]
    wanted = {"model": "gpt-4o-mini-tts", "voice": "alloy", "input": WORDS, "response_format": "pcm"}
    spoken = await events(url, "audio/speech", json={**wanted, "stream_format": "sse"})
    data = b"".join(base64.b64decode(one["audio"]) for one in spoken[:-1])
    assert Pcm(data, RATE_HZ).ms == SPOKEN_MS
    assert spoken[-1]["type"] == "speech.audio.done"


# ---- driven by the official client


async def test_the_official_client_talks_with_it(url: str, house: House) -> None:
    house.mind = Scripted(Answer(WORDS, (ToolCall("note", '{"wish": "balance"}'),)), "It is forty.", WORDS)
    async with client(url) as far:
        listed: SyncPage[Model] = await far.models.list()  # type: ignore[assignment]
        ends = {model.id: model.shutdown_date for model in listed.data}
        assert ends["gpt-audio-1.5"] is None and ends["gpt-audio"] == "2027-01-20"
        first = await far.chat.completions.create(**asked(tools=[TOOL], **in_sound()))
        message = first.choices[0].message
        assert message.audio is not None and message.tool_calls is not None
        sound = wav.read(base64.b64decode(message.audio.data))
        assert (sound.rate_hz, sound.ms) == (RATE_HZ, SPOKEN_MS)
        calls = [call.model_dump() for call in message.tool_calls]
        again = {"role": "assistant", "audio": {"id": message.audio.id}, "tool_calls": calls}
        result = {"role": "tool", "tool_call_id": calls[0]["id"], "content": "forty"}
        second = await far.chat.completions.create(**asked(said(), again, result, **in_sound()))
        assert second.choices[0].message.audio is not None
        words = ""
        async with far.chat.completions.stream(model="gpt-4o", messages=[said("Hello.")]) as stream:  # type: ignore[list-item]
            async for event in stream:
                words += event.delta if event.type == "content.delta" else ""
        assert words == WORDS
        file = io.BytesIO(WAV)
        file.name = "a.wav"
        assert (await far.audio.transcriptions.create(model="gpt-transcribe", file=file)).text == "two people"
        spoken = await far.audio.speech.create(model="tts-1", voice="alloy", input=WORDS, response_format="wav")
        assert wav.read(spoken.content).ms == SPOKEN_MS
    assert isinstance(house.mind, Scripted)
    assert [one.results for one in house.mind.asked] == [(), ("forty",), ()]


REFUSED = {
    "rate_limited": openai.RateLimitError,
    "tokens_limited": openai.RateLimitError,
    "slow_down": openai.RateLimitError,
    "no_credit": openai.RateLimitError,
    "no_credit_at_relay": openai.APIStatusError,
    "timed_out": openai.APIStatusError,
    "conflict": openai.ConflictError,
    "too_large": openai.APIStatusError,
    "no_access": openai.PermissionDeniedError,
    "context_too_long": openai.BadRequestError,
    "detail_422": openai.UnprocessableEntityError,
    **dict.fromkeys(
        ["server_error", "overloaded", "bad_gateway", "gateway_timeout", "relay_overloaded", "relay_timeout"],
        openai.InternalServerError,
    ),
    "detail_500": openai.InternalServerError,
}


async def test_its_faults_are_what_the_official_client_knows(url: str, house: House) -> None:
    async with client(url) as far:
        for name, kind in REFUSED.items():
            house.next("chat", FAULTS[name])
            with pytest.raises(kind) as refused:
                await far.chat.completions.create(**asked())
            assert refused.value.status_code == FAULTS[name].status, name  # type: ignore[attr-defined]
        house.next("chat", Manner(error_after=3, code="server_error", text="It broke."))
        with pytest.raises(openai.APIError, match=r"It broke\."):
            async for _ in await far.chat.completions.create(**asked(**STREAMED)):
                pass
        house.next("chat", Manner(cut_after=3))
        with pytest.raises((openai.APIConnectionError, httpx.RemoteProtocolError)):
            async for _ in await far.chat.completions.create(**asked(**STREAMED)):
                pass
        with pytest.raises(openai.InternalServerError):
            house.mind = Scripted()
            await far.chat.completions.create(**asked())
    async with client(url, "sk-of-nobody") as stranger:
        with pytest.raises(openai.AuthenticationError) as unknown:
            await stranger.models.list()
        assert "nobody" not in str(unknown.value)


# ---- what it does not take


UNFIT_CHATS = [
    (in_sound(stream=True), "unsupported_value", "audio.format"),
    ({"modalities": ["text", "audio"]}, "missing_required_parameter", "audio"),
    (in_sound() | {"audio": {"voice": "bob", "format": "wav"}}, "invalid_value", "audio.voice"),
    (in_sound() | {"model": "gpt-4o"}, "unsupported_value", "modalities"),
    ({"model": "gpt-4o"}, None, "messages[0].content[0].type"),
    ({"messages": [said("Hello.")]}, "invalid_value", "model"),
    ({"messages": []}, "empty_array", "messages"),
    ({"speed": 2}, "unknown_parameter", "speed"),
    ({"temperature": 3}, "decimal_above_maximum_value", "temperature"),
    ({"stream_options": {"include_usage": True}}, None, "stream_options"),
    ({"tool_choice": "required"}, None, "tool_choice"),
    ({"tools": [{"type": "function", "name": "flat"}]}, "missing_required_parameter", "tools[0].function"),
    ({"messages": [said(), {"role": "tool", "tool_call_id": "x", "content": "y"}]}, None, "messages.[1].role"),
    (
        {"messages": [said(), {"role": "assistant", "audio": {"id": "audio_9"}}]},
        "audio_not_found",
        "messages[1].audio.id",
    ),
    ({"messages": [{"role": "assistant", "content": None}]}, None, "messages[0].content"),
    ({"model": "gpt-4o-mini-audio-preview"}, "model_not_found", None),
    ({"model": "tts-1"}, "model_not_found", None),
]


async def test_a_chat_that_is_refused_is_told_the_field(
    url: str,
) -> None:
    async with client(url) as far:
        for more, code, param in UNFIT_CHATS:
            with pytest.raises((openai.BadRequestError, openai.NotFoundError)) as refused:
                await far.chat.completions.create(**{**asked(), "extra_body": {**asked(), **more}})
            assert (refused.value.code, refused.value.param) == (code, param)


UNFIT_SOUNDS = [
    ({"model": "gpt-transcribe"}, "a.wav", speech_like(60, 8000), "audio_too_short"),
    ({"model": "gpt-transcribe"}, "a.pdf", SOUND, None),
    ({"model": "gpt-transcribe", "response_format": "text"}, "a.wav", SOUND, "invalid_value"),
    ({"model": "gpt-transcribe", "colour": "red"}, "a.wav", SOUND, "unknown_parameter"),
    ({"model": "tts-1"}, "a.wav", SOUND, "model_not_found"),
]


async def test_a_sound_that_is_refused(url: str) -> None:
    async with plain(url) as http:
        for fields, name, sound, code in UNFIT_SOUNDS:
            told = await http.post("audio/transcriptions", data=fields, files={"file": (name, wav.write(sound))})
            assert told.status_code in (400, 404)
            assert told.json()["error"]["code"] == code, (fields, name)


UNFIT_TEXTS = [
    ({"input": ""}, "string_below_min_length", "input"),
    ({"input": "x" * 4097}, "string_above_max_length", "input"),
    ({"voice": "bob"}, "invalid_value", "voice"),
    ({"response_format": "mp3"}, "unsupported_value", "response_format"),
    ({"speed": 9}, "invalid_value", "speed"),
    ({"stream_format": "sse"}, "invalid_value", "stream_format"),
    ({"instructions": "Slowly."}, "unsupported_value", "instructions"),
]


async def test_a_text_that_is_not_spoken(url: str) -> None:
    wanted: dict[str, Any] = {"model": "tts-1", "voice": "alloy", "input": WORDS, "response_format": "pcm"}
    async with client(url) as far:
        for more, code, param in UNFIT_TEXTS:
            with pytest.raises(openai.BadRequestError) as refused:
                await far.audio.speech.create(**{**wanted, **more})
            assert (refused.value.code, refused.value.param) == (code, param)


# ---- what it remembers


async def test_a_sound_is_forgotten_in_its_time(serve: Serve) -> None:
    house = House(ears=GivenWords("two people"), lasts_s=-1)
    async with serve(house.app) as base, client(f"{base}/v1") as far:
        first = await far.chat.completions.create(**asked(**in_sound()))
        sound = first.choices[0].message.audio
        assert sound is not None
        with pytest.raises(openai.BadRequestError) as refused:
            await far.chat.completions.create(**asked({"role": "assistant", "audio": {"id": sound.id}}, said()))
    assert refused.value.code == "audio_not_found"


@pytest.mark.parametrize("manner", [Manner(stall_after=3), Manner(wait_s=3600)])
async def test_it_sees_whoever_goes_before_the_end(url: str, house: House, manner: Manner) -> None:
    house.next("chat", manner)
    async with plain(url) as http, asyncio.TaskGroup() as tasks:
        asking = tasks.create_task(http.post("chat/completions", json=asked(**STREAMED)))
        while not house.requests or house.requests[0].words is None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        asking.cancel()
    async with asyncio.timeout(20):
        while house.requests[0].left_at is None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert house.requests[0].done_at is None


async def test_a_tool_it_must_ask_for_gets_what_was_heard(url: str, house: House) -> None:
    async with client(url) as far:
        choice = {"type": "function", "function": {"name": "note"}}
        heard = "yes my balance for 12 people"
        told = await far.chat.completions.create(
            **{**asked(said(heard), tools=[TOOL], tool_choice=choice), "model": "gpt-4o"}
        )
    (call,) = told.choices[0].message.tool_calls or ()
    assert json.loads(call.function.arguments) == {  # type: ignore[union-attr]
        "wish": "balance",
        "guests": 12,
        "sure": True,
        "names": [heard],
    }


# ---- by itself


@pytest.mark.speech
async def test_it_runs_by_itself_and_says_where_and_with_which_key() -> None:
    command = [sys.executable, "-m", "ivr.sim.model_house", "--fault", "overloaded"]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            at = (await process.stdout.readline()).decode()
            told = (await process.stdout.readline()).decode()
        found = re.fullmatch(r"export OPENAI_BASE_URL=(http://127.0.0.1:\d+/v1) OPENAI_API_KEY=(\S+)\n", told)
        assert found is not None and at == f"models at {found[1]}\n"
        async with client(found[1], found[2]) as far:
            with pytest.raises(openai.InternalServerError):
                await far.models.list()
    finally:
        process.terminate()
        await process.wait()
