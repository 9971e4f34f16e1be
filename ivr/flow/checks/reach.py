"""Where calls can get to: nodes nobody reaches, nodes and ladders that lead nowhere, loops without the caller."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from ivr.flow.checks.routes import results_of
from ivr.flow.checks.walk import (
    Question,
    all_steps,
    branches,
    falls,
    ladder,
    leaves,
    question_targets,
    questions_in,
    targets,
)
from ivr.flow.flow import Agent, Ask, CallTool, End, Flow, Goto, If, Menu, Node, Repair, Say, Step, Transfer
from ivr.flow.messages import Message
from ivr.flow.types import Trouble

UNREADABLE: Final = "unreadable"
"""The outcome of what stands in for a step that could not be read."""
ENGINE_RUNGS: Final = 3
"""The engine's own ladder leaves with its third rung."""


def check_dead_ends(flow: Flow) -> Iterator[Message]:
    for node in flow.nodes.values():
        if falls(node.steps):
            text = f'"{node.name}" can come to its end without leading anywhere.'
            leave = f"return: {next(iter(flow.outcomes))}" if flow.outcomes else "end: SENTENCE"
            fix = f"End it with  goto: NODE  or  {leave}  on every way through it."
            yield Message(node.place, "IVR603", text, width=len(node.name), fix=fix)
        yield from _never_reached(flow, node.steps)


def _never_reached(flow: Flow, steps: tuple[Step, ...]) -> Iterator[Message]:
    for step, behind in pairwise(steps):
        if not falls((step,)) and not _open(flow, step):
            text = "Nothing comes to this step: the one before it always leaves."
            yield Message(behind.place, "IVR606", text, "warning", fix="Take it out, or move it up.")
            break
    for step in steps:
        for inner in branches(step):
            yield from _never_reached(flow, inner)


def _open(flow: Flow, step: Step) -> bool:
    """Is there a mistake in how this step leaves, which is told already?"""
    if isinstance(step, CallTool) and step.tool in flow.tools:
        needed = results_of(flow.tools[step.tool])
        return any(must and result not in step.on for result, must in needed.items())
    return isinstance(step, End) and step.outcome == UNREADABLE


def check_reach(flow: Flow) -> Iterator[Message]:
    """Nodes of the flow's own file that no call comes to."""
    reached = set(flow.starts)
    waiting = [*flow.starts, *targets(flow.on_error), *targets(flow.on_limit)]
    while waiting:
        name = waiting.pop()
        node = flow.nodes.get(name)
        if node is None:
            continue
        reached.add(name)
        waiting.extend(found for found in _exits(flow, node) if found not in reached)
    for node in flow.nodes.values():
        if node.name not in reached and node.place.file == flow.place.file:
            text = f'No call ever comes to "{node.name}".'
            fix = f"Lead to it with  goto: {node.name},  or take it out."
            yield Message(node.place, "IVR601", text, "warning", len(node.name), fix)


def _exits(flow: Flow, node: Node) -> Iterator[str]:
    yield from targets(node.steps)
    for question in questions_in(flow, node):
        yield from question_targets(flow, node, question)


def check_ladders(flow: Flow) -> Iterator[Message]:
    for node in flow.nodes.values():
        for question in questions_in(flow, node):
            for kind in Trouble:
                yield from _ladder(flow, node, question, kind)


def _ladder(flow: Flow, node: Node, question: Question, kind: Trouble) -> Iterator[Message]:
    rungs = ladder(flow, node, question.settings, kind)
    if not rungs or len(rungs) < ENGINE_RUNGS or leaves(rungs[-1].steps):
        return
    last = rungs[-1].steps[-1]
    text = f'The last rung of {kind} does not leave, so the caller would be asked "{question.name}" for ever.'
    yield Message(last.place, "IVR604", text, fix="End the list with  {goto: NODE}  or  {end: SENTENCE}.")


@dataclass(frozen=True, slots=True)
class _Edge:
    node: str
    certain: bool
    """Taken whatever the values are."""


def check_loops(flow: Flow) -> Iterator[Message]:
    """Ways that come round to the same node without the caller having been asked anything."""
    edges = {name: tuple(_silent(node.steps, True)[0]) for name, node in flow.nodes.items()}
    told: set[frozenset[str]] = set()
    for name, node in flow.nodes.items():
        way = _way_round(name, edges)
        if way is None or frozenset(way[0]) in told:
            continue
        told.add(frozenset(way[0]))
        nodes, certain = way
        text = f"The way {' > '.join([*nodes, name])} comes round without asking the caller anything."
        fix = "Ask something on the way, or leave the loop by a condition on  visits."
        yield Message(node.place, "IVR605", text, "error" if certain else "warning", len(name), fix)


def _way_round(start: str, edges: dict[str, tuple[_Edge, ...]]) -> tuple[tuple[str, ...], bool] | None:
    waiting: list[tuple[tuple[str, ...], bool]] = [((start,), True)]
    seen: set[str] = set()
    while waiting:
        way, certain = waiting.pop(0)
        for edge in edges.get(way[-1], ()):
            if edge.node == start:
                return way, certain and edge.certain
            if edge.node not in seen:
                seen.add(edge.node)
                waiting.append(((*way, edge.node), certain and edge.certain))
    return None


def _silent(steps: tuple[Step, ...], certain: bool) -> tuple[list[_Edge], bool]:
    """Nodes gone to before anything is asked; and whether the end of the steps is reached silently."""
    found: list[_Edge] = []
    for step in steps:
        match step:
            case Goto():
                found.append(_Edge(step.node, certain))
                return found, False
            case Ask() | Menu() | Agent() | Transfer():
                return found, False
            case If():
                found.extend(_silent(step.then, False)[0])
                found.extend(_silent(step.otherwise, False)[0])
                certain = False
            case CallTool():
                for route in step.on.values():
                    if not isinstance(route, Repair):
                        found.extend(_silent(route, False)[0])
                certain = False
            case _:
                pass
        if not falls((step,)):
            return found, False
    return found, True


def check_hangup(flow: Flow) -> Iterator[Message]:
    for step in all_steps(flow.on_hangup):
        speaks = isinstance(step, Say | Ask | Menu | Agent | Transfer) or (
            isinstance(step, End) and step.say is not None
        )
        if speaks:
            text = "The caller is gone when on_hangup runs: nobody hears this."
            yield Message(step.place, "IVR304", text, fix="Take it out; tools can still be called here.")
