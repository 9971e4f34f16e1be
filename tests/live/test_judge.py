"""A second opinion on whether the caller has finished, in a call under way: it lengthens the wait or does nothing."""

import asyncio
from dataclasses import dataclass

import pytest

from ivr.audio.pcm import Pcm
from ivr.errors import ModelUnavailable
from ivr.units import Millis
from tests.call.textflow import line
from tests.live.line import Trial, trial


@dataclass
class ToldJudge:
    """None: it never answers."""

    says: float | Exception | None
    asked_ms: int = 0
    given_up: bool = False

    @property
    def rate_hz(self) -> int:
        return 16_000

    async def finished(self, chunk: Pcm, deadline: Millis) -> float:
        self.asked_ms = chunk.ms
        if isinstance(self.says, Exception):
            raise self.says
        if self.says is not None:
            return self.says
        try:
            return await asyncio.Future()
        finally:
            self.given_up = True


async def answered_after_ms(call: Trial) -> int:
    await call.heard_out()
    call.recogniser.hears = "well the thing is this"
    await call.speak(600)
    ended = call.now
    while not any(turn.who == "caller" for turn in call.notebook.turns):
        assert call.now - ended < 5_000
        await call.wait(20)
    return call.now - ended


@pytest.mark.parametrize(
    ("says", "waits_ms"),
    [
        (0.2, 1500),
        (0.8, 800),
        (ModelUnavailable("busy"), 800),
        (RuntimeError("broken"), 800),
        (None, 800),
    ],
    ids=["unfinished", "finished", "busy", "broken", "silent"],
)
async def test_it_can_only_lengthen_the_wait(says: float | Exception | None, waits_ms: int) -> None:
    judge = ToldJudge(says)
    async with trial(line(), judge=judge) as call:
        assert await answered_after_ms(call) == pytest.approx(waits_ms, abs=80)
        assert not call.running.done()
    assert judge.asked_ms >= 600


async def test_it_is_not_asked_any_more_once_the_caller_goes_on() -> None:
    judge = ToldJudge(None)
    async with trial(line(), judge=judge) as call:
        await call.heard_out()
        call.recogniser.hears = "well the thing is this"
        await call.speak(600)
        await call.wait(400)
        assert judge.asked_ms and not judge.given_up
        await call.speak(200)
        assert judge.given_up
