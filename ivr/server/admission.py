"""How many calls at once, and when no new one is taken. Calls in progress always come first."""

from enum import Enum

from ivr.units import CallSid

SEAT_MS = 35_000
"""How long a call that was let in may take to open its stream."""


class Refusal(Enum):
    DRAINING = "draining"
    FULL = "full"
    NO_JOURNAL = "the journal cannot be written"


class Admission:
    """Counts the streams of this process, and the seats given to calls whose stream is on its way."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open = 0
        self._seats: dict[CallSid, int] = {}
        self.draining = False

    @property
    def calls(self) -> int:
        """Streams that are open."""
        return self._open

    def ask(self, call_sid: CallSid, now_ms: int, *, journal_trouble: bool) -> Refusal | None:
        """Gives the call a seat, or says why not."""
        self._seats = {sid: until for sid, until in self._seats.items() if until > now_ms}
        if self.draining:
            return Refusal.DRAINING
        if journal_trouble:
            return Refusal.NO_JOURNAL
        if call_sid not in self._seats and self._open + len(self._seats) >= self._most:
            return Refusal.FULL
        self._seats[call_sid] = now_ms + SEAT_MS
        return None

    def began(self, call_sid: CallSid) -> None:
        """Its stream is open."""
        self._seats.pop(call_sid, None)
        self._open += 1

    def ended(self) -> None:
        self._open -= 1
