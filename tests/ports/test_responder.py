"""What every Responder promises, and what becomes of it when none is there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from decimal import Decimal
from typing import Any

import pytest

from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.errors import ModelRefused, ModelUnavailable
from ivr.flow.flow import Never, Style
from ivr.flow.state import AskModel, ModelRequest
from ivr.live.replying import respond
from ivr.live.voiced import VoicedReplies
from ivr.models.deadline import due_in
from ivr.models.offline.scripted import ScriptedResponder, Written
from ivr.models.openai.chat import AudioChat, TextChat
from ivr.models.ports import ReplyDone, ReplyMulaw, ReplyPart, ReplySound, ReplyWords, Responder
from ivr.sim.model_house.minds import Answer, Asked, ToolCall
from ivr.units import Millis
from tests.conftest import Serve
from tests.models.realtime_line import talking
from tests.ports.far_house import far_house

ASK = AskModel("c:1:1", "host", "en-US", "Be kind.", {}, (), "Hello.", (), (), Style(), Never(), (), Millis(8000))
REPLY = Written(("Hel", "lo."), (ModelRequest("a", "fill", {"wish": "a table"}),), Decimal("0.01"))


@pytest.fixture(params=["scripted", "audio chat", "text chat", "whole answers", "sessions"])
async def responder(request: pytest.FixtureRequest, serve: Serve) -> AsyncIterator[Responder]:
    """Each says "Hello." and asks for one thing."""
    if request.param == "sessions":
        async with talking(serve, mind=Greets(), attended=False) as talk:
            yield talk.responder
        return
    if request.param == "scripted":
        yield ScriptedResponder({"host": [REPLY]})
        return
    async with far_house() as far_end:
        match request.param:
            case "audio chat":
                yield AudioChat(far_end, "gpt-audio-1.5", "alloy")
            case "text chat":
                yield TextChat(far_end, "gpt-4o")
            case _:
                yield TextChat(far_end, "gpt-4o", stream=False)


class Greets:
    def answer(self, asked: Asked) -> Answer:
        return Answer("Hello.", (ToolCall("heard", '{"size": "large"}'),))


async def parts(responder: Responder, within_ms: int = 1000) -> list[ReplyPart]:
    async with aclosing(responder.respond(ASK, None, due_in(within_ms))) as coming:
        return [part async for part in coming]


async def test_a_reply_is_words_and_ends_with_what_it_asks_for(responder: Responder) -> None:
    told = await parts(responder, 20_000)
    assert "".join(part.text for part in told if isinstance(part, ReplyWords)) == "Hello."
    assert isinstance(told[-1], ReplyDone) and not any(isinstance(part, ReplyDone) for part in told[:-1])
    assert len(told[-1].requests) == 1 and isinstance(told[-1].requests[0].arguments, dict)
    assert told[-1].cost >= 0


async def test_no_sound_comes_before_its_words(responder: Responder) -> None:
    told = [type(part) for part in await parts(responder, 20_000)]
    sounds = [at for at, kind in enumerate(told) if kind in (ReplySound, ReplyMulaw)]
    assert not sounds or told.index(ReplyWords) < sounds[0]


async def test_after_the_deadline_there_is_no_reply(responder: Responder) -> None:
    with pytest.raises(ModelUnavailable):
        await parts(responder, within_ms=-1)


async def test_closing_it_early_stops_it(responder: Responder) -> None:
    for _ in range(3):
        async with aclosing(responder.respond(ASK, None, due_in(20_000))) as coming:
            await anext(coming)
    assert isinstance((await parts(responder, 20_000))[-1], ReplyDone)


async def test_many_calls_are_answered_at_once(responder: Responder) -> None:
    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(parts(responder, 20_000)) for _ in range(12)]
    assert all(isinstance(task.result()[-1], ReplyDone) for task in asked)


async def test_a_script_is_read_in_turn_and_its_last_reply_repeats() -> None:
    host = ScriptedResponder({"host": [REPLY, Written(("Yes?",))]})
    said = [[part.text for part in await parts(host) if isinstance(part, ReplyWords)] for _ in range(3)]
    assert said == [["Hel", "lo."], ["Yes?"], ["Yes?"]]


async def test_a_reply_that_would_be_late_is_none() -> None:
    with pytest.raises(ModelUnavailable):
        await parts(ScriptedResponder({"host": [REPLY]}), within_ms=0)


@pytest.mark.parametrize(
    ("responder", "event"),
    [
        (None, ev.ModelFailed("c:1:1", "not_configured")),
        (ScriptedResponder({}), ev.ModelFailed("c:1:1", "unavailable")),
        (ScriptedResponder({"host": [Written((ModelUnavailable("busy"),))]}), ev.ModelFailed("c:1:1", "unavailable")),
        (
            ScriptedResponder({"host": [Written((ModelRefused("a judge held it back"),))]}),
            ev.ModelFailed("c:1:1", "blocked"),
        ),
        (ScriptedResponder({"host": [REPLY]}), ev.ModelReplied("c:1:1", "Hello.", REPLY.requests, REPLY.cost)),
    ],
)
async def test_whatever_becomes_of_a_model_is_an_event(responder: Any, event: ev.Event) -> None:
    happened: list[ev.Event] = []
    await respond(fx.AskModel(ASK), responder, VoicedReplies(), happened.append)
    assert [one for one in happened if not isinstance(one, ev.ModelTrouble)] == [event]
