"""Whether the names in a scenario are names of the flow it tries: a wrong one would fail as if the flow were wrong."""

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from ivr.flow.flow import Bundle, ToolSpec
from ivr.flow.flow.tools import SUMMARY
from ivr.flow.messages import Message, nearest
from ivr.flow.scenario.cast import Cast, cast_of
from ivr.flow.scenario.values import (
    Answer,
    Asks,
    AtNode,
    AttendantPresses,
    AttendantSpeaks,
    CallsTool,
    Check,
    Ends,
    HoldsFact,
    NeverCalls,
    NeverTransfersTo,
    Scenario,
    Sends,
    SlotIs,
    TransfersTo,
)
from ivr.flow.text import Place

TRANSFER_RESULTS: Final = ("answered", "no_answer", "busy", "closed", "failed", "caller_left")
RECORD_RESULTS: Final = ("done", "empty", "silence", "key", "full", "failed", "caller_left")
CALLBACK_RESULTS: Final = ("booked", "failed")
OF_CALLBACK: Final = " callback"
OUTCOMES: Final = ("completed", "transferred", "caller_left", "limit", "error")
"""How any call may end; a flow may add its own."""


def callback_of(target: str) -> str:
    """The name under which the answers of a target's callback are given, apart from those of the target itself."""
    return target + OF_CALLBACK


def unknown_names(scenario: Scenario, bundle: Bundle, known: Cast | None = None) -> tuple[Message, ...]:
    """One message for each name that neither the flows of the call nor the project have. `known`: the cast of the
    scenario's flow, where somebody has it already."""
    if scenario.flow not in bundle.flows:
        return tuple(_unknown("flow", scenario.flow, bundle.flows, scenario.place))
    known = known or cast_of(bundle, scenario.flow)
    checks = [*scenario.throughout, *(check for turn in scenario.talk for check in turn.checks)]
    found = [message for check in checks for message in _in_check(check, known)]
    for name, answers in scenario.given.answers.items():
        for answer in answers:
            found += _in_answer(name, answer, known)
    for name in sorted(scenario.given.live):
        found += _unknown("tool", name, known.tools, scenario.place)
    found += _after_the_end(scenario)
    return tuple(dict.fromkeys(found))


def _in_check(check: Check, known: Cast) -> Iterable[Message]:
    match check:
        case Asks(question=name):
            questions = {*known.slots, *known.nodes, *known.menus, *known.agents, SUMMARY}
            return _unknown("question", name, questions, check.place)
        case SlotIs(name=name):
            return _in_slot(check, known)
        case AtNode(node=name):
            return _unknown("node", name, known.nodes, check.place)
        case CallsTool(tool=name):
            if name not in known.tools:
                return _unknown("tool", name, known.tools, check.place)
            takes = {key for tool in known.tools[name] for key in tool.takes}
            return [m for key in check.arguments for m in _unknown("argument", key, takes, check.place)]
        case NeverCalls(tool=name):
            return _unknown("tool", name, known.tools, check.place)
        case TransfersTo(target=name):
            return _unknown("target", name, known.targets, check.place)
        case NeverTransfersTo(target=name) if name != "any":
            return _unknown("target", name, known.targets, check.place)
        case HoldsFact(fact=name):
            return _unknown("fact", name, known.facts, check.place)
        case Sends(kind=kind, name=name):
            what = "record" if kind == "record" else f"receiver of a {kind}"
            return _unknown(what, name, known.sends[kind], check.place)
        case Ends(outcome=name):
            return _unknown("outcome", name, {*OUTCOMES, *known.outcomes}, check.place, code="IVR183")
        case _:
            return ()


def _in_slot(check: SlotIs, known: Cast) -> Iterable[Message]:
    if check.name not in known.slots:
        return _unknown("slot", check.name, {*known.slots, *known.values}, check.place)
    options = known.slots[check.name]
    if not options or check.value is None:
        return ()
    several = (name.strip() for name in check.value.split(","))  # the items of a list
    return [_no_option(check, name, options) for name in several if name not in options]


def _no_option(check: SlotIs, name: str, options: Collection[str]) -> Message:
    near = nearest(name, options)
    fix = f'Did you mean "{near}"?' if near else f"There are: {', '.join(sorted(options))}."
    return Message(check.place, "IVR184", f'No option of {check.name} is called "{name}".', fix=fix)


# ---- answers


def _in_answer(name: str, answer: Answer, known: Cast) -> Iterable[Message]:
    """A name may stand for several (a target is called and calls back): one of them must be able to answer so."""
    if name in known.tools:
        return _in_tool_answer(name, answer, known.tools[name])
    if name in known.agents:
        return () if answer.reply is not None or answer.pending else [_no_reply(name, answer)]
    if name.endswith(OF_CALLBACK):
        target = name.removesuffix(OF_CALLBACK)
        unknown = tuple(_unknown("callback of a target", target, known.sends["callback"], answer.place))
        return unknown or _unknown("result", _said(answer), CALLBACK_RESULTS, answer.place)
    results: list[str] = []
    results += TRANSFER_RESULTS if name in known.targets else ()
    results += RECORD_RESULTS if name in known.sends["record"] else ()
    results += CALLBACK_RESULTS if name in known.sends["callback"] else ()
    if not results:
        everybody = {*known.tools, *known.targets, *known.agents, *known.sends["record"], *known.sends["callback"]}
        return _unknown("tool or target", name, everybody, answer.place)
    return _unknown("result", _said(answer), list(dict.fromkeys(results)), answer.place)


def _in_tool_answer(name: str, answer: Answer, tools: tuple[ToolSpec, ...]) -> Iterable[Message]:
    if answer.pending or answer.status is not None:
        return ()
    kept = {spec.name: {keep.name for keep in spec.keep} for tool in tools for spec in tool.results}
    known = {*kept, *(result for tool in tools for result in _own_results(tool))}
    if answer.result not in known:
        return _unknown("result", _said(answer), known, answer.place)
    names = kept.get(answer.result, set())
    return [m for key in answer.kept for m in _unknown("kept value", key, names, answer.place)]


def _own_results(tool: ToolSpec) -> tuple[str, ...]:
    return ("failed", "unknown", "declined") if tool.changes_things else ("failed",)


def _said(answer: Answer) -> str:
    return answer.result or ("pending" if answer.pending else "say" if answer.reply is not None else "status")


def _no_reply(name: str, answer: Answer) -> Message:
    text = f'"{name}" is an agent, and this is nothing a model could answer.'
    fix = "Write what it says, fills, calls or which exit it takes, or  down  or  blocked."
    return Message(answer.place, "IVR180", text, fix=fix)


# ---- the talk as a whole


def _after_the_end(scenario: Scenario) -> Iterator[Message]:
    """After a call is over nothing can be done any more."""
    ended: Ends | None = None
    for turn in scenario.talk:
        if ended is not None and turn.act is not None:
            others = isinstance(turn.act, AttendantSpeaks | AttendantPresses)
            text = f'The call is over by now ("{ended.outcome}", line {ended.place.line}), and the test goes on here.'
            fix = "Take the  end:  out there, or this turn." if not others else "Put the attendant's turn before it."
            yield Message(turn.place, "IVR185", text, fix=fix)
            return
        ended = next((check for check in turn.checks if isinstance(check, Ends)), ended)


def _unknown(what: str, name: str, known: Collection[str], place: Place, code: str = "") -> Iterator[Message]:
    if name in known:
        return
    near = nearest(name, known)
    fix = f'Did you mean "{near}"?' if near else f"There are: {', '.join(sorted(known))}." if known else ""
    code = code or ("IVR103" if what == "node" else "IVR115" if what == "flow" else "IVR110")
    yield Message(place, code, f'There is no {what} "{name}" here.', fix=fix)
