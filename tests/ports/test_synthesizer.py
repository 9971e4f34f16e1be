"""What every Synthesizer promises."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from ivr.audio import level
from ivr.audio.pcm import Pcm
from ivr.errors import ModelUnavailable
from ivr.models.deadline import due_in
from ivr.models.engines import Engines
from ivr.models.offline.instant import InstantSynthesizer
from ivr.models.openai.speech import Speech
from ivr.models.ports import Synthesizer, Voice
from tests.ports.far_house import far_house

pytestmark = pytest.mark.speech


@pytest.fixture(params=["embedded", "instant", "far"])
async def synthesizer(request: pytest.FixtureRequest) -> AsyncIterator[Synthesizer]:
    match request.param:
        case "instant":
            yield InstantSynthesizer()
        case "far":
            async with far_house() as far_end:
                yield Speech(far_end, "tts-1", "alloy")
        case _:
            engines: Engines = request.getfixturevalue("engines")
            yield engines.synthesizer


async def spoken(synthesizer: Synthesizer, text: str, ms: int = 20_000) -> list[Pcm]:
    return [part async for part in synthesizer.speak(text, Voice(), due_in(ms))]


async def test_a_text_becomes_sound(synthesizer: Synthesizer) -> None:
    parts = await spoken(synthesizer, "Welcome. How can I help?")
    assert all(part.rate_hz == synthesizer.rate_hz for part in parts)
    assert sum(part.ms for part in parts) > 1000
    whole = Pcm(b"".join(part.samples for part in parts), synthesizer.rate_hz)
    assert -24 < level.active_dbfs(whole) < -16
    assert level.clipped(whole) == 0


@pytest.mark.parametrize("text", ["", "  \n"])
async def test_no_text_is_no_sound(synthesizer: Synthesizer, text: str) -> None:
    assert await spoken(synthesizer, text) == []


@pytest.mark.parametrize("text", ["<speed level='9'>", "a" * 700, "😀 東京.", "\x00\x1b[2J \\ `", "1" * 90, "?!. ,"])
async def test_no_text_breaks_it(synthesizer: Synthesizer, text: str) -> None:
    await spoken(synthesizer, text)
    assert await spoken(synthesizer, "And it still speaks.")


async def test_closing_it_early_stops_it(synthesizer: Synthesizer) -> None:
    async with aclosing(synthesizer.speak("One. Two. Three.", Voice(), due_in(20_000))) as parts:  # type: ignore[type-var]
        await anext(parts)
    assert await spoken(synthesizer, "And it still speaks.")


async def test_many_calls_are_served_at_once(synthesizer: Synthesizer) -> None:
    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(spoken(synthesizer, f"This is prompt {n}.")) for n in range(12)]
    assert all(sum(part.ms for part in task.result()) > 500 for task in asked)


async def test_after_the_deadline_there_is_no_sound(synthesizer: Synthesizer) -> None:
    with pytest.raises(ModelUnavailable):
        await spoken(synthesizer, "Too late.", ms=-1)
