"""What may follow what on a media stream, and where each piece of sound belongs.

    connected? -> start -> media | dtmf | mark ... -> stop

Three kinds of trouble are told apart. *At once*: what makes the stream useless (sound before `start`, a second
`start`, sound in another encoding, more sound than a telephone can make) raises WireError with the code to close
with. *Bad messages* are left out and counted; the one after the twentieth raises. *Loss* is no fault: holes are
told as Gap, doubles are dropped, both are counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeAlias

from ivr.errors import WireError
from ivr.units import BYTES_PER_MS, LINE_RATE_HZ, Millis
from ivr.wire.decode import AGAINST_THE_RULES, BadMessage, decode
from ivr.wire.messages import (
    Connected,
    Inbound,
    KeyPressed,
    MarkReturned,
    MediaFrame,
    Started,
    Stopped,
    Unknown,
)
from ivr.wire.sound import BURST_MS, Frame, Gap, Sound

START_DEADLINE_MS: Final = 10_000
"""How long after the upgrade `start` may take; who holds the socket keeps watch."""
BAD_MESSAGES: Final = 20
FASTEST: Final = 4
"""Sound may come this many times faster than it was spoken, in the long run, and BURST_MS of it at once beyond that."""
LEAST_COST_MS: Final = 5
"""What any message takes from the budget, so that empty ones are bounded too."""
OTHER_TRACK_FRAMES: Final = 250
"""A stream that sends only the other party's track for this long is the wrong stream."""

Accepted: TypeAlias = Frame | Gap | MarkReturned | KeyPressed | Started | Stopped


@dataclass(frozen=True, slots=True)
class LineCounts:
    """How the line was: what came and what did not."""

    frames: int = 0
    gaps: int = 0
    lost_ms: int = 0
    lost_messages: int = 0
    """Numbers left out of the carrier's sequence."""
    duplicates: int = 0
    other_track: int = 0
    unknown: int = 0
    late: int = 0
    """Messages after `stop`."""
    bad: int = 0
    holes: tuple[tuple[int, int], ...] = ()
    """Where in the stream sound is missing, and for how long, in ms; the first MOST_HOLES."""
    encoding: str = ""
    """What `start` said the sound is in."""


class _At(Enum):
    BEGINNING = auto()
    STARTED = auto()
    STOPPED = auto()


class Stream:
    """One media stream from its first message to its last. Time is the caller's to give: any clock in ms that rises."""

    def __init__(self) -> None:
        self._at = _At.BEGINNING
        self._started: Started | None = None
        self._budget_ms = float(BURST_MS)
        self._budget_at_ms: int | None = None
        self._last_sequence: int | None = None
        self._lost_messages = self._other_track = self._unknown = self._late = self._bad = 0
        self._sound = Sound()

    @property
    def started(self) -> Started | None:
        """What `start` said; None before it."""
        return self._started

    @property
    def position_ms(self) -> Millis:
        """How much of the caller's sound there is by now, gaps included."""
        return self._sound.position_ms

    def counts(self) -> LineCounts:
        sound = self._sound
        return LineCounts(
            frames=sound.frames,
            gaps=sound.gaps,
            lost_ms=sound.lost_ms,
            lost_messages=self._lost_messages,
            duplicates=sound.duplicates,
            other_track=self._other_track,
            unknown=self._unknown,
            late=self._late,
            bad=self._bad,
            holes=tuple(sound.holes),
            encoding="" if self._started is None else self._started.encoding,
        )

    def read(self, text: str | bytes, now_ms: int) -> Sequence[Accepted]:
        """`decode` and `accept` in one; what cannot be read counts as a bad message.

        Raises: WireError with the code to close the socket with.
        """
        try:
            message = decode(text)
        except BadMessage as fault:
            self.refuse(fault, now_ms)
            return []
        return self.accept(message, now_ms)

    def refuse(self, fault: BadMessage, now_ms: int) -> None:
        """Count a bad message. Raises: the fault itself when there were more than BAD_MESSAGES."""
        self._spend(LEAST_COST_MS, now_ms)
        self._bad += 1
        if self._bad > BAD_MESSAGES:
            raise fault

    def accept(self, message: Inbound, now_ms: int) -> Sequence[Accepted]:
        """What the message brings, in order; empty when it is to be passed over.

        Raises: WireError with the code to close the socket with.
        """
        if type(message) is MediaFrame:
            cost_ms = len(message.payload) / BYTES_PER_MS
            self._spend(cost_ms if cost_ms > LEAST_COST_MS else LEAST_COST_MS, now_ms)
            if self._is_next(message):
                self._last_sequence = message.sequence
                return self._sound.place(message, again=False, now_ms=now_ms)
        else:
            self._spend(LEAST_COST_MS, now_ms)
        if self._at is _At.STOPPED:
            self._late += 1
            return []
        match message:
            case MediaFrame():
                return self._media(message, now_ms)
            case KeyPressed() | MarkReturned():
                return [message] if self._is_ours(message, now_ms) else []
            case Started():
                return self._start(message)
            case Stopped():
                if not self._is_ours(message, now_ms):
                    return []
                self._at = _At.STOPPED
                return [message]
            case Connected():
                if self._at is not _At.BEGINNING:
                    self.refuse(_against("a second connected"), now_ms)
                return []
            case Unknown():
                self._unknown += 1
                self._follow(message.sequence)
                return []

    def _is_next(self, message: MediaFrame) -> bool:
        """The frame that was expected, as nearly all are: nothing more needs to be looked at."""
        sequence, last, started = message.sequence, self._last_sequence, self._started
        return (
            sequence is not None
            and last is not None
            and sequence == last + 1
            and self._at is _At.STARTED
            and started is not None
            and message.stream_sid == started.stream_sid
            and message.track == "inbound"
        )

    def _start(self, message: Started) -> list[Accepted]:
        if self._at is not _At.BEGINNING:
            raise _fatal("a second start")
        if message.encoding.lower() != "audio/x-mulaw" or (message.rate_hz, message.channels) != (LINE_RATE_HZ, 1):
            raise _fatal("a stream that is not µ-law, 8000 Hz, one channel")
        if message.tracks and "inbound" not in message.tracks:
            raise _fatal("a stream without the caller's track")
        self._at, self._started, self._last_sequence = _At.STARTED, message, message.sequence
        return [message]

    def _media(self, message: MediaFrame, now_ms: int) -> Sequence[Accepted]:
        last_sequence = self._last_sequence
        if not self._is_ours(message, now_ms):
            return []
        if message.track != "inbound":
            self._other_track += 1
            if not self._sound.frames and self._other_track > OTHER_TRACK_FRAMES:
                raise _fatal("a stream without the caller's track")
            return []
        again = message.sequence is not None and last_sequence is not None and message.sequence <= last_sequence
        return self._sound.place(message, again=again, now_ms=now_ms)

    def _is_ours(self, message: MediaFrame | KeyPressed | MarkReturned | Stopped, now_ms: int) -> bool:
        if self._started is None:
            raise _fatal("a message before start")
        if message.stream_sid and message.stream_sid != self._started.stream_sid:
            self.refuse(_against("a message of another stream"), now_ms)
            return False
        self._follow(message.sequence)
        return True

    def _follow(self, sequence: int | None) -> None:
        last = self._last_sequence
        if sequence is None or (last is not None and sequence <= last):
            return
        if last is not None:
            self._lost_messages += sequence - last - 1
        self._last_sequence = sequence

    def _spend(self, cost_ms: float, now_ms: int) -> None:
        if self._budget_at_ms is None:
            self._budget_at_ms = now_ms
        budget_ms = self._budget_ms
        if now_ms > self._budget_at_ms:
            budget_ms += FASTEST * (now_ms - self._budget_at_ms)
            if budget_ms > BURST_MS:
                budget_ms = BURST_MS
            self._budget_at_ms = now_ms
        self._budget_ms = budget_ms - cost_ms
        if self._budget_ms < 0:
            raise _fatal("sound faster than a telephone can make it")


def _against(text: str) -> BadMessage:
    return BadMessage(text, close_code=AGAINST_THE_RULES)


def _fatal(text: str) -> WireError:
    return WireError(text, close_code=AGAINST_THE_RULES)
