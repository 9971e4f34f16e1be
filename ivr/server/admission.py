"""How many calls at once, and when no new one is taken. Calls in progress always come first."""

from collections.abc import Collection
from enum import Enum

from ivr.units import CallSid

SEAT_MS = 35_000
"""How long a call that was let in may take to open its stream."""
ASKING_MS = 2_000
"""How long after a stream's end the carrier may still ask how the call goes on."""


class Refusal(Enum):
    DRAINING = "draining"
    FULL = "full"
    LATE = "late"
    """The event loop is late: those in progress need it."""
    NO_ROOM = "nothing can be kept"
    """The journal cannot be written, or the disk is full."""


class Admission:
    """Counts the streams of this process, the seats given to calls whose stream is on its way, and what other workers
    said they have."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open = 0
        self._seats: dict[CallSid, int] = {}
        self._asking: dict[CallSid, int] = {}
        self._elsewhere = 0
        self.draining = False
        self.late = False
        """The event loop is: set by whoever measures it."""

    @property
    def trouble(self) -> str | None:
        """Why no new call may come, as far as it is known here."""
        if self.draining:
            return Refusal.DRAINING.value
        return "the event loop is late: there are too many calls for this machine" if self.late else None

    @property
    def calls(self) -> int:
        """Streams that are open."""
        return self._open

    def awaited(self, now_ms: int) -> list[CallSid]:
        """Calls with a seat: their stream is on its way."""
        return [call_sid for call_sid, until_ms in self._seats.items() if until_ms > now_ms]

    def held_elsewhere(self, calls: Collection[CallSid]) -> None:
        """All that other workers have: what was awaited here and went there has no seat here any more."""
        self._elsewhere = len(calls)
        for call_sid in calls:
            self._seats.pop(call_sid, None)

    def ask(self, call_sid: CallSid, now_ms: int, *, journal_trouble: bool) -> Refusal | None:
        """Gives the call a seat, or says why not."""
        self._seats = {sid: until for sid, until in self._seats.items() if until > now_ms}
        if self.draining:
            return Refusal.DRAINING
        if journal_trouble:
            return Refusal.NO_ROOM
        if self.late and call_sid not in self._seats:
            return Refusal.LATE
        if call_sid not in self._seats and self._open + len(self._seats) + self._elsewhere >= self._most:
            return Refusal.FULL
        self.expect(call_sid, now_ms)
        return None

    def has_room(self, now_ms: int) -> bool:
        """Whether a call that we make could be served, were it answered now."""
        seats = sum(until > now_ms for until in self._seats.values())
        return not self.draining and not self.late and self._open + seats + self._elsewhere < self._most

    def expect(self, call_sid: CallSid, now_ms: int) -> None:
        """A call in progress is to open another stream: it is never refused."""
        self._seats[call_sid] = now_ms + SEAT_MS

    def busy(self, now_ms: int) -> bool:
        """Whether a call would notice if the server went now: one with a stream, with one on its way, or whose carrier
        has yet to ask how it goes on."""
        waited_for = (*self._seats.values(), *self._asking.values())
        return bool(self._open) or any(until_ms > now_ms for until_ms in waited_for)

    def began(self, call_sid: CallSid) -> None:
        """Its stream is open."""
        self.gone(call_sid)
        self._open += 1

    def ended(self, call_sid: CallSid, now_ms: int) -> None:
        """Its stream is over."""
        self._open -= 1
        self._asking = {sid: until for sid, until in self._asking.items() if until > now_ms}
        self._asking[call_sid] = now_ms + ASKING_MS

    def gone(self, call_sid: CallSid) -> None:
        """The call is over, or the carrier's for now: nothing of it is to come soon."""
        self._seats.pop(call_sid, None)
        self._asking.pop(call_sid, None)
