"""`run:` another flow and come back with its outcome; `return:`; `handoff:` to one that does not come back.

The flows that are running stand on each other; the last one walks. Their names never meet: a value goes in as an input
and comes out as an output that is kept.
"""

from collections.abc import Mapping

from ivr.flow.flow import Bundle, Flow, Handoff, Return, Run
from ivr.flow.grammar.tree import Template
from ivr.flow.state import Asked, Ran, Slot, Standing
from ivr.flow.steps import path as paths
from ivr.flow.steps.call import route
from ivr.flow.steps.copying import replace
from ivr.flow.steps.values import template_value
from ivr.flow.steps.work import Work
from ivr.flow.types import Source, Value

KEPT_RUNS = 8
"""How many sub-flows that came back a flow remembers: their answers can be put right."""


def run(work: Work, step: Run) -> None:
    if work.mute:
        work.next()
        return
    given = _given(work, step.flow, step.arguments)
    known = _ran_here(work, given) if work.at.correcting else None
    if known is not None:
        route(work, step, known.outcome)
        return
    work.at = replace(work.at, question=None)
    work.push(standing(work.bundle, step.flow, given))
    work.enter_node(work.at.node)


def standing(bundle: Bundle, name: str, given: Mapping[str, Slot]) -> Standing:
    """A flow before its first step, with its inputs in."""
    flow = bundle.flows[name]
    filled = {key: slot for key, slot in given.items() if flow.inputs[key].fills and slot.value is not None}
    held = {key: slot.value for key, slot in given.items() if not flow.inputs[key].fills and slot.value is not None}
    variables = {key: spec.value for key, spec in flow.vars.items()}
    return Standing(name, flow.start, (0,), slots=filled, vars=variables, kept=held)


def _given(work: Work, name: str, arguments: Mapping[str, Template]) -> dict[str, Slot]:
    """The inputs' values: as written, else of the same name here."""
    given: dict[str, Slot] = {}
    for key in work.bundle.flows[name].inputs:
        template = arguments.get(key)
        held = work.at.slots.get(key)
        if template is not None:
            given[key] = Slot(template_value(work, template), Source.SET)
        elif held is not None and held.settled:
            given[key] = held
        elif _exists(work.flow, key):
            given[key] = Slot(work.value((key,)), Source.SET)
    return given


def _exists(flow: Flow, name: str) -> bool:
    if name in flow.slots or name in flow.vars or name in flow.carried:
        return True
    return any(keep.name == name for tool in flow.tools.values() for result in tool.results for keep in result.keep)


def _ran_here(work: Work, given: Mapping[str, Slot]) -> Ran | None:
    """It ran at this step before, with the same values in, and nothing of what it gave has changed since: on the way
    forward after a correction it is not run again."""
    found = next((ran for ran in work.at.ran if (ran.node, ran.step) == (work.at.node, work.path)), None)
    if found is None or found.given != _values(given):
        return None
    same = all(work.value((name,)) == value for name, value in found.gave)
    held = found.facts <= frozenset(work.state.facts)
    return found if same and held else None


def _values(given: Mapping[str, Slot]) -> tuple[tuple[str, Value | None], ...]:
    return tuple((name, slot.value) for name, slot in given.items())


def come_back(work: Work, step: Return) -> None:
    """The outcome and its outputs go to the flow that ran this one; `keep:` takes what the outcome fills."""
    if len(work.state.standings) == 1:
        work.walking = False
        return
    inner, flow = replace(work.at, step=work.path), work.flow
    given = tuple((key, work.value((key,))) for key in flow.inputs)
    outputs = {name: _output(work, name) for name in flow.outcomes[step.outcome]}
    work.pop()
    outer = work.step()
    assert isinstance(outer, Run)
    kept = {name: outputs[name] for name in outer.keep if name in outputs}
    _keep(work, kept)
    gave = tuple((name, slot.value) for name, slot in kept.items())
    ran = Ran(work.at.node, work.path, given, gave, step.outcome, frozenset(work.state.facts), inner)
    earlier = tuple(r for r in work.at.ran if (r.node, r.step) != (ran.node, ran.step))
    asked = tuple(a for a in work.at.asked if (a.question, a.node, a.step) != (paths.RAN, ran.node, ran.step))
    mark = Asked(paths.RAN, work.at.node, work.path, work.at.slots)
    work.at = replace(work.at, ran=(*earlier, ran)[-KEPT_RUNS:], asked=(*asked, mark) if inner.asked else asked)
    work.walking = True
    work.note("tool", flow.name, step.outcome, outer.place)
    if outer.outcomes:
        route(work, outer, step.outcome)
    else:
        work.next()


def _output(work: Work, name: str) -> Slot:
    held = work.at.slots.get(name)
    return held if held is not None else Slot(work.value((name,)), Source.SET)


def _keep(work: Work, kept: Mapping[str, Slot]) -> None:
    """Into the slot of that name, else as a kept value. What look-ups here kept by an earlier value is gone; a fact
    that hangs on a value holds: it is the one it was granted with."""
    work.drop_kept(frozenset(name for name, slot in kept.items() if slot.value != work.value((name,))))
    slots, values = dict(work.at.slots), dict(work.at.kept)
    for name, slot in kept.items():
        if name in work.flow.slots and slot.value is not None:
            slots[name] = slot
        elif slot.value is None:
            slots.pop(name, None)
            values.pop(name, None)
        else:
            values[name] = slot.value
    work.at = replace(work.at, slots=slots, kept=values)


def hand_over(work: Work, step: Handoff) -> None:
    if work.mute:
        work.next()
        return
    given = _given(work, step.flow, step.arguments)
    work.drop_pending()
    work.leave_agent()
    work.start_over(standing(work.bundle, step.flow, given))
    work.enter_node(work.at.node)
    work.arm_limit()
