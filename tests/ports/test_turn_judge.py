"""What every TurnJudge promises."""

import asyncio
from collections.abc import Iterator

import pytest

from ivr.audio.pcm import Pcm
from ivr.audio.tones import noise
from ivr.errors import ModelUnavailable
from ivr.models.deadline import due_in
from ivr.models.offline.smart_turn import SmartTurn
from ivr.models.ports import TurnJudge
from ivr.models.workers import Workers


@pytest.fixture(scope="module", params=["smart turn"])
def judge() -> Iterator[TurnJudge]:
    workers = Workers("the recogniser", threads=1, waiting=4)
    yield SmartTurn(workers)
    asyncio.run(workers.close())


@pytest.mark.parametrize("ms", [0, 100, 3000, 12_000])
async def test_it_answers_with_a_share_of_one_whatever_the_length(judge: TurnJudge, ms: int) -> None:
    chunk = noise(3, ms, -25, "pink", judge.rate_hz)
    share = await judge.finished(chunk, due_in(10_000))
    assert 0 <= share <= 1
    assert await judge.finished(chunk, due_in(10_000)) == share


@pytest.mark.parametrize("rate_hz", [8000, 24_000])
async def test_it_takes_sound_of_any_rate(judge: TurnJudge, rate_hz: int) -> None:
    assert 0 <= await judge.finished(noise(3, 1000, -25, "pink", rate_hz), due_in(10_000)) <= 1


async def test_an_answer_that_would_be_late_is_none(judge: TurnJudge) -> None:
    with pytest.raises(ModelUnavailable):
        await judge.finished(Pcm.silence(ms=1000, rate_hz=judge.rate_hz), due_in(0))
