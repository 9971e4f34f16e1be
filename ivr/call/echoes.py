"""Our own voice coming back from a speaker-phone, told from the caller's."""

from collections.abc import Callable

from ivr.audio.echo import Echo, Likeness, compare, is_echo, played_span_ms
from ivr.call.hearing import Hearing
from ivr.units import BYTES_PER_MS

Played = Callable[[float, float], bytes]
"""What was played to the caller between two moments (call time in ms): µ-law, silence where nothing was."""

HEARD_MS = 400
"""So much of the caller's sound is compared."""
STEADY = 0.25
"""How far a further echo moves what is known of the line."""


class Echoes:
    def __init__(self, hearing: Hearing) -> None:
        self._hearing = hearing
        self.played: Played | None = None
        """None: nobody knows what is played; nothing is an echo then."""
        self.known: Echo | None = None
        """How our voice comes back on this call's line, once it was heard to."""
        self._wary = False
        self.own_from: int | None = None
        """Sample of the stream at which, by the latest comparison, the caller's own sound begins; None: unknown."""

    def explain(self) -> bool:
        """Whether the caller's latest sound is but our own. Costs up to a millisecond: asked when it matters only."""
        likeness = self._likeness()
        if likeness is None:
            return False
        echo = is_echo(likeness, self.known, wary=self._wary)
        if echo:
            self._learn(likeness.echo)
        return echo

    def taken_for_the_caller(self) -> None:
        """It was, once: from now on less of a likeness is enough."""
        self._wary = True

    def _likeness(self) -> Likeness | None:
        self.own_from = None
        if self.played is None:
            return None
        sound = self._hearing.latest(HEARD_MS)
        begin = self._hearing.position - len(sound)
        epoch_ms = self._hearing.epoch_ms
        span = played_span_ms(epoch_ms + begin / BYTES_PER_MS, epoch_ms + self._hearing.position / BYTES_PER_MS)
        likeness = compare(sound, self.played(*span), self.known)
        if likeness is not None and likeness.own_from is not None:
            self.own_from = begin + likeness.own_from
        return likeness

    def _learn(self, heard: Echo) -> None:
        known = self.known
        if known is None:
            self.known = heard
            return
        self.known = Echo(
            known.lag_ms + STEADY * (heard.lag_ms - known.lag_ms),
            known.gain_db + STEADY * (heard.gain_db - known.gain_db),
        )
