"""The caller leaves a message: after the tone all of the caller's sound belongs to it, until a silence, the key, or the
longest time.

    take ─▶ prompts heard ─▶ PlayTone ─▶ its end ─▶ KeepMessage ──┬─ key ─────┐
                                                                  ├─ silence ─┼─▶ EndMessage, MessageTaken
                                                                  └─ full ────┘
    hung up, stream lost: EndMessage; what was said until then is kept
"""

from collections.abc import Callable
from typing import Final, Literal

from ivr.call import effects as fx
from ivr.call.hearing import Hearing
from ivr.call.outbox import Outbox
from ivr.call.prompts import Prompts
from ivr.flow.state import MessageTaken, TakeMessage
from ivr.units import BYTES_PER_MS, Millis

FULL: Final = "call:message_full"
LEAD_MS: Final = 300
TAIL_MS: Final = 500
"""Sound around the words that trimming leaves."""

End = Literal["silence", "key", "full"]


class MessageTaking:
    def __init__(
        self, prompts: Prompts, hearing: Hearing, out: Outbox, *, taken: Callable[[MessageTaken, Millis], None]
    ) -> None:
        """`taken`: the flow is told."""
        self._prompts = prompts
        self._hearing = hearing
        self._out = out
        self._taken = taken
        self._asked: TakeMessage | None = None
        self._toned = False
        self._from: int | None = None
        """Sample at which it begins; None: the tone has not been heard."""
        self._first: int | None = None
        self._last = 0
        """Samples at which speech began first and ended last."""

    @property
    def under_way(self) -> bool:
        """One is to be taken, or being taken."""
        return self._asked is not None

    @property
    def open(self) -> bool:
        """What the caller says now belongs to it."""
        return self._from is not None

    def take(self, asked: TakeMessage) -> None:
        self._asked, self._toned, self._from, self._first = asked, False, None, None
        self.maybe_begin()

    def maybe_begin(self) -> None:
        """Once the words before it are heard."""
        if self._asked is not None and not self._toned and not (self._prompts or self._prompts.held):
            self._toned = True
            self._out.put(fx.PlayTone(self._asked.id))

    def tone_over(self, say: str, now: Millis) -> bool:
        """Whether it was the tone that ended."""
        asked = self._asked
        if asked is None or say != asked.id:
            return False
        if self._from is None:
            self._from = self._last = self._hearing.position
            self._out.put(fx.KeepMessage(asked.id, asked.name))
            self._out.wake(FULL, Millis(now + asked.most_ms))
        return True

    def scored(self, now: Millis) -> bool:
        """After each score. Whether something has come of it."""
        if self._from is None or self._asked is None:
            return False
        ears = self._hearing.endpointing
        if ears.speaking:
            if self._first is None:
                self._first = max(self._from, ears.now_sample)
            self._last = ears.now_sample
        elif ears.now_sample - self._last >= self._asked.silence_ms * BYTES_PER_MS:
            self._over("silence", now)
            return True
        return False

    def key(self, digit: str, now: Millis) -> bool:
        """Whether the key was meant for it: while it is open all are."""
        if self._from is None or self._asked is None:
            return False
        if digit == self._asked.key:
            self._over("key", now)
        return True

    def full(self, now: Millis) -> None:
        if self._from is not None:
            self._over("full", now)

    def cut_off(self, now: Millis) -> MessageTaken | None:
        """The caller has left, or the stream is lost: what was said is kept. What the flow is told of it."""
        asked = self._asked
        if asked is None:
            return None
        spoken_ms = self._spoken_ms()
        self._end(asked, "caller_left" if spoken_ms else "empty")
        self._close()
        return MessageTaken(now, asked.id, "caller_left", spoken_ms) if spoken_ms else None

    def _over(self, ended_by: End, now: Millis) -> None:
        spoken_ms, asked = self._spoken_ms(), self._asked
        assert asked is not None
        self._end(asked, ended_by if spoken_ms else "empty")
        self._close()
        self._taken(MessageTaken(now, asked.id, ended_by if spoken_ms else "empty", spoken_ms), now)

    def _spoken_ms(self) -> int:
        return 0 if self._first is None or self._from is None else (self._last - self._from) // BYTES_PER_MS

    def _end(self, asked: TakeMessage, ended_by: str) -> None:
        """Its silence at both ends is left out where that is wished; an empty one is not kept."""
        begin = self._from
        if begin is None:
            return
        length_ms = (self._hearing.position - begin) // BYTES_PER_MS
        from_ms, to_ms = 0, length_ms
        if asked.trim and self._first is not None:
            from_ms = max(0, (self._first - begin) // BYTES_PER_MS - LEAD_MS)
            to_ms = min(length_ms, (self._last - begin) // BYTES_PER_MS + TAIL_MS)
        kept = self._first is not None
        self._out.put(fx.EndMessage(asked.id, ended_by, from_ms, to_ms if kept else from_ms, asked.transcript))

    def _close(self) -> None:
        self._out.wake(FULL, None)
        self._asked = self._from = self._first = None
