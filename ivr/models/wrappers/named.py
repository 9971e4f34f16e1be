"""One who may be asked, by its name, with what is known of how it served lately. Shared by all calls of the process."""

from collections import deque
from dataclasses import dataclass, field
from math import ceil
from typing import Final, Generic, TypeVar

from ivr.breaker import Breaker

P = TypeVar("P")

LATELY: Final = 100
"""So many answers."""
ENOUGH: Final = 20
"""With fewer answers nobody knows what is usual."""
HEDGED: Final = 0.05
"""At most so many requests are made to another because the answer takes long."""
REPEATED: Final = 0.1
"""At most so many are made a second time to the same one, once the first few are used up."""
REPEATED_FIRST: Final = 3.0
MOST_SAVED: Final = 10.0


class Extra:
    """Requests beyond those that calls need: a share of those, saved up to a bound."""

    def __init__(self, share: float, first: float = 0.0) -> None:
        self._share, self._left = share, first

    def asked(self) -> None:
        self._left = min(MOST_SAVED, self._left + self._share)

    @property
    def left(self) -> bool:
        return self._left >= 1 - 1e-9

    def spend(self) -> bool:
        if not self.left:
            return False
        self._left -= 1
        return True


class Pace:
    """How soon it answered lately; what may be asked of it, or beside it, on top."""

    def __init__(self) -> None:
        self._took_ms: deque[float] = deque(maxlen=LATELY)
        self._usual_ms: float | None = None
        self.hedges, self.repeats = Extra(HEDGED), Extra(REPEATED, REPEATED_FIRST)

    def asked(self) -> None:
        self.hedges.asked()
        self.repeats.asked()

    def took(self, ms: float) -> None:
        """Until the first part of an answer, or as long as one was waited for that another overtook."""
        self._took_ms.append(ms)
        self._usual_ms = None

    @property
    def usual_ms(self) -> float | None:
        """Nineteen of twenty answers have begun by then; None: there were too few to tell."""
        if self._usual_ms is None and len(self._took_ms) >= ENOUGH:
            self._usual_ms = sorted(self._took_ms)[ceil(0.95 * len(self._took_ms)) - 1]
        return self._usual_ms


@dataclass(frozen=True, slots=True)
class Named(Generic[P]):
    """`breaker`: that of its far end, which several may have in common. `far`: behind a network; who is not is neither
    asked twice nor beside another."""

    name: str
    port: P
    breaker: Breaker = field(default_factory=Breaker)
    pace: Pace = field(default_factory=Pace)
    far: bool = True
