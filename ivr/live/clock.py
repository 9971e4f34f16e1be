"""The one clock. Everything that needs the time gets it from here; tests bring their own."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol


class Timer(Protocol):
    def cancel(self) -> None: ...


class Clock(Protocol):
    def now_ms(self) -> int:
        """Monotonic; where it begins means nothing."""
        ...

    def wall(self) -> datetime:
        """Aware, UTC."""
        ...

    def call_at(self, at_ms: int, do: Callable[[], None]) -> Timer: ...


class SystemClock:
    """The machine's monotonic time, which the event loop's timers go by too, and its wall clock."""

    def now_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000

    def wall(self) -> datetime:
        return datetime.now(UTC)

    def call_at(self, at_ms: int, do: Callable[[], None]) -> Timer:
        return asyncio.get_running_loop().call_at(at_ms / 1000, do)


class ShiftedClock(SystemClock):
    """For tests: the machine's time, with a wall clock that begins at another moment."""

    def __init__(self, begins: datetime) -> None:
        self._ahead = begins - datetime.now(UTC)

    def wall(self) -> datetime:
        return datetime.now(UTC) + self._ahead


class CallClock:
    """Milliseconds since a call began."""

    def __init__(self, clock: Clock, began_ms: int) -> None:
        self._clock = clock
        self._began_ms = began_ms

    def now(self) -> int:
        return self._clock.now_ms() - self._began_ms

    def call_at(self, at_ms: int, do: Callable[[], None]) -> Timer:
        return self._clock.call_at(self._began_ms + at_ms, do)
