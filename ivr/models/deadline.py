"""The moment by which a model must have answered: milliseconds of `time.monotonic()`."""

import time

from ivr.units import Millis


def now_ms() -> Millis:
    return Millis(int(time.monotonic() * 1000))


def due_in(ms: int) -> Millis:
    """A deadline so far ahead."""
    return Millis(now_ms() + ms)


def left_s(deadline: Millis) -> float:
    """Seconds until then; 0 when it is past."""
    return max(0.0, deadline / 1000 - time.monotonic())
