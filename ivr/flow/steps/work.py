"""One event being worked on: the state as it changes, the effects so far, and the moves of the walk.

A `Work` lives inside one `engine.step` and never leaves it, so it may change in place; what goes in and comes out is
plain values. Verbs are functions over it.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from ivr.flow.flow import Bundle, Flow, Node, Prompt, Step
from ivr.flow.spoken import say_week
from ivr.flow.state import (
    CallState,
    Doing,
    DropModel,
    Effect,
    Made,
    Note,
    NoteKind,
    Phrase,
    PlayMusic,
    Prompted,
    Said,
    SayEffect,
    Slot,
    Speaker,
    Standing,
    WakeAt,
)
from ivr.flow.steps import path as paths
from ivr.flow.steps.call_summary import summary_of
from ivr.flow.steps.copying import replace
from ivr.flow.text import Place
from ivr.flow.types import Interrupt, Privacy, Source, Value
from ivr.units import Millis

TOLD: Final = 40
BUDGET: Final = 500
"""Steps walked without a word from the caller before the flow is taken for a loop."""


class Work:
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

    def done(self) -> tuple[CallState, tuple[Effect, ...]]:
        at = self.at if self.at.step is self.path else replace(self.at, step=self.path)
        standings = (*self.state.standings[:-1], at)
        state = replace(self.state, seq=self.seq, standings=standings, steps_walked=self.steps_walked)
        return state, tuple(self.effects)

    # ---- what is here

    @property
    def now(self) -> datetime:
        moment = self.state.started + timedelta(milliseconds=self.at_ms)
        return moment.astimezone(ZoneInfo(self.bundle.zone))

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

    def privacy(self, name: str) -> Privacy:
        spec = self.flow.slots.get(name)
        if spec is not None:
            return spec.privacy
        for tool in self.flow.tools.values():
            for result in tool.results:
                for keep in result.keep:
                    if keep.name == name and keep.privacy is not Privacy.OPEN:
                        return keep.privacy
        return self.flow.carried.get(name, Privacy.OPEN)

    def interrupt(self, *, own: Interrupt | None) -> Interrupt:
        return own or self.node.interrupt or self.flow.interrupt

    # ---- what is asked for

    def next_id(self) -> str:
        self._ids += 1
        return f"{self.state.call}:{self.seq}:{self._ids}"

    def emit(self, effect: Effect) -> None:
        self.effects.append(effect)

    def note(self, kind: NoteKind, what: str, detail: str = "", place: Place | None = None) -> None:
        where = f"{place.file}:{place.line}" if place is not None and place.line else ""
        self.effects.append(Note(kind, what, detail, where, self.at.flow))

    def say(
        self,
        phrase: Phrase,
        interrupt: Interrupt,
        *,
        again: bool = False,
        filler: bool = False,
        after_tone: bool = False,
    ) -> None:
        """Speak. `again`: said before in this turn, or about the answer; `repeat` does not say it once more."""
        if self.mute or not phrase.text:
            return
        language, said = self.state.language, []
        for piece in phrase.pieces:
            says = self.next_id()
            tone, after_tone = after_tone, False
            self.emit(
                SayEffect(says, piece.text, piece.shown, interrupt, piece.fixed, filler, tone, language, piece.sound)
            )
            said.append(Prompted(says, piece, filler))
        last = self.state.last_prompt if again or filler else joined(self.state.last_prompt, phrase)
        self.state = replace(self.state, prompts=(*self.state.prompts, *said)[-TOLD:], last_prompt=last)

    def _position(self) -> Value | None:
        """The caller's place in the queue."""
        held = next((held.position for held in self.state.awaiting.values() if held.position is not None), None)
        return None if held is None else Decimal(held)

    def play_music(self, sound: str) -> None:
        """Over and over, until it is stopped; what is said stands before it."""
        if self.state.music is None and not self.mute:
            self.state = replace(self.state, music=sound)
            self.emit(PlayMusic(sound))

    def stop_music(self) -> None:
        if self.state.music is not None:
            self.state = replace(self.state, music=None)
            self.emit(PlayMusic(None))

    def forget_said(self) -> None:
        """The caller's answer did: what was said before it is not repeated any more."""
        self.state = replace(self.state, last_prompt=Phrase("", ""))

    def wake(self, wake_id: str, at_ms: int | None) -> None:
        self.emit(WakeAt(wake_id, None if at_ms is None else Millis(at_ms)))

    @property
    def limit_id(self) -> str:
        return f"{self.state.call}:limit"

    def arm_limit(self) -> None:
        """The longest call, counted from its start; the time a caller held for an attendant is not counted."""
        limit_ms = self.first_flow.limits.call_ms
        if limit_ms is not None:
            self.wake(self.limit_id, limit_ms + self.state.held_ms)

    def tell(self, who: Speaker, text: str) -> None:
        """Keep a turn as it was really said or heard; `text` is masked already."""
        if text:
            told = (*self.state.told, Said(who, text, self.at_ms))[-TOLD:]
            self.state = replace(self.state, told=told)

    # ---- the moves of the walk

    def next(self) -> None:
        last = self.path[-1]
        assert isinstance(last, int)
        self.path = (*self.path[:-1], last + 1)

    def enter(self, branch: str) -> None:
        self.path = (*self.path, branch, 0)

    def stand(self, step: paths.Path) -> None:
        self.path = step

    def wait(self, doing: Doing) -> None:
        self.walking = False
        self.state = replace(self.state, doing=doing)

    def goto(self, node: str, place: Place | None) -> None:
        """Enter a node: a new visit, with fresh counters. A value that still waited for a yes is dropped."""
        self.drop_pending()
        self.leave_agent()
        if paths.is_aside(self.path):
            self.forget_said()
        while node not in self.flow.nodes and len(self.state.standings) > 1:
            self.note("node", self.flow.name, f"left for {node}", place)
            self.pop()
        if node not in self.flow.nodes:
            raise LookupError(f"no running flow has the node {node}")
        self.enter_node(node, place)

    def enter_node(self, node: str, place: Place | None = None) -> None:
        """A new visit of a node of the running flow, with fresh counters."""
        visits = {**self.at.visits, node: self.at.visits.get(node, 0) + 1}
        self.path = (0,)
        self.at = replace(self.at, node=node, visits=visits, tries={}, repairs={}, question=None)
        self.note("node", node, place=self.flow.nodes[node].place if place is None else place)

    # ---- flows that stand on each other

    def push(self, standing: Standing) -> None:
        """Another flow begins; the one that was running waits where it stands."""
        held = replace(self.at, step=self.path)
        self._stand_on((*self.state.standings[:-1], held, standing))

    def pop(self) -> None:
        """The running flow is over; the one that ran it goes on from where it stood."""
        self._stand_on(self.state.standings[:-1])

    def start_over(self, standing: Standing) -> None:
        """Another flow takes the place of all that were running."""
        self._stand_on((standing,))

    def pop_to_first(self) -> None:
        """Handlers run in the flow the call began with, or was handed to."""
        if len(self.state.standings) > 1:
            self._stand_on(self.state.standings[:1])

    def _stand_on(self, standings: tuple[Standing, ...]) -> None:
        self.state = replace(self.state, standings=standings)
        self.at = standings[-1]
        self.path = self.at.step
        self.flow = self.bundle.flows[self.at.flow]

    def can_go(self, node: str) -> bool:
        """Has the running flow, or one that runs it, this node?"""
        if node in self.flow.nodes:
            return True
        return any(node in self.bundle.flows[outer.flow].nodes for outer in self.state.standings[:-1])

    @property
    def first_flow(self) -> Flow:
        """The flow the call began with, or was handed to: its limits and handlers are those of the call."""
        return self.bundle.flows[self.state.standings[0].flow]

    # ---- facts

    def grant(self, fact: str, names: Iterable[str]) -> None:
        self.state = replace(self.state, facts={**self.state.facts, fact: frozenset(names)})

    def withdraw(self, changed: frozenset[str]) -> None:
        """Facts fall with the values they hang on."""
        fallen = [fact for fact, names in self.state.facts.items() if names & changed]
        if fallen:
            left = {fact: names for fact, names in self.state.facts.items() if fact not in fallen}
            self.state = replace(self.state, facts=left)
            for fact in fallen:
                self.note("decided", fact, "withdrawn")

    def leave_agent(self) -> None:
        """A talk with a model is over: its reply is not wanted any more; what its tools answer is kept."""
        agency = self.at.agency
        if agency is None:
            return
        if agency.asking is not None:
            awaiting = {key: held for key, held in self.state.awaiting.items() if key != agency.asking}
            self.state = replace(self.state, awaiting=awaiting)
            self.wake(f"{agency.asking}:deadline", None)
            self.wake(f"{agency.asking}:filler", None)
            self.emit(DropModel(agency.asking))
        self.at = replace(self.at, agency=None)

    # ---- values

    def fill(self, name: str, slot: Slot) -> None:
        """Slots stand in the order in which they were filled."""
        held = self.at.slots.get(name)
        if self.state.facts and (held is None or held.value != slot.value):
            self.withdraw(frozenset({name}))
        if len(self.bundle.languages) > 1 and slot.settled and slot.source in (Source.KEYS, Source.SPEECH):
            self._speak_as_chosen(name, slot.value)
        slots = {key: held for key, held in self.at.slots.items() if key != name}
        slots[name] = slot
        doubts = {key: why for key, why in self.at.doubts.items() if key != name}
        self.at = replace(self.at, slots=slots, doubts=doubts)

    def _speak_as_chosen(self, name: str, value: Value | None) -> None:
        spec = self.flow.slots.get(name)
        chosen = next((option.language for option in spec.options if option.name == value), None) if spec else None
        if chosen is not None:
            self.speak_in(chosen)

    def speak_in(self, language: str) -> None:
        """Everything from here on; what was said before is not said again in it."""
        if language != self.state.language:
            self.note("command", "language", language)
            self.state = replace(self.state, language=language)
            self.forget_said()

    def empty(self, names: Iterable[str]) -> None:
        gone = frozenset(names)
        if self.state.facts:
            self.withdraw(gone)
        slots = {key: held for key, held in self.at.slots.items() if key not in gone}
        self.at = replace(self.at, slots=slots)
        self.drop_kept(gone)

    def drop_pending(self) -> None:
        pending = self.state.pending
        if pending is None:
            return
        self.state = replace(self.state, pending=None)
        if not pending.fill.corrects:
            held = self.at.slots.get(pending.fill.slot)
            if held is not None and not held.settled:
                self.empty([pending.fill.slot])

    def drop_kept(self, changed: frozenset[str]) -> None:
        """What look-ups kept is gone when a value they were asked with changes, and so on along the chain."""
        stale = set(changed)
        tools: set[str] = set()
        here = [made for made in self.state.made if not made.changes_world and self._is_own(made)]
        grew = True
        while grew:
            grew = False
            for made in here:
                if made.tool not in tools and made.names & stale:
                    tools.add(made.tool)
                    stale |= {name for name, (tool, _) in self.at.kept_by.items() if tool == made.tool}
                    grew = True
        if tools:
            self.drop_kept_of(tools)
            left = tuple(made for made in self.state.made if made.tool not in tools or made not in here)
            self.state = replace(self.state, made=left)

    def _is_own(self, made: Made) -> bool:
        """Was it made by a tool that the running flow has?"""
        tool = self.flow.tools.get(made.tool)
        return tool is not None and made.of(tool)

    def drop_kept_of(self, tools: set[str]) -> None:
        gone = {name for name, (tool, _) in self.at.kept_by.items() if tool in tools}
        kept = {name: value for name, value in self.at.kept.items() if name not in gone}
        kept_by = {name: by for name, by in self.at.kept_by.items() if name not in gone}
        self.at = replace(self.at, kept=kept, kept_by=kept_by)
        if gone and self.state.facts:
            self.withdraw(frozenset(gone))

    def set_values(self, values: Mapping[str, Value | None]) -> None:
        """`set:` to slots and variables."""
        for name, value in values.items():
            if name in self.flow.vars:
                if value is None:  # beyond reckoning: a variable is never empty, so it stays as it was
                    self.note("error", name, "cannot be reckoned", self.flow.vars[name].place)
                    continue
                self.at = replace(self.at, vars={**self.at.vars, name: value})
            elif value is None:
                self.empty([name])
            else:
                self.drop_kept(frozenset({name}))
                self.fill(name, Slot(value, Source.SET))

    def variant(self, prompt: Prompt) -> int:
        """Which wording: by the call's seed and how often the node was entered."""
        count = len(prompt.variants)
        return (self.state.seed + self.at.visits.get(self.at.node, 1) - 1) % count if count > 1 else 0


def joined(first: Phrase, second: Phrase) -> Phrase:
    if not first.text or not second.text:
        return first if first.text else second
    parts = (*first.pieces, *second.pieces) if first.recorded or second.recorded else ()
    text, shown = f"{first.text} {second.text}", f"{first.shown} {second.shown}"
    return Phrase(text, shown, first.fixed and second.fixed, parts=parts)
