"""The flows of a project as they see each other: what each takes and gives, who runs whom, which facts are granted."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.flow.flow import Input
from ivr.flow.grammar.names import Named
from ivr.flow.text import Place


@dataclass(frozen=True, slots=True)
class Signature:
    """A flow as others see it. `outcomes`: each with the outputs it fills; a flow with any is a sub-flow."""

    name: str
    place: Place
    inputs: Mapping[str, Input]
    outcomes: Mapping[str, tuple[str, ...]]
    outputs: Mapping[str, Named]
    nodes: Mapping[str, Place]
    makes_calls: bool
    """It says who or what may answer: it is begun by a call that we make."""
    runs: frozenset[str]
    hands_to: frozenset[str]

    @property
    def is_sub(self) -> bool:
        return bool(self.outcomes)


@dataclass(frozen=True, slots=True)
class Family:
    """All flows of a project, and the facts that any of them grants."""

    flows: Mapping[str, Signature] = field(default_factory=dict)
    facts: Mapping[str, Place] = field(default_factory=dict)
    """Fact to where it is granted first."""
    common_nodes: Mapping[str, Place] = field(default_factory=dict)
    """The project's own nodes."""
    needed: frozenset[str] = frozenset()
    """Facts that tools need, granted or not."""
    unread: frozenset[str] = frozenset()
    """Flows whose files could not be read."""

    def hangs_on_unread(self, name: str) -> bool:
        """What is wrong with this flow cannot be told from what follows of a file that could not be read: it runs that
        flow, or may be run by it."""
        flow = self.flows.get(name)
        return (
            flow is not None and bool(self.unread) and (flow.is_sub or bool((flow.runs | flow.hands_to) & self.unread))
        )

    def makes_calls(self, name: str) -> bool:
        flow = self.flows.get(name)
        return flow is not None and flow.makes_calls

    def runners(self, name: str) -> tuple[Signature, ...]:
        return tuple(flow for flow in self.flows.values() if name in flow.runs)

    def beyond(self, name: str, seen: frozenset[str] = frozenset()) -> Mapping[str, Place]:
        """Nodes outside a sub-flow that it can go to, whoever runs it: those that each flow that runs it has."""
        found: dict[str, Place] | None = None
        for flow in self.runners(name):
            if flow.name in seen:
                continue
            outer = self.beyond(flow.name, seen | {name}) if flow.is_sub else self.common_nodes
            here = {**outer, **flow.nodes}
            found = here if found is None else {node: at for node, at in found.items() if node in here}
        return dict(self.common_nodes) if found is None else found

    def goes_round(self, name: str) -> tuple[str, ...]:
        """The flows of a circle of `run` that begins here; empty if there is none."""
        return self._round(name, (name,))

    def _round(self, first: str, way: tuple[str, ...]) -> tuple[str, ...]:
        flow = self.flows.get(way[-1])
        for inner in sorted(flow.runs) if flow is not None else ():
            if inner == first:
                return (*way, inner)
            if inner not in way:
                found = self._round(first, (*way, inner))
                if found:
                    return found
        return ()
