"""One timer for all calls of the load: 20 ms in slots of 1 ms, each slot's calls turned at its own absolute deadline.

A slot that is late is turned at once and the next is due when it always was: lateness shows, it never adds up.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

FRAME_S: Final = 0.02
SLOTS: Final = 20
SLOT_S: Final = FRAME_S / SLOTS

LEAST_WAIT_S: Final = 0.001
"""Timers count whole milliseconds: a shorter wait would be none, and the loop would spin."""

Turn = Callable[[float], bool]
"""Told when it was due, on time.monotonic(); False: do not turn this one again."""


class Wheel:
    def __init__(self) -> None:
        self._slots: list[list[Turn]] = [[] for _ in range(SLOTS)]
        self._began_s = 0.0
        self._next = 0
        """Slots turned since the beginning."""
        self._timer: asyncio.TimerHandle | None = None

    def join(self, turn: Turn, phase_s: float) -> None:
        """From now on `turn` has a turn every 20 ms, `phase_s` (0 to 20 ms) behind the round's beginning."""
        if self._timer is None:
            self._began_s, self._next = time.monotonic(), 0
            self._wait()
        self._slots[int(phase_s / SLOT_S) % SLOTS].append(turn)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self) -> None:
        ahead_s = self._began_s + self._next * SLOT_S - time.monotonic()
        self._timer = asyncio.get_running_loop().call_later(max(LEAST_WAIT_S, ahead_s), self._turn)

    def _turn(self) -> None:
        while (due_s := self._began_s + self._next * SLOT_S) <= time.monotonic():
            members = self._slots[self._next % SLOTS]
            self._next += 1
            gone = [turn for turn in members if not turn(due_s)]
            for turn in gone:
                members.remove(turn)
        self._wait()
