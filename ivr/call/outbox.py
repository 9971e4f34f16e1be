"""What a call asks for while one event is handled, in order, and what is written down of it."""

from collections.abc import Mapping

from ivr.call import codec, made
from ivr.call.effects import Effect, KeepEntry, KeepNote, WakeAt
from ivr.call.record import Record
from ivr.flow.state import Event
from ivr.flow.types import Privacy
from ivr.units import Millis


class Outbox:
    """Filled by the parts of the machine; emptied by `take` when the event is done."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self._effects: list[Effect] = []
        self._made: Mapping[str, str] | None = None

    def put(self, effect: Effect) -> None:
        self._effects.append(effect)

    def take(self) -> list[Effect]:
        effects, self._effects = self._effects, []
        return effects

    def keep(self, now: Millis, kind: str, body: Mapping[str, object], privacy: Privacy = Privacy.OPEN) -> int:
        """A journal entry; answers with its number. It also tells what the engine's last event had made."""
        if self._made is not None:
            body, self._made = {**body, made.KEY: self._made}, None
        entry: KeepEntry = self.record.entry(now, kind, body, privacy)
        self._effects.append(entry)
        return entry.seq

    def keep_event(self, event: Event, privacy: Privacy) -> None:
        """The engine's event, ahead of what it makes the engine do. What must live in memory only leaves its length."""
        kind, body = codec.encode_event(event)
        if privacy in (Privacy.PCI, Privacy.SECRET):
            body = {"at_ms": event.at_ms, "length": len(getattr(event, "keys", ""))}
        self.keep(event.at_ms, f"flow.{kind}", body, privacy)

    def made(self, what: Mapping[str, str]) -> None:
        """What the engine's event made, for the entry that comes next."""
        self._made = what

    def note(self, now: Millis, kind: str, what: str, detail: str = "", place: str = "") -> None:
        self._effects.append(KeepNote(now, kind, what, detail, place))

    def wake(self, wake_id: str, at_ms: Millis | None) -> None:
        self._effects.append(WakeAt(wake_id, at_ms))

    def noted(self, kind: str, what: str) -> str | None:
        """The detail of the latest note of this kind while this event is handled."""
        notes = (e for e in reversed(self._effects) if isinstance(e, KeepNote))
        return next((n.detail for n in notes if (n.kind, n.what) == (kind, what)), None)
