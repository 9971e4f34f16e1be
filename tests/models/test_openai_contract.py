"""What is sent, judged by the types of the official package and, for the order of things, by the double of the models'
endpoints, which refuses what they refuse."""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any, get_type_hints

import pytest
from openai.types.audio import speech_create_params, transcription_create_params
from openai.types.chat import completion_create_params
from pydantic import TypeAdapter, ValidationError

from ivr.flow.flow import Never, Style
from ivr.flow.state import AskModel, ModelTool, News, Said
from ivr.models.deadline import due_in
from ivr.models.offline.instant import speech_like
from ivr.models.openai.chat import AudioChat, TextChat
from ivr.models.openai.far_end import FarEnd
from ivr.models.openai.speech import Speech
from ivr.models.openai.summaries import ChatSummarizer
from ivr.models.openai.transcription import Transcriptions
from ivr.models.openai.understanding import ChatUnderstander
from ivr.models.ports import OpenQuestion, ReplyDone, Responder, TalkLine, Voice
from ivr.secret import Secret
from ivr.sim.model_house.ears import GivenWords
from ivr.sim.model_house.house import DEMO_KEY, House
from ivr.sim.model_house.minds import Answer, Asked, ToolCall
from ivr.units import Millis
from tests.conftest import Serve

CHAT = {True: completion_create_params.CompletionCreateParamsStreaming,
        False: completion_create_params.CompletionCreateParamsNonStreaming}  # fmt: skip
TOOL = ModelTool(
    "heard",
    "What was meant.",
    {
        "type": "object",
        "properties": {"size": {"type": ["string", "null"], "enum": ["small", "large", None]}},
        "additionalProperties": False,
    },
)
SOUND = speech_like(700, 8000)
TOLD = (
    Said("bot", "Good evening.", Millis(1)),
    Said("caller", "Hello.", Millis(2)),
    Said("bot", "Hello.", Millis(3), "c:1:1"),
    Said("caller", "A table.", Millis(4)),
)


def ask(number: int, **more: Any) -> AskModel:
    begun = AskModel(
        f"c:{number}:1", "host", "en-US", "Be kind.", {"guests": "four"}, (), "", (), (TOOL,), Style(2, 1, "Brief."),
        Never(("a price",), ("sell",), ("free",)), ("Recorded.",), Millis(8000),
    )  # fmt: skip
    return replace(begun, **more)


def consumed(value: object) -> object:
    """Pydantic looks into an Iterable only when it is walked."""
    if isinstance(value, Mapping):
        return {name: consumed(item) for name, item in value.items()}
    if isinstance(value, str | bytes) or not hasattr(value, "__iter__"):
        return value
    return [consumed(item) for item in value]


def judged(shape: Any, body: Mapping[str, Any]) -> None:
    """Raises: ValidationError, AssertionError."""
    assert set(body) <= set(get_type_hints(shape)), set(body) - set(get_type_hints(shape))
    adapter = TypeAdapter(shape)  # what it gives looks things up in it while it is walked
    consumed(adapter.validate_python(body))


class Clerk:
    """Says hello and calls the tool; with something left out where it must call it."""

    def answer(self, asked: Asked) -> Answer:
        return Answer("Hello.", (ToolCall("heard", '{"size": "large"}'),) if asked.offered else ())


@pytest.fixture
def house() -> House:
    return House(Clerk(), GivenWords("A table."))


@pytest.fixture
async def far_end(house: House, serve: Serve) -> AsyncIterator[FarEnd]:
    async with serve(house.app) as base:
        found = FarEnd(f"{base}/v1", Secret(DEMO_KEY))
        yield found
        await found.close()


async def talk(responder: Responder) -> None:
    """The model has the first word; the caller speaks; results come; a sound is told again; what is new comes alone."""
    requests: list[str] = []
    for number, more in enumerate(
        (
            {},
            {"told": TOLD, "heard": "A table."},
            {"told": TOLD, "news": "results"},
            {"told": TOLD, "heard": "A table.", "news": (News("", "reply", "no words", True),)},
            {"tools": (), "known": {}, "exact": ()},
        )
    ):
        given: dict[str, Any] = dict(more)
        if given.get("news") == "results":
            given["news"] = tuple(News(one, "heard", "result: found") for one in requests)
        asked = ask(number + 1, **given)
        async with aclosing(responder.respond(asked, SOUND if number % 2 else None, due_in(20_000))) as parts:
            done = [part async for part in parts][-1]
        assert isinstance(done, ReplyDone)
        requests = [request.id for request in done.requests]


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("kind", ["audio", "audio in words", "text"])
async def test_every_request_of_a_talk_is_one(house: House, far_end: FarEnd, kind: str, stream: bool) -> None:
    if kind == "text":
        await talk(TextChat(far_end, "gpt-4o", stream=stream))
    else:
        await talk(AudioChat(far_end, "gpt-audio-1.5", "alloy", stream=stream, speaks=kind == "audio"))
    # Before the caller has spoken, such a model is asked without any sound: once, until it is known that it refuses.
    refused = [400] if kind == "audio in words" else []
    assert [request.status for request in house.requests] == [*refused, *[200] * 5]
    for request in house.requests:
        judged(CHAT[stream], request.body)
    roles = [message["role"] for message in house.requests[-3].body["messages"]]
    assert "tool" in roles


async def test_every_summary_is_one(house: House, far_end: FarEnd) -> None:
    lines = [TalkLine("bot", "Good evening."), TalkLine("caller", "A table.")]
    for model, sounds in (("gpt-4o", False), ("gpt-audio-1.5", True)):
        made = await ChatSummarizer(far_end, model, sounds=sounds).summarize(lines, "en-US", due_in(20_000))
        assert made.text == "Hello."
    answered = [request for request in house.requests if request.status == 200]
    assert len(answered) == 2  # a model that will not do without sound is asked again with it
    for request in house.requests:
        judged(CHAT[False], request.body)


async def test_every_question_is_one(house: House, far_end: FarEnd) -> None:
    for model, hears_hz, sound in (("gpt-4o", None, None), ("gpt-audio-1.5", 8000, SOUND)):
        port = ChatUnderstander(far_end, model, hears_hz=hears_hz)
        await port.understand(OpenQuestion("en-US", "Small or large?", TOOL), "large", sound, due_in(20_000))
    for request in house.requests:
        judged(CHAT[False], request.body)
    assert [request.status for request in house.requests] == [200, 200]


async def test_what_a_recogniser_and_a_voice_are_sent(house: House, far_end: FarEnd) -> None:
    engine = Transcriptions(far_end, "whisper-1", language="en-US", hints=("Tio Pepe",))
    await engine.transcribe(speech_like(900, 16_000), "free", due_in(20_000))
    await engine.timed(speech_like(900, 16_000), due_in(20_000))
    async for _ in Speech(far_end, "tts-1", "alloy", more={"speed": 1.0}).speak("Hello.", Voice(), due_in(20_000)):
        pass
    assert [request.status for request in house.requests] == [200, 200, 200]
    hints = get_type_hints(transcription_create_params.TranscriptionCreateParamsNonStreaming)
    for request in house.asked("transcriptions"):
        fields: dict[str, Any] = dict(request.body)  # the file itself is of no type that can be judged
        if "timestamp_granularities[]" in fields:
            fields["timestamp_granularities"] = [fields.pop("timestamp_granularities[]")]
        for name, value in fields.items():
            adapter = TypeAdapter(hints[name])
            consumed(adapter.validate_python(value))
    (speech,) = house.asked("speech")
    judged(speech_create_params.SpeechCreateParams, speech.body)


@pytest.mark.parametrize(
    "wrong",
    [
        {"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": ""}}]}]},
        {"messages": [{"role": "tool", "content": "x"}]},
        {"audio": {"voice": "alloy"}},
        {"modalities": ["sound"]},
        {"tools": [{"type": "function", "name": "flat"}]},
        {"unknown": 1},
    ],
)
def test_the_judge_sees_what_is_wrong(wrong: dict[str, Any]) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "x"}], "stream": True}
    judged(CHAT[True], body)
    with pytest.raises((ValidationError, AssertionError)):
        judged(CHAT[True], {**body, **wrong})
