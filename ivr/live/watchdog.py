"""Looks at every call of the process four times a second, whatever the call itself is waiting for.

One timer for all of them. What silence is and how long a call may last is decided in `call/watch`; what is done about
it, by the call. A call that does not end when told to is ended here.
"""

from typing import Final, Protocol
from weakref import WeakSet

import structlog

from ivr.live.clock import Clock, Timer
from ivr.units import CallId

log = structlog.get_logger("ivr.live")

LOOK_EVERY_MS: Final = 250


class Watched(Protocol):
    """A call in flight."""

    @property
    def call_id(self) -> CallId: ...

    def look(self) -> None:
        """Finds what is wrong and does something about it. Never waits."""
        ...


class Watchdog:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._watched: WeakSet[Watched] = WeakSet()
        self._timer: Timer | None = None

    def watch(self, call: Watched) -> None:
        """Until nobody holds the call any more."""
        self._watched.add(call)

    def start(self) -> None:
        self._timer = self._clock.call_at(self._clock.now_ms() + LOOK_EVERY_MS, self._look)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self.start()  # first: nothing that happens below ends the watch
        for call in list(self._watched):
            try:
                call.look()
            except Exception as fault:  # a mistake over one call is that call's alone
                log.error("a call could not be looked at", call=call.call_id, error=type(fault).__name__)
