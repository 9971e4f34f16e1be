"""Everything a call that begins in a flow may meet: questions, nodes, tools, people, in that flow and those it runs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ivr.flow.checks.walk import own_steps
from ivr.flow.flow import (
    Agent,
    Bundle,
    Callback,
    End,
    Flow,
    Grant,
    Handoff,
    Menu,
    Page,
    Post,
    Record,
    Run,
    TextMessage,
    ToolSpec,
)
from ivr.flow.scenario.values import SEND_KINDS


@dataclass(slots=True)
class Cast:
    """Names by what they are names of. `slots`: with their options, none where the values are free."""

    targets: frozenset[str]
    slots: dict[str, frozenset[str]] = field(default_factory=dict)
    values: set[str] = field(default_factory=set)
    """Variables and kept values."""
    nodes: set[str] = field(default_factory=set)
    menus: set[str] = field(default_factory=set)
    tools: dict[str, tuple[ToolSpec, ...]] = field(default_factory=dict)
    agents: set[str] = field(default_factory=set)
    facts: set[str] = field(default_factory=set)
    outcomes: set[str] = field(default_factory=set)
    sends: Mapping[str, set[str]] = field(default_factory=lambda: {kind: set() for kind in SEND_KINDS})


def cast_of(bundle: Bundle, flow: str) -> Cast:
    """Raises KeyError for a flow the project does not have."""
    found = Cast(frozenset(bundle.targets))
    for one in reached(bundle, flow):
        _add(found, one)
    return found


def reached(bundle: Bundle, flow: str) -> tuple[Flow, ...]:
    """A flow, those it runs or hands over to, and so on; each once, in the order in which they are met."""
    found = {flow: bundle.flows[flow]}
    waiting = [flow]
    while waiting:
        for name in _next_flows(found[waiting.pop(0)]):
            if name in bundle.flows and name not in found:
                found[name] = bundle.flows[name]
                waiting.append(name)
    return tuple(found.values())


def _next_flows(flow: Flow) -> Iterator[str]:
    for step in own_steps(flow):
        if isinstance(step, Run | Handoff):
            yield step.flow


def _add(found: Cast, flow: Flow) -> None:
    for slot in flow.slots.values():
        options = frozenset(option.name for option in slot.options)
        found.slots[slot.name] = found.slots.get(slot.name, frozenset()) | options
    found.values |= set(flow.vars)
    found.nodes |= set(flow.nodes)
    for tool in flow.tools.values():
        if tool not in found.tools.get(tool.name, ()):
            found.tools[tool.name] = (*found.tools.get(tool.name, ()), tool)
        found.values |= {keep.name for result in tool.results for keep in result.keep}
    for step in own_steps(flow):
        match step:
            case Menu():
                found.menus.add(step.name)
            case Agent():
                found.agents.add(step.name)
            case Grant():
                found.facts.add(step.fact)
            case End():
                found.outcomes.add(step.outcome)
            case Record():
                found.sends["record"].add(step.name)
            case Callback():
                found.sends["callback"].add(step.target)
            case TextMessage():
                found.sends["text"].add(step.to)
            case Page():
                found.sends["page"].add(step.contact)
            case Post():
                found.sends["post"].add(step.contact or step.api)
            case _:
                pass
