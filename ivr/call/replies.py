"""What a model answers, on its way to the flow.

While the caller speaks it waits: what would be said now is said over somebody. When the caller's turn has gone to the
flow, what waited is mostly late news, since the model is asked anew; where the speech meant nothing it is taken up as
if it came then.
"""

from collections import deque
from collections.abc import Callable

from ivr.call import events as ev
from ivr.call.prompts import Prompts
from ivr.flow import state as flow
from ivr.turn.floor import Floor
from ivr.units import Millis

Reply = ev.ModelSaid | ev.ModelReplied | ev.ModelFailed
CALLERS = frozenset({Floor.CALLER, Floor.MAYBE_ENDED, Floor.THINKING})
"""The floor is the caller's: they speak, pause, or have spoken and their words are being read."""


class Replies:
    def __init__(self, prompts: Prompts, *, floor: Callable[[], Floor], come: Callable[[Reply, Millis], None]) -> None:
        """`floor`: who has it; `come`: the flow is told."""
        self._prompts = prompts
        self._floor = floor
        self._come = come
        self._waiting: deque[Reply] = deque()

    def take(self, reply: Reply, now: Millis) -> None:
        self._waiting.append(reply)
        self.let_come(now)

    def let_come(self, now: Millis) -> None:
        """Called after anything that may have given the floor away. What speech stopped goes on before what is new."""
        while self._waiting and self._floor() not in CALLERS and self._prompts.stopped.all_known:
            self._come(self._waiting.popleft(), now)

    def drop(self) -> None:
        """There is nobody to answer any more."""
        self._waiting.clear()

    def unfit(self, say: flow.SayEffect) -> bool:
        """Whether it only bridges the wait of a caller who does not wait: they speak."""
        return say.filler and self._floor() in CALLERS
