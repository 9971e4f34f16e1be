"""A flow as boxes and arrows: its nodes with their first words, and where each leads for which answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from ivr.flow.checks.walk import all_steps, ladder, questions_in, targets
from ivr.flow.flow import (
    Agent,
    Ask,
    Callback,
    CallTool,
    Command,
    End,
    Flow,
    Goto,
    Handoff,
    If,
    Menu,
    Node,
    Prompt,
    Record,
    Repair,
    Return,
    Routed,
    Run,
    Say,
    Step,
    Transfer,
)
from ivr.flow.types import Trouble
from ivr.flow.views.wording import condition_of, listed, text_of

ANYWHERE: Final = "*"
"""Stands for every question: where commands and ladders of the whole flow lead from."""
FIRST_WORDS: Final = 38
LONGEST_LABEL: Final = 46
Kind = Literal["start", "node", "person", "end", "flow", "anywhere"]


@dataclass(frozen=True, slots=True)
class Box:
    """`lines`: what is said first, what is asked and done."""

    name: str
    title: str
    lines: tuple[str, ...]
    kind: Kind


@dataclass(frozen=True, slots=True)
class Arrow:
    """`dim`: a command, or a way out of a question that could not be answered."""

    source: str
    target: str
    labels: tuple[str, ...]
    dim: bool

    @property
    def label(self) -> str:
        return shortened(", ".join(dict.fromkeys(filter(None, self.labels))), LONGEST_LABEL)


@dataclass(frozen=True, slots=True)
class Graph:
    title: str
    about: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def graph_of(flow: Flow) -> Graph:
    reached = _reached(flow)
    nodes = [node for node in flow.nodes.values() if node.place.file == flow.place.file or node.name in reached]
    boxes = [_box(flow, node) for node in nodes]
    arrows = [*_arrows(flow, nodes)]
    joined: dict[tuple[str, str, bool], list[str]] = {}
    for arrow in arrows:
        joined.setdefault((arrow.source, arrow.target, arrow.dim), []).extend(arrow.labels)
    shown = tuple(Arrow(source, target, tuple(labels), dim) for (source, target, dim), labels in joined.items())
    if any(arrow.source == ANYWHERE for arrow in shown):
        boxes.append(Box(ANYWHERE, "at any question", (), "anywhere"))
    others = dict.fromkeys(arrow.target for arrow in shown if arrow.target.startswith(">"))
    boxes.extend(Box(name, name[1:], ("another flow",), "flow") for name in others)
    return Graph(flow.name, flow.about, tuple(boxes), shown)


def _reached(flow: Flow) -> set[str]:
    found = {flow.start}
    waiting = [flow.start, *targets(flow.on_error)]
    found.update(waiting)
    while waiting:
        node = flow.nodes.get(waiting.pop())
        if node is None:
            continue
        for target in (arrow.target for arrow in _arrows(flow, [node])):
            if target not in found and target in flow.nodes:
                found.add(target)
                waiting.append(target)
    return found


def _box(flow: Flow, node: Node) -> Box:
    steps = list(all_steps(node.steps))
    lines = [f'"{shortened(words, FIRST_WORDS)}"'] if (words := _first_words(flow, node)) else []
    asked = [name for step in node.steps if isinstance(step, Ask) for name in step.slots]
    does = [f"asks {listed(asked)}"] if asked else []
    for step in steps:
        match step:
            case CallTool():
                does.append(f"calls {step.tool}")
            case Run():
                does.append(f"runs {step.flow}")
            case Agent():
                does.append(f"a model: {step.name}")
            case Transfer():
                does.append(f"hands over to {step.target or listed(step.targets, 'or')}")
            case Callback():
                does.append(f"calls back: {step.target}")
            case Record():
                does.append("takes a message")
            case Return():
                does.append(f"returns {step.outcome}")
            case End():
                does.append("ends the call" if step.outcome == "completed" else f"ends as {step.outcome}")
            case _:
                pass
    lines += [shortened(line, FIRST_WORDS + 6) for line in dict.fromkeys(does)][:3]
    return Box(node.name, node.name, tuple(lines), _kind(flow, node, steps))


def _kind(flow: Flow, node: Node, steps: list[Step]) -> Kind:
    if node.name == flow.start:
        return "start"
    if any(isinstance(step, Transfer | Callback | Record) for step in steps):
        return "person"
    ends = any(isinstance(step, End | Return) for step in steps)
    return "end" if ends and not any(True for _ in targets(node.steps)) else "node"


def _first_words(flow: Flow, node: Node) -> str:
    for step in node.steps:
        prompt: Prompt | None = None
        match step:
            case Say():
                prompt = step.prompt
            case Ask():
                slot = flow.slots.get(step.slots[0]) if step.slots else None
                prompt = step.open or (slot.ask if slot is not None else None)
            case Menu():
                prompt = step.prompt
            case Agent():
                prompt = step.open
            case End() | Transfer() | Record():
                prompt = step.say
            case _:
                pass
        if prompt is not None and prompt.variants:
            return text_of(prompt.variants[0])
    return ""


# ---- arrows


def _arrows(flow: Flow, nodes: list[Node]) -> Iterator[Arrow]:
    whole = _whole(flow)
    asks = False
    for node in nodes:
        yield from _ways(node.name, node.steps, "", dim=False)
        for question in questions_in(flow, node):
            asks = True
            own = {**node.commands, **question.settings.commands}
            for command in own.values():
                yield from _command(node.name, command)
            for kind in Trouble:
                rungs = ladder(flow, node, question.settings, kind)
                if rungs and rungs != flow.trouble.get(kind, ()):
                    for rung in rungs:
                        yield from _ways(node.name, rung.steps, _TROUBLES[kind], dim=True)
    if asks:
        yield from whole


def _whole(flow: Flow) -> tuple[Arrow, ...]:
    """What holds at every question."""
    found = [arrow for command in flow.commands.values() for arrow in _command(ANYWHERE, command)]
    for kind, rungs in flow.trouble.items():
        for rung in rungs:
            found += _ways(ANYWHERE, rung.steps, _TROUBLES[kind], dim=True)
    return tuple(arrow for arrow in found if arrow.target in flow.nodes or arrow.target.startswith(">"))


def _command(source: str, command: Command | None) -> Iterator[Arrow]:
    if command is not None and command.goto is not None:
        key = f" ({command.key})" if command.key else ""
        yield Arrow(source, command.goto, (f"{command.name}{key}",), dim=True)
    if command is not None:
        yield from _ways(source, command.steps, command.name, dim=True)


_TROUBLES: Final = {
    Trouble.NO_INPUT: "silence",
    Trouble.NO_MATCH: "not understood",
    Trouble.INVALID: "not possible",
}


def _ways(source: str, steps: tuple[Step, ...], label: str, *, dim: bool) -> Iterator[Arrow]:
    for step in steps:
        match step:
            case Goto():
                yield Arrow(source, step.node, (label,), dim)
            case Handoff():
                yield Arrow(source, f">{step.flow}", (label,), dim)
            case If():
                condition = condition_of(step.condition)
                yield from _ways(source, step.then, f"if {condition}", dim=dim)
                yield from _ways(source, step.otherwise, "else", dim=dim)
            case Menu():
                for option in step.options:
                    yield from _ways(source, option.steps, _option(option.name, option.key), dim=dim)
                if step.or_slot is not None and step.or_goto:
                    yield Arrow(source, step.or_goto, (step.or_slot,), dim)
                yield from _ways(source, step.chosen, "one of the list", dim=dim)
            case _ if isinstance(step, Routed):
                for result, route in step.on.items():
                    if isinstance(route, Repair):
                        yield Arrow(source, route.leave, (f"{result} {_times(route.times)}",), dim)
                    else:
                        yield from _ways(source, route, result, dim=dim)
                if isinstance(step, Transfer):
                    for option in step.meanwhile.options:
                        yield from _ways(source, option.steps, f"while waiting: {option.name}", dim=dim)
            case _:
                pass


def _option(name: str, key: str | None) -> str:
    return f"{name} ({key})" if key else name


def _times(times: int) -> str:
    return {1: "once", 2: "twice"}.get(times, f"{times} times")


def shortened(text: str, most: int) -> str:
    """Cut at a word."""
    if len(text) <= most:
        return text
    return text[: most - 1].rsplit(" ", 1)[0].rstrip(",;:. ") + "\u2026"
