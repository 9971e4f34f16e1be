"""The flow's side of a call: where it stands, and what the engine asks for. Every event is written down first, then
fed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ivr.call.made import made
from ivr.call.outbox import Outbox
from ivr.call.watch import Limits
from ivr.flow import engine
from ivr.flow import state as flow
from ivr.flow.flow import Bundle
from ivr.flow.types import Privacy
from ivr.units import Millis

FAULTED = "faulted"
"""The entry of a mistake of ours: the engine apologised."""


class FlowSide:
    def __init__(self, bundle: Bundle, state: flow.CallState, out: Outbox, salt: bytes) -> None:
        """`salt`: the call's own, for what is kept of the effects (see made)."""
        self._bundle = bundle
        self._out = out
        self._salt = salt
        self.state = state

    def feed(self, event: flow.Event, privacy: Privacy = Privacy.OPEN) -> Sequence[flow.Effect]:
        self._out.keep_event(*self._without_value(event, privacy))
        self.state, effects = engine.step(self._bundle, self.state, event)
        self._out.made(made(self.state, effects, self._salt))
        return effects

    def _without_value(self, event: flow.Event, privacy: Privacy) -> tuple[flow.Event, Privacy]:
        """At a question whose values live in memory only, an answer that is no value is written down all the same: a
        command, a yes, words that were not understood. A call that goes on elsewhere must know of it."""
        listen = self.state.listening
        if privacy not in (Privacy.PCI, Privacy.SECRET) or listen is None:
            return event, privacy
        if isinstance(event, flow.KeysEntered) and any(event.keys == command.key for command in listen.commands):
            return event, Privacy.OPEN
        if isinstance(event, flow.Heard) and not event.reading.fills:
            return replace(event, reading=replace(event.reading, words="")), Privacy.OPEN
        return event, privacy

    def apologise(self, now: Millis) -> Sequence[flow.Effect]:
        """A mistake of ours: the flow's `on_error` takes over."""
        self._out.keep(now, FAULTED, {})
        self.state, effects = engine.apologise(self._bundle, self.state, now)
        self._out.made(made(self.state, effects, self._salt))
        return effects

    # ---- what the rest of the call asks it

    @property
    def limits(self) -> Limits:
        """What the flow sets for the call as a whole."""
        limits = self._bundle.flows[self.state.standings[0].flow].limits
        return Limits(limits.call_ms, limits.silence_ms)

    @property
    def transfer(self) -> str | None:
        """The id of the transfer whose end is waited for; None: there is none."""
        waiting = [i for i, a in self.state.awaiting.items() if a.kind in ("transfer", "joined")]
        return waiting[-1] if waiting else None

    def asks_model(self, asked: str) -> bool:
        """Whether this is a model's answer, and still waited for."""
        waited = self.state.awaiting.get(asked)
        return waited is not None and waited.kind == "model"

    def held_ms(self, now: Millis) -> int:
        """How long the caller has held for attendants by now, which does not count towards the longest call."""
        since = self.state.holding_since_ms
        return self.state.held_ms + (0 if since is None else max(0, now - since))

    def node(self) -> str:
        return self.state.standings[-1].node if self.state.standings else ""

    def asked(self) -> str:
        """What was said last, private values masked."""
        return self.state.last_prompt.shown

    def may_spend(self) -> bool:
        """Whether what the flow lets models cost in this call is not used up."""
        most = self._bundle.flows[self.state.standings[-1].flow].limits.model_cost if self.state.standings else None
        return most is None or self.state.model_cost < most

    def clock(self, now: Millis) -> datetime:
        """Call time in the project's zone."""
        return (self.state.started + timedelta(milliseconds=now)).astimezone(ZoneInfo(self._bundle.zone))

    def outcome(self) -> str:
        return self.state.outcome or "completed"
