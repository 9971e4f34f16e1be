"""Marks: the receipts for sound. Each ends exactly once: acknowledged, cleared or expired.

After a `clear` the carrier returns every mark still out, as if it had been played; so a returned mark proves that
sound was heard only if it was not cleared. Cleared and expired names are remembered until their echo came.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

from ivr.units import Millis

_ECHOES_OWED: Final = 4096


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The sound before the mark was played."""

    name: str
    position_ms: Millis
    generation: int


@dataclass(frozen=True, slots=True)
class Stale:
    """An echo that proves nothing: of a mark that was cleared or expired, came twice, or was never sent."""

    name: str


@dataclass(frozen=True, slots=True)
class Cleared:
    """The mark's sound was taken back, or was being played when the rest was."""

    name: str
    position_ms: Millis
    generation: int


@dataclass(frozen=True, slots=True)
class Expired:
    """The mark did not come back in time; what was heard is not known."""

    name: str
    position_ms: Millis
    generation: int


MarkEnd: TypeAlias = Acknowledged | Cleared | Expired


@dataclass(frozen=True, slots=True)
class _Sent:
    position_ms: Millis
    deadline_ms: int | None


class Marks:
    """The marks of one stream that are still out, oldest first."""

    def __init__(self) -> None:
        self._out: dict[str, _Sent] = {}
        self._owed: dict[str, int] = {}
        self._generation = 0

    @property
    def generation(self) -> int:
        """Counts the clears."""
        return self._generation

    @property
    def pending(self) -> tuple[str, ...]:
        """The names still out, in the order they were sent."""
        return tuple(self._out)

    def sent(self, name: str, position_ms: Millis, deadline_ms: int | None = None) -> None:
        """`position_ms` of sound stand before it; by `deadline_ms` (a moment) it is due."""
        assert name not in self._out, "a mark of this name is still out"
        self._out[name] = _Sent(position_ms, deadline_ms)

    def returned(self, name: str) -> Acknowledged | Stale:
        if self._owed.get(name):  # its echo comes first: the carrier returns cleared marks at once
            self._forget(name)
            return Stale(name)
        sent = self._out.pop(name, None)
        return Stale(name) if sent is None else Acknowledged(name, sent.position_ms, self._generation)

    def passed(self, name: str) -> None:
        """A later mark came back first: the sound before this one was played too. Its own echo proves nothing more."""
        if self._out.pop(name, None) is not None:
            self._owe(name)

    def cleared(self) -> tuple[Cleared, ...]:
        """A `clear` was sent: every mark still out ends."""
        ended = tuple(Cleared(name, sent.position_ms, self._generation) for name, sent in self._out.items())
        for mark in ended:
            self._owe(mark.name)
        self._out.clear()
        self._generation += 1
        return ended

    def expired(self, now_ms: int) -> tuple[Expired, ...]:
        """End the marks whose deadline is over."""
        late = [(n, s) for n, s in self._out.items() if s.deadline_ms is not None and s.deadline_ms <= now_ms]
        for name, _ in late:
            del self._out[name]
            self._owe(name)
        return tuple(Expired(name, sent.position_ms, self._generation) for name, sent in late)

    def _owe(self, name: str) -> None:
        self._owed[name] = self._owed.get(name, 0) + 1
        if len(self._owed) > _ECHOES_OWED:  # a carrier that never returns them must not cost memory
            del self._owed[next(iter(self._owed))]

    def _forget(self, name: str) -> None:
        self._owed[name] -= 1
        if not self._owed[name]:
            del self._owed[name]
