"""The virtual clock of a call: what is due when, and in which order."""

import heapq
from collections.abc import Callable

from ivr.units import Millis


class Agenda:
    """Nothing waits: the clock jumps to whatever is due next; of one moment, in the order it was asked for."""

    def __init__(self) -> None:
        self.now = Millis(0)
        self._due: list[tuple[Millis, int, Callable[[], None]]] = []
        self._order = 0

    def __bool__(self) -> bool:
        return bool(self._due)

    @property
    def next_ms(self) -> Millis:
        """When the next thing is due; there must be one."""
        return self._due[0][0]

    def at(self, at_ms: int, what: Callable[[], None]) -> int:
        """Gives back a number that no other entry has."""
        self._order += 1
        heapq.heappush(self._due, (Millis(at_ms), self._order, what))
        return self._order

    def next(self) -> None:
        """The clock jumps to what is due next, and that happens."""
        at_ms, _, what = heapq.heappop(self._due)
        self.now = max(self.now, at_ms)
        what()

    def pass_to(self, moment_ms: Millis) -> None:
        self.now = max(self.now, moment_ms)
