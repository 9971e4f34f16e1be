"""Looks at one call from outside its loop: a silence is told to the machine, a call beyond its bounds is ended.

What silence is and which bounds there are is decided in `call/watch`; here is what is done about it.
"""

from collections.abc import Callable

import structlog

from ivr.call import events as ev
from ivr.call.facts import facts_of
from ivr.call.machine import Call
from ivr.call.playback import Playback
from ivr.call.watch import Bound, Silence, Watch
from ivr.units import CallId, Millis

log = structlog.get_logger("ivr.live")

ENDS_WITHIN_MS = 10_000
"""A call that was cut off and is not over by then is given up."""


class Lookout:
    """Over one stream. Times are call time."""

    def __init__(
        self,
        call_id: CallId,
        call: Call,
        now: Millis,
        *,
        feed: Callable[[ev.Event], None],
        listen_anew: Callable[[], None],
        give_up: Callable[[Bound], None],
    ) -> None:
        """`give_up`: the call was told to end and did not."""
        self._call_id = call_id
        self._call = call
        self._feed = feed
        self._listen_anew = listen_anew
        self._give_up = give_up
        self._watch = Watch(call.limits, now)
        self._bound = Bound.TOO_LONG
        self._cut_off_ms: Millis | None = None
        self._given_up = False

    def look(self, playback: Playback, now: Millis) -> None:
        """Some times a second. Never waits."""
        if self._cut_off_ms is not None:
            if now - self._cut_off_ms >= ENDS_WITHIN_MS and not self._given_up:
                log.error("a call did not end", call=self._call_id)
                self._give_up(self._bound)
                self._given_up = True
            return
        facts = facts_of(self._call, playback)
        found = self._watch.bound(Millis(now - self._call.held_ms(now))) or (
            None if facts is None else self._watch.look(facts, now)
        )
        match found:
            case Bound():
                self._bound, self._cut_off_ms = found, now
                log.warning("a call is ended over its flow's head", call=self._call_id, why=found.value)
                self._feed(ev.CutOff(found))
            case Silence():
                log.warning("a caller hears nothing, or is not heard", call=self._call_id, cause=found.value)
                if found is Silence.DEAF_EAR:
                    self._listen_anew()
                self._feed(ev.FellSilent(found))
            case None:
                pass
