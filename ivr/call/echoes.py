"""Our own voice coming back from a speaker-phone, told from the caller's."""

from collections.abc import Callable

from ivr.audio.echo import CLEAR, Echo, Likeness, compare, is_echo, is_over, played_span_ms
from ivr.call.hearing import Hearing
from ivr.units import BYTES_PER_MS

Played = Callable[[float, float], bytes]
"""What was played to the caller between two moments (call time in ms): µ-law, silence where nothing was."""

HEARD_MS = 400
"""So much of the caller's sound is compared."""
MOST_HEARD_MS = 1000
SURELY, SURELY_MS = 0.3, 700
MOVED_MS = 60
"""A lag may have moved by so much since it was known."""
OVER_NOISE = 1.5
"""Where there is an echo, the caller's own sound has to stand out of the line's noise by so much."""
LITTLE, SAME_LAG_MS = 0.15, 12
"""So little of a likeness is enough where the time before it was at the same lag."""
MOST_UNSURE_DB = 5.0
"""An echo that was never heard before may be so much softer than what was heard with it."""
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
        self._last_lag_ms: float | None = None
        """Of the last likeness that was not enough by itself."""

    def explain(self) -> bool:
        """Whether the caller's latest sound is but our own. Costs up to a millisecond: asked when it matters only."""
        if self.known is not None and self._explains(self.known):
            return True
        return self._explains(None)  # when it was played is known anew with each mark: the lag may have moved

    def explain_long(self, ms: int) -> bool:
        """The same of sound that is over and lasted `ms`: without words to go by, nothing may be in doubt. A short
        word is a little like anything, so where no echo is known there has to be more of it."""
        if self.known is None and ms < SURELY_MS:
            return False
        likeness = self._likeness(None, min(MOST_HEARD_MS, max(HEARD_MS, ms)), noise_rms=0.0)
        if likeness is None or likeness.explained < SURELY:
            return False
        if self.known is not None and abs(likeness.echo.lag_ms - self.known.lag_ms) > MOVED_MS:
            return False
        self._learn(likeness, anew=True)
        return True

    def mistaken(self) -> None:
        """What was no echo was no caller either: if it was like one, less of a likeness is enough from now on."""
        self._wary = self._wary or self._last_lag_ms is not None or self.known is not None

    def _explains(self, known: Echo | None) -> bool:
        likeness = self._likeness(known)
        if likeness is None:
            return False
        silent = known is not None and likeness.own_rms < OVER_NOISE * self._hearing.noise_rms
        if self.known is not None and not silent and _differs(likeness, self.known):
            return False
        certain = silent or is_echo(likeness, known, wary=self._wary)
        if not certain and (known is not None or not self._as_before(likeness)):
            return False
        if not silent:
            self._learn(likeness, anew=known is None)
        return True

    def _as_before(self, likeness: Likeness) -> bool:
        """Little of a likeness, but at the same lag as the last time: voices that have nothing to do with each other
        are alike at any lag."""
        if likeness.explained < LITTLE:
            return False
        last_ms, self._last_lag_ms = self._last_lag_ms, likeness.echo.lag_ms
        return last_ms is not None and abs(likeness.echo.lag_ms - last_ms) <= SAME_LAG_MS

    def _likeness(self, known: Echo | None, ms: int = HEARD_MS, *, noise_rms: float | None = None) -> Likeness | None:
        if self.played is None:
            return None
        sound = self._hearing.latest(ms)
        begin = self._hearing.position - len(sound)
        epoch_ms = self._hearing.epoch_ms
        span = played_span_ms(epoch_ms + begin / BYTES_PER_MS, epoch_ms + self._hearing.position / BYTES_PER_MS)
        return compare(sound, self.played(*span), known, self._hearing.noise_rms if noise_rms is None else noise_rms)

    def _learn(self, heard: Likeness, *, anew: bool) -> None:
        """An echo is no louder than all that was heard and no softer than what of it was explained: who speaks softly
        over it must not make it known as a loud one."""
        echo, known = heard.echo, self.known
        if known is None:
            softest_db = max(heard.explained_db, echo.gain_db - MOST_UNSURE_DB)
            self.known = Echo(echo.lag_ms, (softest_db + echo.gain_db) / 2)
            return
        gain_db = min(echo.gain_db, max(heard.explained_db, known.gain_db))
        part = 1.0 if anew else STEADY
        self.known = Echo(
            known.lag_ms + part * (echo.lag_ms - known.lag_ms), known.gain_db + part * (gain_db - known.gain_db)
        )


def _differs(likeness: Likeness, known: Echo) -> bool:
    """From how our voice is known to come back on this line. Speech is a little like what was played at some other
    time: there most of it has to be explained."""
    far = abs(likeness.echo.lag_ms - known.lag_ms) > MOVED_MS
    return is_over(likeness, known) or (far and likeness.explained < CLEAR)
