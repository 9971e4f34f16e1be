"""What a model answers, on its way to the flow.

While the caller speaks it waits: what would be said now is said over somebody. When the caller's turn has gone to the
flow, what waited is mostly late news, since the model is asked anew; where the speech meant nothing it is taken up as
if it came then.
"""

from collections import deque
from collections.abc import Callable

from ivr.call import events as ev
from ivr.call.outbox import Outbox
from ivr.call.prompts import Prompts
from ivr.flow import state as flow
from ivr.turn.floor import Floor
from ivr.units import Millis

Reply = ev.ModelSaid | ev.ModelReplied | ev.ModelFailed
CALLERS = frozenset({Floor.CALLER, Floor.MAYBE_ENDED, Floor.THINKING})
"""The floor is the caller's: they speak, pause, or have spoken and their words are being read."""

AGAIN_MS = 1_000


class Replies:
    def __init__(
        self,
        prompts: Prompts,
        out: Outbox,
        *,
        floor: Callable[[], Floor],
        is_asked: Callable[[str], bool],
        come: Callable[[Reply, Millis], None],
    ) -> None:
        """`floor`: who has it; `is_asked`: whether a model's answer of this id is waited for; `come`: the flow is
        told."""
        self._prompts = prompts
        self._out = out
        self._is_asked = is_asked
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

    def put_off(self, wake_id: str, now: Millis) -> bool:
        """Whether this is the moment at which an answer is waited for no longer, while the caller speaks: nobody waits
        for it then. It is looked at again."""
        asked, _, why = wake_id.rpartition(":")
        if why != "deadline" or self._floor() not in CALLERS or not self._is_asked(asked):
            return False
        self._out.wake(wake_id, Millis(now + AGAIN_MS))
        return True

    def drop(self) -> None:
        """There is nobody to answer any more."""
        self._waiting.clear()

    def unfit(self, say: flow.SayEffect) -> bool:
        """Whether it only bridges the wait of a caller who does not wait: they speak."""
        return say.filler and self._floor() in CALLERS
