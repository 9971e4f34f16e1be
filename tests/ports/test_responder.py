"""What every Responder promises, and what becomes of it when none is there."""

from contextlib import aclosing
from decimal import Decimal
from typing import Any

import pytest

from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.errors import ModelRefused, ModelUnavailable
from ivr.flow.flow import Never, Style
from ivr.flow.state import AskModel, ModelRequest
from ivr.live.answering import respond
from ivr.models.deadline import due_in
from ivr.models.offline.scripted import ScriptedResponder, Written
from ivr.models.ports import ReplyPart, ReplyWords, Responder
from ivr.units import Millis

ASK = AskModel("c:1:1", "host", "en-US", "Be kind.", {}, (), "Hello.", (), (), Style(), Never(), (), Millis(8000))
REPLY = Written(("Hel", "lo."), (ModelRequest("a", "fill", {"wish": "a table"}),), Decimal("0.01"))


async def parts(responder: Responder, within_ms: int = 1000) -> list[ReplyPart]:
    async with aclosing(responder.respond(ASK, None, due_in(within_ms))) as coming:
        return [part async for part in coming]


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
    assert await respond(fx.AskModel(ASK), responder) == event
