"""What the transcript and the flow's own history say of a prompt is what the far end has played of it, and no more."""

import pytest

from tests.call.textflow import line
from tests.live.line import Trial, trial

WITHIN_MS = 200
WELCOME = "Welcome to the line. This call is recorded."
QUESTION = "Is it about your bill or a fault?"


async def question_under_way(call: Trial) -> int:
    """When the first sound of the question was heard: the notice before it cannot be interrupted."""
    while not any(turn.shown == WELCOME for turn in call.notebook.turns):
        await call.wait(20)
    return call.now


@pytest.mark.parametrize("after_ms", [20, 240, 500, 760, 1000, 1300, 1400])
@pytest.mark.parametrize("marks", [True, False], ids=["receipts come", "no receipt comes"])
async def test_a_prompt_that_was_cut_was_heard_as_far_as_it_was_played(after_ms: int, marks: bool) -> None:
    async with trial(line()) as call:
        began = await question_under_way(call)
        call.far.returns_marks = marks
        await call.wait(after_ms)
        played_ms = call.now - began
        call.call.key("1")
        await call.wait(100)  # the carrier has returned every mark of what was cleared
        (cut,) = [turn for turn in call.notebook.turns if turn.shown == QUESTION]
        heard_ms = cut.end_ms - cut.at_ms
        assert cut.cut
        assert cut.acknowledged_ms <= heard_ms
        if marks:
            assert abs(heard_ms - played_ms) <= WITHIN_MS
            assert cut.acknowledged_ms > played_ms - 600
        else:  # nothing proves more than that the first piece is being played
            assert cut.acknowledged_ms == 0
        assert QUESTION.startswith(cut.heard) and cut.heard != QUESTION
        told = [said.text for said in call.call.call.state.told if said.who == "bot"]
        assert told == [text for text in (WELCOME, cut.heard) if text]


async def test_receipts_of_what_was_cleared_prove_nothing_of_what_is_said_next() -> None:
    async with trial(line()) as call:
        await question_under_way(call)
        await call.wait(300)
        call.call.key("1")
        await call.wait(40)
        await call.press("1")  # cuts the next question at once
        await call.wait(20)
        following = [turn for turn in call.notebook.turns if "account number" in turn.shown]
        assert [turn.acknowledged_ms for turn in following] == [0]
        assert following[0].heard in ("", "What")


async def test_every_receipt_ends_in_one_way() -> None:
    async with trial(line()) as call:
        await question_under_way(call)
        await call.wait(600)
        call.call.key("1")
        await call.heard_out()
        call.far.returns_marks = False
        await call.press("1234")
        await call.wait(6_000)
        ends = [mark for turn in call.notebook.turns for mark in turn.marks]
        assert {mark.end for mark in ends} == {"acknowledged", "cleared", "expired"}
        assert len({mark.name for mark in ends}) == len(ends)
        assert all(mark.sent_ms <= mark.ended_ms for mark in ends)
