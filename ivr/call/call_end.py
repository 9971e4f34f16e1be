"""How a call ends: we leave once what was said is heard, or was waited for long enough; the end is told once the last
tool has answered."""

from collections.abc import Callable

from ivr.call import effects as fx
from ivr.call.outbox import Outbox
from ivr.call.prompts import Prompts
from ivr.call.tools_at_work import ToolsAtWork
from ivr.units import Millis

CALL_ENDED = "call_ended"
"""The entry that closes a call's journal."""

LEAVE = "call:leave"


class CallEnd:
    def __init__(
        self, prompts: Prompts, tools: ToolsAtWork, out: Outbox, *, goodbye_ms: int, outcome: Callable[[], str]
    ) -> None:
        """`outcome`: of the flow, by now."""
        self._prompts = prompts
        self._tools = tools
        self._out = out
        self._goodbye_ms = goodbye_ms
        self._outcome = outcome
        self.finished = False
        """There is no caller to speak to any more."""
        self._leaving: fx.Leave | None = None
        self._left = False
        self._finish: fx.Finish | None = None
        """Told once the last tool has answered."""

    @property
    def all_done(self) -> bool:
        """Nothing more will come of the call on this stream."""
        return self.finished and not self._tools

    @property
    def leaving(self) -> bool:
        """Only the end of what is being said is waited for."""
        return self._leaving is not None

    @property
    def gone(self) -> bool:
        """We have left, or the caller has."""
        return self._left or self.finished

    # ---- we leave

    def depart(self, leave: fx.Leave, now: Millis) -> None:
        """Leave once what was said is heard."""
        self._leaving = leave
        self._out.wake(LEAVE, Millis(now + self._goodbye_ms))

    def waited_enough(self) -> None:
        """What is not heard by now is not waited for."""
        self._prompts.clear()
        self.maybe_leave()

    def maybe_leave(self) -> None:
        if self._leaving is None or self._prompts or self._prompts.held or self._left:
            return
        self._left = True
        self._out.put(self._leaving)
        if self._leaving.intent == "hang_up":
            self.over("the flow ended the call")
        else:
            self.finished = True

    def cut_off(self, why: str, now: Millis) -> None:
        """At once, and without asking the flow."""
        self._left = True
        entry = self._out.keep(now, "HangUpDecided", {"outcome": "limit"})
        self._out.put(fx.Leave("hang_up", None, None, entry))
        self.finished, self._finish = True, fx.Finish("limit", why)

    # ---- it is over

    def stay(self) -> None:
        """There is nobody to take leave of."""
        self._leaving = None

    def over(self, reason: str) -> None:
        if not self.finished:
            self.finished = True
            self._finish = fx.Finish(self._outcome(), reason)

    def tell(self, now: Millis) -> None:
        """After every event."""
        if self._finish is not None and not self._tools:
            self._out.keep(now, CALL_ENDED, {"outcome": self._finish.outcome})
            self._out.put(self._finish)
            self._finish = None
