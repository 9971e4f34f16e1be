"""What is here: where the call stands, and what a name in the flow stands for now."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from ivr.flow.flow import Bundle, Flow, Node, Prompt, Step
from ivr.flow.spoken import say_week
from ivr.flow.state import CallState, Effect, Standing
from ivr.flow.steps import path as paths
from ivr.flow.steps.call_summary import summary_of
from ivr.flow.steps.copying import replace
from ivr.flow.steps.remembered import once_each
from ivr.flow.types import Interrupt, Privacy, Value
from ivr.units import Millis

SILENT_MS: Final = 1550
"""Within two seconds of the caller's last word something is heard: a sentence that bridges a wait comes sooner by what
was waited before."""
SOON_MS: Final = 300
"""Not sooner than this: most answers are there by then."""


class Here:
    """The state and the place that an event is worked on at."""

    def __init__(self, bundle: Bundle, state: CallState, at_ms: Millis) -> None:
        self.bundle = bundle
        self.at_ms = at_ms
        self.seq = state.seq + 1
        self.state = state
        self.at: Standing = state.standings[-1]
        self.path: paths.Path = self.at.step
        self.steps_walked = state.steps_walked
        self.flow: Flow = bundle.flows[self.at.flow]
        self.effects: list[Effect] = []
        self.walking = False
        self._ids = 0
        self._now: datetime | None = None

    def done(self) -> tuple[CallState, tuple[Effect, ...]]:
        at = self.at if self.at.step is self.path else replace(self.at, step=self.path)
        standings = (*self.state.standings[:-1], at)
        state = replace(self.state, seq=self.seq, standings=standings, steps_walked=self.steps_walked)
        return state, tuple(self.effects)

    def bridge_at(self, after_ms: int) -> Millis:
        """When a sentence is due that would bridge a wait after so long."""
        since = self.state.spoke_until_ms
        sooner = after_ms if since is None else max(SOON_MS, since + SILENT_MS - self.at_ms)
        return Millis(self.at_ms + min(after_ms, sooner))

    @property
    def now(self) -> datetime:
        if self._now is None:
            moment = self.state.started + timedelta(milliseconds=self.at_ms)
            self._now = moment.astimezone(ZoneInfo(self.bundle.zone))
        return self._now

    @property
    def words(self) -> Mapping[str, str]:
        """The engine's own sentences in the language of the call."""
        language = self.state.language
        return self.bundle.words if language == self.bundle.language else self.bundle.other_words[language]

    @property
    def node(self) -> Node:
        return self.flow.nodes[self.at.node]

    @property
    def mute(self) -> bool:
        """The caller is gone: handlers run without a word."""
        return self.state.outcome == "caller_left"

    @property
    def in_error(self) -> bool:
        return self.path[0] == paths.ERROR

    def step(self) -> Step:
        return paths.step_at(self.flow, self.at.node, self.path)

    @property
    def first_flow(self) -> Flow:
        """The flow the call began with, or was handed to: its limits and handlers are those of the call."""
        return self.bundle.flows[self.state.standings[0].flow]

    def can_go(self, node: str) -> bool:
        """Has the running flow, or one that runs it, this node?"""
        if node in self.flow.nodes:
            return True
        return any(node in self.bundle.flows[outer.flow].nodes for outer in self.state.standings[:-1])

    def value(self, path: tuple[str, ...]) -> Value | None:
        """What a name stands for now; None is empty, and so is a value that still waits for the caller's yes."""
        name = path[0]
        if name in self.bundle.facts:
            return name in self.state.facts
        if len(path) > 1:
            return self._hours_value(path) if name == "hours" else self._call_value(path)
        if name in self.at.slots:
            slot = self.at.slots[name]
            return slot.value if slot.settled else None
        if name in self.at.vars:
            return self.at.vars[name]
        if name == "visits":
            return Decimal(self.at.visits.get(self.at.node, 1))
        if name == "position":
            return self._position()
        return self.at.kept.get(name)

    def is_open(self, hours: str, on: date | None, at: time | datetime | None) -> bool:
        """Now; on a day; at a time (of that day, or today where the place is)."""
        place = self.bundle.hours[hours]
        if isinstance(at, datetime):
            return place.is_open(at)
        if at is not None:
            day = on if on is not None else self.now.astimezone(ZoneInfo(place.zone)).date()
            return place.is_open_at(day, at)
        return place.is_open(self.now) if on is None else place.is_open_on(on)

    def _hours_value(self, path: tuple[str, ...]) -> Value | None:
        place = self.bundle.hours[path[1]]
        return place.next_opening(self.now) if path[2:] == ("next",) else say_week(place, self.state.language)

    def _call_value(self, path: tuple[str, ...]) -> Value | None:
        assert path[0] == "call", path
        state = self.state
        match path[1]:
            case "from":
                return state.caller or None
            case "to":
                return state.dialled or None
            case "id":
                return str(state.call)
            case "started":
                return state.started.astimezone(ZoneInfo(self.bundle.zone))
            case "language":
                return state.language
            case "outcome":
                return state.outcome
            case "summary":
                standings = self.state.standings
                if standings[-1].flow == self.at.flow:  # else it runs in another flow, after the call
                    standings = (*standings[:-1], self.at)
                return summary_of(self.bundle, self.state, standings, self.at_ms)
            case "answered_by":
                return state.answered_by
            case "data":
                return state.data.get(path[2])
            case _:
                return None

    def _position(self) -> Value | None:
        """The caller's place in the queue."""
        held = next((held.position for held in self.state.awaiting.values() if held.position is not None), None)
        return None if held is None else Decimal(held)

    def privacy(self, name: str) -> Privacy:
        spec = self.flow.slots.get(name)
        return spec.privacy if spec is not None else _classes(self.flow).get(name, Privacy.OPEN)

    def interrupt(self, *, own: Interrupt | None) -> Interrupt:
        return own or self.node.interrupt or self.flow.interrupt

    def variant(self, prompt: Prompt) -> int:
        """Which wording: by the call's seed and how often the node was entered."""
        count = len(prompt.variants)
        return (self.state.seed + self.at.visits.get(self.at.node, 1) - 1) % count if count > 1 else 0


@once_each
def _classes(flow: Flow) -> Mapping[str, Privacy]:
    """Of what is no slot and not open: kept from tools' answers, or carried in from another flow."""
    kept: dict[str, Privacy] = {}
    for tool in flow.tools.values():
        for keep in (keep for result in tool.results for keep in result.keep):
            if keep.privacy is not Privacy.OPEN:
                kept.setdefault(keep.name, keep.privacy)
    return {**flow.carried, **kept}
