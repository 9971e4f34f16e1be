"""What is done about a silence that the watch found a cause for: we say that we are still there, or take up anew what
does not go on."""

from collections.abc import Callable

from ivr.call.flow_side import FlowSide
from ivr.call.listening import Listening
from ivr.call.saying import Saying
from ivr.call.silence import Silences
from ivr.call.watch import Silence
from ivr.flow.state import Resumed
from ivr.turn.floor import Floor
from ivr.units import Millis


class Unsticking:
    def __init__(
        self,
        silences: Silences,
        listening: Listening,
        saying: Saying,
        flow: FlowSide,
        *,
        resume: Callable[[Resumed], None],
        apologise: Callable[[Millis], None],
    ) -> None:
        """`resume`: the flow asks its question again; `apologise`: its `on_error` takes over."""
        self._silences = silences
        self._listening = listening
        self._saying = saying
        self._flow = flow
        self._resume = resume
        self._apologise = apologise
        self._unstuck_at = -1
        """How many turns the caller had had when a question was last asked again because nothing went on."""

    def fell_silent(self, cause: Silence, now: Millis) -> None:
        match cause:
            case Silence.SLOW_RECOGNISER | Silence.SLOW_TOOL | Silence.SLOW_VOICE:
                self._silences.bridge(cause, now)
            case Silence.DEAD_STREAM | Silence.DEAF_EAR:
                self._silences.note(cause, now)
                if self._listening.floor is not Floor.THINKING:
                    self._listening.give_up_turn(now)
            case _:
                self._silences.note(cause, now)
                self._unstick(now)

    def _unstick(self, now: Millis) -> None:
        """The turn at hand is given up; where there is none, the question is asked again. If that does not help, or
        there is no question, the flow apologises."""
        if self._listening.floor not in (Floor.OPEN, Floor.BOT):
            self._listening.give_up_turn(now)
            return
        self._saying.give_up()
        state = self._flow.state
        again, self._unstuck_at = self._unstuck_at == state.turns, state.turns
        if state.listening is not None and not again:
            self._listening.begin_anew()
            self._resume(Resumed(now))
        else:
            self._apologise(now)
