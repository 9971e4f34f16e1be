"""Ends of calls that no test reaches: nobody would notice when a change breaks the way there."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from ivr.call.textrun.coverage import Survey, Way
from ivr.call.textrun.runner import run_scenario
from ivr.flow.checks.advice import top_level
from ivr.flow.checks.walk import own_steps
from ivr.flow.flow import Bundle, Transfer
from ivr.flow.messages import Message
from ivr.flow.scenario import Scenario
from ivr.flow.text import Place

MOST_TOLD = 3
"""Of one flow; `ivr test --coverage` tells all."""


def untested_ends(bundle: Bundle, scenarios: Iterable[Scenario]) -> Iterator[Message]:
    """`scenarios` without mistakes in their names; those that call something real are not run. Of a flow that has no
    test at all that alone is told."""
    survey = Survey.of(bundle, top_level(bundle))
    taken: set[Way] = set()
    tried: set[str] = set()
    for scenario in scenarios:
        tried.add(scenario.flow)
        if not scenario.given.live and scenario.flow in bundle.flows:
            taken |= survey.taken(run_scenario(bundle, scenario).happened)
    if not tried:
        entry = bundle.flows.get(bundle.entry_default) or next(iter(bundle.flows.values()))
        text = f'Nothing tests "{entry.name}": no end of a call is reached by a test.'
        yield Message(entry.place, "IVR608", text, "warning", fix=f"Write tests/{entry.name}.test.yaml.")
        return
    ends = sorted(_ends(bundle, survey, taken), key=lambda end: end[0])
    for _, of_file in groupby(ends, key=lambda end: end[0].file):
        told = list(of_file)
        for at, (place, what) in enumerate(told[:MOST_TOLD]):
            left = len(told) - MOST_TOLD
            more = f" So it is with {left} more: ivr test --coverage" if at == MOST_TOLD - 1 and left > 0 else ""
            fix = f"Write one whose caller gets there.{more}"
            yield Message(place, "IVR608", f"No test comes to {what}.", "warning", fix=fix)


def _ends(bundle: Bundle, survey: Survey, taken: set[Way]) -> Iterator[tuple[Place, str]]:
    for way in survey.ways:
        if way.kind == "outcome" and way not in taken:
            yield way.place, "this end of the call"
    transfers = {
        f"{step.place.file}:{step.place.line}": step
        for flow in bundle.flows.values()
        for step in own_steps(flow)
        if isinstance(step, Transfer)
    }
    at = {way.at for way in taken if way.kind == "result"}
    known = {way.at for way in survey.ways if way.kind == "result"}
    for line, step in transfers.items():
        if line in known and line not in at:
            yield step.place, f"the transfer to {step.target or 'somebody'}"
