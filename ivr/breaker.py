"""When to stop asking a back end, or a model, that does not answer. Time is an argument, in milliseconds."""

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BreakerSettings:
    failures: int = 5
    within_ms: int | None = 10_000
    """None: however far apart, as long as no answer came between."""
    rest_ms: int = 5_000
    """How long nobody asks; then one request goes out as a probe."""


class Breaker:
    """Closed until `failures` came `within_ms`; then open, with one probe at a time after each rest."""

    def __init__(self, settings: BreakerSettings | None = None) -> None:
        self._settings = settings or BreakerSettings()
        self._failed_at: deque[float] = deque(maxlen=self._settings.failures)
        self._next_probe_at: float | None = None

    def lets_through(self, now_ms: float) -> bool:
        """Whether a request may go out now; when open, the one that may is the probe."""
        if self._next_probe_at is None:
            return True
        if now_ms < self._next_probe_at:
            return False
        self._next_probe_at = now_ms + self._settings.rest_ms
        return True

    @property
    def is_open(self) -> bool:
        """Nobody asks, but for probes."""
        return self._next_probe_at is not None

    def succeeded(self) -> None:
        self._failed_at.clear()
        self._next_probe_at = None

    def failed(self, now_ms: float) -> None:
        self._failed_at.append(now_ms)
        full = len(self._failed_at) == self._settings.failures
        within_ms = self._settings.within_ms
        close = full and (within_ms is None or now_ms - self._failed_at[0] <= within_ms)
        if self._next_probe_at is not None or close:
            self._next_probe_at = now_ms + self._settings.rest_ms
