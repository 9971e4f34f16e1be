"""Whether the names in a scenario are names of the flow it tries: a wrong one would fail as if the flow were wrong."""

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from ivr.flow.flow import Bundle, CallTool, Flow, If, Menu, Step, ToolSpec, Transfer
from ivr.flow.messages import Message, nearest
from ivr.flow.scenario.values import (
    Answer,
    Asks,
    AtNode,
    CallsTool,
    Check,
    NeverCalls,
    NeverTransfersTo,
    Scenario,
    SlotIs,
    TransfersTo,
)
from ivr.flow.text import Place

TRANSFER_RESULTS: Final = ("answered", "no_answer", "busy", "failed", "caller_left")


def unknown_names(scenario: Scenario, bundle: Bundle) -> tuple[Message, ...]:
    """One message for each name that neither the flow nor the project has."""
    flow = bundle.flows.get(scenario.flow)
    if flow is None:
        return tuple(_unknown("flow", scenario.flow, bundle.flows, scenario.place))
    checks = [*scenario.throughout, *(check for turn in scenario.talk for check in turn.checks)]
    found = [message for check in checks for message in _in_check(check, flow, bundle)]
    for name, answers in scenario.given.answers.items():
        for answer in answers:
            found += _in_answer(name, answer, flow, bundle)
    for name in sorted(scenario.given.live):
        found += _unknown("tool", name, flow.tools, scenario.place)
    return tuple(dict.fromkeys(found))


def _in_check(check: Check, flow: Flow, bundle: Bundle) -> Iterable[Message]:
    match check:
        case Asks(question=name):
            questions = {*flow.slots, *flow.nodes, *(menu.name for menu in _menus(flow))}
            return _unknown("question", name, questions, check.place)
        case SlotIs(name=name):
            return _unknown("slot", name, {*flow.slots, *flow.vars, *_kept(flow)}, check.place)
        case AtNode(node=name):
            return _unknown("node", name, flow.nodes, check.place)
        case CallsTool(tool=name):
            tool = flow.tools.get(name)
            if tool is None:
                return _unknown("tool", name, flow.tools, check.place)
            return [m for key in check.arguments for m in _unknown("argument", key, tool.takes, check.place)]
        case NeverCalls(tool=name):
            return _unknown("tool", name, flow.tools, check.place)
        case TransfersTo(target=name):
            return _unknown("target", name, bundle.targets, check.place)
        case NeverTransfersTo(target=name) if name != "any":
            return _unknown("target", name, bundle.targets, check.place)
        case _:
            return ()


def _in_answer(name: str, answer: Answer, flow: Flow, bundle: Bundle) -> Iterable[Message]:
    tool = flow.tools.get(name)
    if tool is None:
        if name not in bundle.targets:
            return _unknown("tool or target", name, {*flow.tools, *bundle.targets}, answer.place)
        return _unknown("result", answer.result or TRANSFER_RESULTS[0], TRANSFER_RESULTS, answer.place)
    if answer.result is None:
        return ()
    kept = {spec.name: {keep.name for keep in spec.keep} for spec in tool.results}
    known = {*kept, *_own_results(tool)}
    if answer.result not in known:
        return _unknown("result", answer.result, known, answer.place)
    names = kept.get(answer.result, set())
    return [m for key in answer.kept for m in _unknown("kept value", key, names, answer.place)]


def _own_results(tool: ToolSpec) -> tuple[str, ...]:
    return ("failed", "unknown", "declined") if tool.changes_things else ("failed",)


def _unknown(what: str, name: str, known: Collection[str], place: Place) -> Iterator[Message]:
    if name in known:
        return
    near = nearest(name, known)
    fix = f'Did you mean "{near}"?' if near else f"There are: {', '.join(sorted(known))}." if known else ""
    code = "IVR103" if what == "node" else "IVR115" if what == "flow" else "IVR110"
    yield Message(place, code, f'There is no {what} "{name}" here.', fix=fix)


def _kept(flow: Flow) -> set[str]:
    return {keep.name for tool in flow.tools.values() for result in tool.results for keep in result.keep}


def _menus(flow: Flow) -> Iterator[Menu]:
    for node in flow.nodes.values():
        yield from _menus_in(node.steps)


def _menus_in(steps: Iterable[Step]) -> Iterator[Menu]:
    for step in steps:
        match step:
            case Menu():
                yield step
                for option in step.options:
                    yield from _menus_in(option.steps)
            case If():
                yield from _menus_in((*step.then, *step.otherwise))
            case CallTool() | Transfer():
                for route in step.on.values():
                    if isinstance(route, tuple):
                        yield from _menus_in(route)
            case _:
                pass
