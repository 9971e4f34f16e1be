"""How late the event loop is. One timer in the process, due every 50 ms: what it comes too late, everything else does.

The loop is late for new calls when it was so for some seconds on end, and not late again only after some good ones
more: a single long step of something is none of that, and admission does not flutter.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

import structlog

from ivr import metrics
from ivr.live.clock import Clock, Timer

log = structlog.get_logger("ivr.live")

BEAT_MS: Final = 50
SECOND_MS: Final = 1_000
KEPT_S: Final = 10
"""What `worst_ms` and `p99_ms` look back on."""
LATE_AFTER_S: Final = 3
WELL_AFTER_S: Final = 5
WELL_SHARE: Final = 0.5
"""Of the threshold: below this a second is a good one."""
MOST_SHARE: Final = 0.9
"""A second is as late as nine tenths of its beats were at most."""


class Lateness:
    """Beats in, verdicts out; `second` is told when one is over."""

    def __init__(self, late_ms: int) -> None:
        self._late_ms = late_ms
        self._beats: list[float] = []
        self._seconds: deque[tuple[float, ...]] = deque(maxlen=KEPT_S)
        self._in_a_row = 0
        """Seconds that speak against the verdict as it stands."""
        self.late = False
        """Too late for new calls."""
        self.worst_ms = 0.0
        self.p99_ms = 0.0

    @property
    def lately_ms(self) -> float:
        """The worst of the last second or two."""
        before = self._seconds[-1][-1] if self._seconds else 0.0
        return max(before, *self._beats) if self._beats else before

    def beat(self, late_ms: float) -> None:
        """A timer came so late."""
        self._beats.append(late_ms)
        if late_ms > self.worst_ms:
            self.worst_ms = late_ms

    def second(self) -> bool:
        """A second is over; whether the verdict changed with it."""
        beats, self._beats = sorted(self._beats), []
        if not beats:
            return False
        self._seconds.append(tuple(beats))
        kept = sorted(beat for second in self._seconds for beat in second)
        self.worst_ms, self.p99_ms = kept[-1], kept[int(len(kept) * 0.99)]
        mostly = beats[int((len(beats) - 1) * MOST_SHARE)]
        against = mostly < self._late_ms * WELL_SHARE if self.late else mostly > self._late_ms
        self._in_a_row = self._in_a_row + 1 if against else 0
        if self._in_a_row < (WELL_AFTER_S if self.late else LATE_AFTER_S):
            return False
        self.late, self._in_a_row = not self.late, 0
        return True


class Pulse:
    """The timer of a process. `changed(late)` is called once for each change."""

    def __init__(self, clock: Clock, late_ms: int) -> None:
        self._clock = clock
        self._lateness = Lateness(late_ms)
        self._due_ms = self._second_ms = 0
        self._timer: Timer | None = None
        self.changed: Callable[[bool], None] = lambda late: None

    def worst_ms(self) -> float:
        """Of the last seconds."""
        return self._lateness.worst_ms

    def lately_ms(self) -> float:
        """Of the last second or two, a beat that is overdue by now included."""
        overdue_ms = self._clock.now_ms() - self._due_ms if self._timer is not None else 0
        return max(self._lateness.lately_ms, overdue_ms)

    @property
    def late(self) -> bool:
        return self._lateness.late

    def start(self) -> None:
        self._second_ms = self._clock.now_ms()
        self._wait(self._second_ms)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self, now_ms: int) -> None:
        self._due_ms = now_ms + BEAT_MS
        self._timer = self._clock.call_at(self._due_ms, self._beat)

    def _beat(self) -> None:
        now_ms = self._clock.now_ms()
        self._lateness.beat(max(0, now_ms - self._due_ms))
        if now_ms - self._second_ms >= SECOND_MS:
            self._second_ms = now_ms
            self._second()
        self._wait(now_ms)

    def _second(self) -> None:
        changed = self._lateness.second()
        metrics.LOOP_LAG.set(self._lateness.worst_ms / 1000)
        metrics.LOOP_LAG_P99.set(self._lateness.p99_ms / 1000)
        if changed:
            late = self._lateness.late
            metrics.LOOP_LATE.set(late)
            say = log.warning if late else log.info
            say("the event loop is late" if late else "the event loop is on time again", ms=self._lateness.p99_ms)
            self.changed(late)
