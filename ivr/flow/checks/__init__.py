"""What is wrong with a flow that is written rightly: ways that lead nowhere, values that may be empty, keys that clash.

Errors keep a project from its callers; warnings say what callers would find odd, and can be waived with a reason.
"""

from collections.abc import Iterator, Mapping

from ivr.flow.checks.agents import check_agents
from ivr.flow.checks.asking import check_asking
from ivr.flow.checks.choices import check_choices
from ivr.flow.checks.filling import check_filling
from ivr.flow.checks.reach import check_dead_ends, check_hangup, check_ladders, check_loops, check_reach
from ivr.flow.checks.routes import check_questions, check_routes, check_tools
from ivr.flow.checks.sends import check_after_call, check_sends
from ivr.flow.checks.sense import check_sense
from ivr.flow.checks.spoken import check_copies, check_keys, check_privacy, check_prompts
from ivr.flow.flow import Api, Flow, Target
from ivr.flow.messages import Message
from ivr.flow.types import Privacy

__all__ = ["check_filling", "check_flow"]


def check_flow(flow: Flow, apis: Mapping[str, Api], targets: Mapping[str, Target], *, whole: bool) -> Iterator[Message]:
    """`whole` is False while parts of the flow could not be read: what could then only be the consequence of a mistake
    told already is not looked for."""
    privacy = private_names(flow)
    yield from check_dead_ends(flow)
    yield from check_hangup(flow)
    yield from check_routes(flow, targets, whole=whole)
    yield from check_agents(flow, whole=whole)
    yield from check_tools(flow, privacy, dict(apis))
    yield from check_sends(flow, privacy)
    yield from check_after_call(flow)
    yield from check_prompts(flow)
    yield from check_privacy(flow, privacy)
    yield from check_copies(flow, privacy)
    yield from check_keys(flow)
    yield from check_choices(flow)
    yield from check_asking(flow, whole=whole)
    yield from check_sense(flow)
    yield from check_loops(flow)
    if whole:
        yield from check_questions(flow)
        yield from check_ladders(flow)
        yield from check_reach(flow)


def private_names(flow: Flow) -> dict[str, Privacy]:
    """The privacy of every name that is not open."""
    found = {**flow.carried, **{slot.name: slot.privacy for slot in flow.slots.values()}}
    for tool in flow.tools.values():
        for result in tool.results:
            found.update({keep.name: keep.privacy for keep in result.keep})
    found["call.from"] = Privacy.PII
    return {name: class_ for name, class_ in found.items() if class_ is not Privacy.OPEN}
