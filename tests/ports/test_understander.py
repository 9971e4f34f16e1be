"""What every Understander promises, and what becomes of it when none is there."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from ivr.audio.pcm import Pcm
from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.errors import ModelRefused, ModelUnavailable
from ivr.flow.state import ModelTool
from ivr.live.answering import understand
from ivr.models.deadline import due_in
from ivr.models.offline.instant import speech_like
from ivr.models.offline.scripted import ScriptedUnderstander
from ivr.models.openai.understanding import ChatUnderstander
from ivr.models.ports import OpenQuestion, Understander, Understood
from ivr.units import Millis
from tests.ports.far_house import far_house

TOOL = ModelTool("heard", "What was meant.", {"type": "object"})
ASKED = fx.Understand(3, 1, "My wifi is dead.", b"\xff" * 1600, "en-US", "Which is it?", TOOL)
FAULT: Mapping[str, object] = {"answer": {"reason": "fault"}}


class Forever:
    hears_hz = None

    async def understand(self, question: OpenQuestion, words: str, sound: Pcm | None, deadline: Millis) -> Understood:
        await asyncio.Event().wait()
        raise AssertionError("it never comes")


class Listening:
    """Keeps what it was given."""

    def __init__(self, hears_hz: int | None) -> None:
        self.hears_hz = hears_hz
        self.heard: list[tuple[OpenQuestion, str, Pcm | None]] = []

    async def understand(self, question: OpenQuestion, words: str, sound: Pcm | None, deadline: Millis) -> Understood:
        self.heard.append((question, words, sound))
        return Understood(FAULT)


@pytest.fixture(params=["scripted", "reads", "hears"])
async def understander(request: pytest.FixtureRequest) -> AsyncIterator[Understander]:
    if request.param == "scripted":
        yield ScriptedUnderstander({"large, please": {"size": "large"}})
        return
    async with far_house() as far_end:
        yield ChatUnderstander(far_end, "gpt-audio-1.5", hears_hz=8000 if request.param == "hears" else None)


async def test_what_was_meant_is_told_as_the_arguments_of_the_tool(understander: Understander) -> None:
    sound = None if understander.hears_hz is None else speech_like(700, understander.hears_hz)
    question = OpenQuestion("en-US", "Small or large?", TOOL)
    found = await understander.understand(question, "Large, please.", sound, due_in(20_000))
    assert found.arguments == {"size": "large"}
    assert found.cost >= 0


async def test_after_the_deadline_nothing_is_told(understander: Understander) -> None:
    with pytest.raises(ModelUnavailable):
        await understander.understand(OpenQuestion("en-US", "Well?", TOOL), "Large.", None, due_in(-1))


async def test_a_script_by_the_words_and_what_is_not_in_it_is_unclear() -> None:
    model = ScriptedUnderstander({"my wifi is dead": FAULT})
    question = OpenQuestion("en-US", "Which is it?", TOOL)
    assert (await model.understand(question, "My wifi is dead.", None, due_in(1000))).arguments == FAULT
    assert (await model.understand(question, "Hm.", None, due_in(1000))).arguments == {"unclear": True}
    with pytest.raises(ModelUnavailable):
        await model.understand(question, "Hm.", None, due_in(0))


@pytest.mark.parametrize(
    ("understander", "given"),
    [
        (None, None),
        (ScriptedUnderstander({"my wifi is dead": FAULT}), FAULT),
        (ScriptedUnderstander({"my wifi is dead": ModelUnavailable("busy")}), None),
        (ScriptedUnderstander({"my wifi is dead": ModelRefused("not said here")}), None),
    ],
)
async def test_whatever_becomes_of_a_model_is_an_event(understander: Any, given: object) -> None:
    assert await understand(ASKED, understander) == ev.Understood(3, 1, given)  # type: ignore[arg-type]


async def test_who_takes_too_long_is_not_waited_for() -> None:
    assert await understand(ASKED, Forever(), within_ms=20) == ev.Understood(3, 1, None)


async def test_only_who_hears_gets_the_sound() -> None:
    for hears_hz in (None, 16_000):
        model = Listening(hears_hz)
        await understand(ASKED, model)
        ((question, words, sound),) = model.heard
        assert (question.said, words) == ("Which is it?", "My wifi is dead.")
        assert (None if sound is None else sound.rate_hz) == hears_hz
