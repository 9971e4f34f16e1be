"""Whole calls in which a far end fails: a part of `bench.fault_matrix`, all at once and with a quick voice."""

import asyncio
from pathlib import Path

import pytest

from bench.fault_house import DONE, OFFER, Fault
from bench.fault_matrix import LINES, MOST_TRIES, Case, Outcome, play
from bench.voice import spoken
from ivr.models.engines import Engines

SORRY = "I am sorry, I can not talk about that just now."
CASES = (
    Case("think", Fault.OVERLOADED, "tool"),
    Case("think", Fault.CUT_WORD, "start"),
    Case("think", Fault.KEY, "start", spare=False),
    Case("hear", Fault.GARBAGE, "barge-in"),
    Case("speak", Fault.CUT_WORD, "start"),
    Case("speak", Fault.REFUSED, "tool"),
)


async def played(engines: Engines, folder: Path) -> dict[Case, Outcome]:
    sounds = [await asyncio.to_thread(spoken, line) for line in LINES[:2]]
    async with asyncio.TaskGroup() as tasks:
        calls = {
            case: tasks.create_task(play(case, engines, sounds, folder / str(number), letter_ms=25, waits_ms=1_200))
            for number, case in enumerate(CASES)
        }
    return {case: call.result() for case, call in calls.items()}


@pytest.mark.speech
async def test_whatever_fails_the_caller_is_served_and_the_reviewers_know(engines: Engines, tmp_path: Path) -> None:
    found = await played(engines, tmp_path)
    for case, outcome in found.items():
        assert outcome.faults == [], case
        assert outcome.end in ("completed", "caller_left"), case
        assert outcome.booked <= 1, case
        assert outcome.tries <= MOST_TRIES, case
        assert outcome.notes, case
    served = [case for case in CASES if case.spare]
    assert {case: found[case].booked for case in served} == dict.fromkeys(served, 1)
    for case in served:
        assert OFFER in found[case].heard or case.moment == "barge-in", case
        assert DONE in found[case].heard, case
    assert SORRY in found[CASES[2]].heard
