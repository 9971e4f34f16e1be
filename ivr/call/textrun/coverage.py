"""Which ways a call can take through its flows, and which of them the tests took. Told in words, with the line."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from ivr.call.textrun import happenings as seen
from ivr.flow.checks.walk import own_steps, questions_in
from ivr.flow.flow import (
    Agent,
    Bundle,
    Callback,
    CallTool,
    End,
    Flow,
    Ladders,
    Menu,
    Record,
    Routed,
    Run,
    Rung,
    Split,
    Step,
    Transfer,
)
from ivr.flow.scenario import reached
from ivr.flow.state import Note
from ivr.flow.steps import path as paths
from ivr.flow.text import Place
from ivr.flow.types import Trouble

PROJECT_FILE: Final = "project.yaml"
ENGINE: Final = "engine"
FAILED: Final = "failed"
_TIMES: Final = ("first", "second", "third", "fourth", "fifth")
_GOES_AS: Final = {
    **dict.fromkeys(("unknown", "not called", "no callback"), FAILED),
    "busy": "no_answer",
    **dict.fromkeys(("silence", "key", "full", "empty"), "done"),
}
"""What happens with a result that has no route of its own; what was not even asked for has failed."""
_LEFT_BY: Final = "left by "
"""How a talk with a model ended, before the name of its exit."""

Kind = Literal["node", "result", "rung", "option", "outcome"]
KINDS: Final[tuple[Kind, ...]] = ("node", "result", "rung", "option", "outcome")


@dataclass(frozen=True, slots=True)
class Way:
    """One way a call can take. `flow` is empty for what stands in the project's file; `at` is the line (file:line) of
    the step, slot or ladder it belongs to."""

    kind: Kind
    flow: str
    what: str
    detail: str
    at: str
    place: Place = field(compare=False)
    """Where to look at it."""
    owner: str = field(default="", compare=False)
    """Of a rung: whose ladder it stands in."""

    def __str__(self) -> str:
        return f"{self._told} ({line_of(self.place)})"

    @property
    def _told(self) -> str:
        match self.kind:
            case "node":
                return f"never entered: {self.what}"
            case "result":
                return f"never tried: {self.what} {self.detail}"
            case "rung":
                return f"never came to: the {self.detail} {self.what} at {self.owner}"
            case "option":
                return f"never chosen: {self.what} {self.detail}"
            case "outcome":
                return f"never ended here: {self.what}"


@dataclass(frozen=True, slots=True)
class Survey:
    """Everything there is to try in some flows of a project."""

    bundle: Bundle
    ways: Mapping[Way, Way]
    questions: Mapping[tuple[str, str, str], tuple[str, Step]]
    """Flow, line of the step and name of a question to its node and step."""
    named_by: Mapping[tuple[str, str], str]
    """Flow and line of a transfer to the slot that holds its target: notes tell the target."""

    @classmethod
    def of(cls, bundle: Bundle, flows: Iterable[str]) -> "Survey":
        """Of these flows and all they lead to."""
        found = {flow.name: flow for name in flows for flow in reached(bundle, name)}
        ways = {way: way for flow in found.values() for way in _ways(flow)}
        questions = {
            (flow.name, line_of(question.step.place), question.name): (node.name, question.step)
            for flow in found.values()
            for node in flow.nodes.values()
            for question in questions_in(flow, node)
        }
        named_by = {
            (flow.name, line_of(step.place)): step.target
            for flow in found.values()
            for step in own_steps(flow)
            if isinstance(step, Transfer) and step.by is not None
        }
        return cls(bundle, ways, questions, named_by)

    def taken(self, happened: Iterable[seen.Happening]) -> frozenset[Way]:
        """The ways that a call has taken, by the engine's own notes: a raw answer counts under the name the flow gave
        it."""
        found: set[Way] = set()
        for happening in happened:
            match happening:
                case seen.Noted(note=note):
                    found.update(self._noted(note))
                case seen.Chose(flow=flow, slot=slot, option=option):
                    spec = self.bundle.flows[flow].slots[slot]
                    found.update(self._known(_way("option", flow, slot, option, spec.place)))
                case _:
                    pass
        return frozenset(found)

    def _noted(self, note: Note) -> Iterator[Way]:
        flow = self.bundle.flows.get(note.flow)
        if flow is None:
            return
        match note.kind:
            case "node" if note.what in flow.nodes:
                yield from self._known(_way("node", flow.name, note.what, "", flow.nodes[note.what].place))
            case "trouble":
                yield from self._climbed(flow, note)
            case "filled":
                yield from self._of_line("option", flow.name, note.what, note.detail, note.place)
            case "outcome":
                yield from self._of_line("outcome", flow.name, note.what, "", note.place)
            case _:
                result = note.detail.partition(":")[0].removeprefix(_LEFT_BY)
                what = self.named_by.get((flow.name, note.place), note.what)
                known = [*self._of_line("result", flow.name, what, result, note.place)]
                if not known and result in _GOES_AS:
                    known = [*self._of_line("result", flow.name, what, _GOES_AS[result], note.place)]
                yield from known

    def _climbed(self, flow: Flow, note: Note) -> Iterator[Way]:
        """`no_input 1, flow rung 1`: the rung of that ladder, wherever it is written."""
        kind, _, rest = note.detail.partition(" ")
        level, number = rest.partition(", ")[2].split(" rung ")
        place = self.questions.get((flow.name, note.place, note.what))
        if level == ENGINE or place is None:
            return
        node, step = place
        ladders = paths.rungs(flow, flow.nodes[node], note.what, step, Trouble(kind))
        rung = ladders[level][int(number) - 1]
        yield from self._known(_rung(flow.name, "", kind, int(number) - 1, rung))

    def _of_line(self, kind: Kind, flow: str, what: str, detail: str, at: str) -> Iterator[Way]:
        file, _, line = at.rpartition(":")
        if file:
            yield from self._known(_way(kind, flow, what, detail, Place(file, int(line), 1)))

    def _known(self, way: Way) -> Iterator[Way]:
        found = self.ways.get(way)
        if found is not None:
            yield found


def line_of(place: Place) -> str:
    return f"{place.file}:{place.line}"


def _way(kind: Kind, flow: str, what: str, detail: str, of: Place, told_at: Place | None = None) -> Way:
    return Way(kind, "" if of.file == PROJECT_FILE else flow, what, detail, line_of(of), told_at or of)


def _ways(flow: Flow) -> Iterator[Way]:
    for node in flow.nodes.values():
        yield _way("node", flow.name, node.name, "", node.place)
        yield from _rungs(flow.name, node.name, node.trouble)
    yield from _rungs(flow.name, "any question", flow.trouble)
    for slot in flow.slots.values():
        yield from _rungs(flow.name, slot.name, slot.question.trouble)
        for option in slot.options:
            yield _way("option", flow.name, slot.name, option.name, slot.place, option.place)
    for step in own_steps(flow):
        yield from _ways_of(flow, step)


def _ways_of(flow: Flow, step: Step) -> Iterator[Way]:
    match step:
        case Menu():
            yield from _rungs(flow.name, step.name, step.question.trouble)
            for option in step.options:
                yield _way("option", flow.name, step.name, option.name, step.place, option.place)
        case End():
            yield _way("outcome", flow.name, step.outcome, "", step.place)
        case Agent():
            for result in step.on:
                way = step.exits.get(result)
                of = way.place if way is not None else step.place
                yield _way("result", flow.name, step.name, result, of, step.routed.get(result))
        case _ if isinstance(step, Routed):
            for result in step.on:
                yield _way("result", flow.name, name_of(step), result, step.place, step.routed.get(result))
        case _:
            pass


def _rungs(flow: str, owner: str, ladders: Ladders) -> Iterator[Way]:
    for kind, rungs in ladders.items():
        for number, rung in enumerate(rungs):
            yield _rung(flow, owner, kind, number, rung)


def _rung(flow: str, owner: str, kind: str, number: int, rung: Rung) -> Way:
    """Known by where it is written: a project's ladder is the same one in all its flows."""
    time = _TIMES[number] if number < len(_TIMES) else f"{number + 1}th"
    place = rung.steps[0].place
    return Way("rung", "" if place.file == PROJECT_FILE else flow, kind, time, str(place), place, owner)


def name_of(step: Routed) -> str:
    """What a step with results is told by."""
    match step:
        case CallTool():
            return step.tool
        case Transfer() | Callback():
            return step.target
        case Run():
            return step.flow
        case Agent() | Record() | Split():
            return step.name
