"""What every Transcriber promises."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from ivr.audio.pcm import Pcm
from ivr.errors import ModelUnavailable
from ivr.models.deadline import due_in
from ivr.models.engines import Engines
from ivr.models.offline.instant import InstantTranscriber, speech_like
from ivr.models.openai.transcription import Transcriptions
from ivr.models.ports import Transcriber
from tests.ports.far_house import far_house

pytestmark = pytest.mark.speech


@pytest.fixture(params=["embedded", "instant", "far"])
async def transcriber(request: pytest.FixtureRequest) -> AsyncIterator[Transcriber]:
    match request.param:
        case "instant":
            yield InstantTranscriber()
        case "far":
            async with far_house() as far_end:
                yield Transcriptions(far_end, "whisper-1")
        case _:
            engines: Engines = request.getfixturevalue("engines")
            yield engines.transcriber


async def test_an_utterance_becomes_a_transcript(transcriber: Transcriber) -> None:
    told = await transcriber.transcribe(speech_like(1500, transcriber.rate_hz), "free", due_in(20_000))
    assert told.text == told.text.strip()
    assert told.score is None or told.score <= 0
    assert told.ms >= 0


@pytest.mark.parametrize("ms", [0, 1, 40, 13_000])
async def test_any_length_is_taken(transcriber: Transcriber, ms: int) -> None:
    await transcriber.transcribe(speech_like(ms, transcriber.rate_hz), "free", due_in(20_000))


async def test_many_calls_are_served_at_once(transcriber: Transcriber) -> None:
    sound = speech_like(800, transcriber.rate_hz)
    alone = await transcriber.transcribe(sound, "free", due_in(20_000))
    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(transcriber.transcribe(sound, "free", due_in(20_000))) for _ in range(8)]
    assert {task.result().text for task in asked} == {alone.text}


async def test_the_same_sound_gives_the_same_words(transcriber: Transcriber) -> None:
    sound = speech_like(1200, transcriber.rate_hz)
    first, second = [await transcriber.transcribe(sound, "free", due_in(20_000)) for _ in range(2)]
    assert (first.text, first.score) == (second.text, second.score)


async def test_after_the_deadline_there_is_no_answer(transcriber: Transcriber) -> None:
    with pytest.raises(ModelUnavailable):
        await transcriber.transcribe(Pcm.silence(ms=500, rate_hz=transcriber.rate_hz), "free", due_in(-1))
