"""The load's one timer: every 20 ms, counted from when it was due and not from when it came to it."""

import asyncio
import time
from itertools import pairwise

import pytest

from bench.wheel import FRAME_S, Wheel


async def test_turns_are_due_20_ms_apart_however_late_they_come() -> None:
    wheel, dues, done = Wheel(), list[float](), asyncio.Event()

    def turn(due_s: float) -> bool:
        assert time.monotonic() >= due_s
        dues.append(due_s)
        if len(dues) == 2:
            time.sleep(0.07)
        if len(dues) == 6:
            done.set()
        return len(dues) < 6

    wheel.join(turn, 0.013)
    async with asyncio.timeout(5):
        await done.wait()
    wheel.stop()
    assert [after - before for before, after in pairwise(dues)] == pytest.approx([FRAME_S] * 5)


async def test_who_wants_no_more_turns_gets_none_and_the_others_go_on() -> None:
    wheel, done = Wheel(), asyncio.Event()
    turns = {"once": 0, "often": 0}

    def once(_: float) -> bool:
        turns["once"] += 1
        return False

    def often(_: float) -> bool:
        turns["often"] += 1
        if turns["often"] == 4:
            done.set()
        return True

    wheel.join(once, 0.0)
    wheel.join(often, 0.0)
    async with asyncio.timeout(5):
        await done.wait()
    wheel.stop()
    assert turns == {"once": 1, "often": 4}
