"""What every Similarity promises."""

import asyncio

import pytest

from ivr.errors import ModelUnavailable
from ivr.models.deadline import due_in
from ivr.models.engines import Engines
from ivr.models.offline.instant import InstantSimilarity
from ivr.models.ports import Similarity

pytestmark = pytest.mark.speech

OPTIONS = ["check my balance", "speak to a person", "report a lost card", "opening hours"]


@pytest.fixture(params=["embedded", "instant"])
def similarity(request: pytest.FixtureRequest) -> Similarity:
    if request.param == "instant":
        return InstantSimilarity()
    engines: Engines = request.getfixturevalue("engines")
    return engines.similarity


async def test_one_score_an_option_in_their_order(similarity: Similarity) -> None:
    for at, option in enumerate(OPTIONS):
        scores = await similarity.rank(option, OPTIONS, due_in(20_000))
        assert len(scores) == len(OPTIONS) and all(-1 <= score <= 1 for score in scores)
        assert scores.index(max(scores)) == at
        assert scores[at] == pytest.approx(1, abs=1e-4)


async def test_the_others_do_not_change_a_score(similarity: Similarity) -> None:
    together = await similarity.rank("I lost my card", OPTIONS, due_in(20_000))
    alone = [(await similarity.rank("I lost my card", [option], due_in(20_000)))[0] for option in OPTIONS]
    assert together == alone


@pytest.mark.parametrize("text", ["", "😀", "word " * 600, "\x00"])
async def test_any_text_is_taken(similarity: Similarity, text: str) -> None:
    scores = await similarity.rank(text, [*OPTIONS, ""], due_in(20_000))
    assert all(-1 <= score <= 1 for score in scores)


async def test_no_options_no_scores(similarity: Similarity) -> None:
    assert await similarity.rank("hello", [], due_in(20_000)) == []


async def test_many_calls_are_served_at_once(similarity: Similarity) -> None:
    alone = await similarity.rank("my card is gone", OPTIONS, due_in(20_000))
    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(similarity.rank("my card is gone", OPTIONS, due_in(20_000))) for _ in range(10)]
    assert all(task.result() == alone for task in asked)


async def test_after_the_deadline_there_is_no_answer(similarity: Similarity) -> None:
    with pytest.raises(ModelUnavailable):
        await similarity.rank("hello", OPTIONS, due_in(-1))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("how much money do I have", "check my balance"),
        ("can I talk to somebody", "speak to a person"),
        ("my visa was stolen", "report a lost card"),
        ("when do you close", "opening hours"),
    ],
)
async def test_the_embedded_one_knows_what_is_meant(engines: Engines, said: str, meant: str) -> None:
    scores = await engines.similarity.rank(said, OPTIONS, due_in(20_000))
    assert OPTIONS[scores.index(max(scores))] == meant
