"""The question that is open: it is answered once, by words, by keys or by silence."""

from collections.abc import Callable

from ivr.call.outbox import Outbox
from ivr.call.turn import CallerTurn
from ivr.flow.privacy import class_of
from ivr.flow.state import Event, Heard, KeysEntered, Listen, NothingHeard, Reading
from ivr.flow.types import Privacy
from ivr.turn.keys import Entered, KeyEntry
from ivr.turn.patience import Patience
from ivr.units import Millis

PATIENCE = "call:patience"
KEYS = "call:keys"
GREETED = "Greeted"
"""The entry of a turn that answered nothing."""

Answered = Callable[[Event, Privacy], None]


class OpenQuestion:
    """Its keys and its patience. Who has the floor is not asked here."""

    def __init__(self, out: Outbox, *, node: Callable[[], str], answered: Answered) -> None:
        """`node`: where the flow stands, for the transcript."""
        self._out = out
        self._node = node
        self._answered = answered
        self._patience = Patience()
        self.keys = KeyEntry()
        self.listen: Listen | None = None

    @property
    def private(self) -> bool:
        """What is said and typed now must be kept nowhere."""
        return self.listen is not None and self.listen.privacy in (Privacy.PCI, Privacy.SECRET)

    def open(self, listen: Listen) -> None:
        self.listen = listen
        self.keys.expect(listen.keys)

    def close(self) -> None:
        self._shut()
        self._out.wake(PATIENCE, None)

    # ---- patience

    @property
    def patience_armed(self) -> bool:
        return self._patience.armed

    @property
    def waits_until_ms(self) -> Millis | None:
        """When the patience with the caller, or with the next key, is over; None: no answer is waited for."""
        if self.listen is None:
            return None
        return self.keys.deadline if self.keys.typing else self._patience.deadline

    def arm_patience(self, now: Millis) -> None:
        """The no-input timer begins anew."""
        assert self.listen is not None
        self._out.wake(PATIENCE, self._patience.arm(self.listen.answer_within_ms, now))

    def rest_patience(self) -> None:
        """Somebody speaks or types."""
        self._patience.pause()
        self._out.wake(PATIENCE, None)

    def patience_over(self, now: Millis) -> bool:
        return self.listen is not None and self._patience.over(now)

    # ---- the answer

    def by_words(self, turn: CallerTurn, reading: Reading, begin: Millis, now: Millis) -> None:
        """`begin`: when the turn did, in call time."""
        self._out.put(self._out.record.caller_spoke(turn, reading, begin, self._node(), now))
        self.listen = None
        self.keys.close()
        waited_ms = 0 if turn.speech_end_ms is None else max(0, now - turn.speech_end_ms)
        self._answered(Heard(now, turn.listen.id, reading, turn.cost, waited_ms), class_of(turn.listen, reading))

    def by_keys(self, entered: Entered | None, now: Millis, *, written: bool = False) -> None:
        """None: the entry is not finished. `written`: they stood in a message."""
        self._out.wake(KEYS, self.keys.deadline)
        if entered is None or self.listen is None:
            return
        listen, self.listen = self.listen, None
        self._out.put(self._out.record.caller_typed(entered.keys, listen, self._node(), now, written=written))
        self._answered(KeysEntered(now, listen.id, entered.keys, entered.ended_by), listen.privacy)

    def by_greeting(self, words: str, now: Millis) -> None:
        """It answers nothing: it stands in the transcript, and the question stays open."""
        assert self.listen is not None
        self._out.keep(now, GREETED, {})
        self._out.put(self._out.record.caller_greeted(words, self.listen, self._node(), now))

    def by_silence(self, now: Millis) -> None:
        assert self.listen is not None
        asked = self.listen.id
        self._shut()
        self._answered(NothingHeard(now, asked), Privacy.OPEN)

    def _shut(self) -> None:
        self.listen = None
        self.keys.close()
        self._patience.pause()
