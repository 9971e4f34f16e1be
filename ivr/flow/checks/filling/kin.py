"""The flows of a project: which run which, where they go, and what facts hang on."""

from collections.abc import Collection, Mapping

from ivr.flow.checks.walk import own_steps, question_targets, questions_in, targets
from ivr.flow.checks.ways import MOST_FACTS, Filled
from ivr.flow.flow import Flow, Grant, Run


class Kin:
    """The flows of a project, and what is found out about the sub-flows among them."""

    def __init__(self, flows: Mapping[str, Flow]) -> None:
        self.flows = flows
        self._runs = {name: frozenset(s.flow for s in own_steps(f) if isinstance(s, Run)) for name, f in flows.items()}
        self.hangs: dict[str, frozenset[str]] = {}
        self.granted_by: dict[str, str] = {}
        for flow in flows.values():
            for step in own_steps(flow):
                if isinstance(step, Grant):
                    self.hangs[step.fact] = self.hangs.get(step.fact, frozenset()) | frozenset(step.names)
                    self.granted_by[step.fact] = flow.name
        self.exact = frozenset(list(self.hangs)[:MOST_FACTS])

    def runners(self, name: str) -> list[str]:
        return [other for other, runs in self._runs.items() if name in runs]

    def held(self, filled: Filled) -> frozenset[str]:
        """The facts that hold."""
        return frozenset(fact for fact in self.hangs if (fact,) in filled)

    def run_by(self, name: str, seen: frozenset[str] = frozenset()) -> frozenset[str]:
        """All flows that it runs, and that these run."""
        found = self._runs.get(name, frozenset()) - seen
        for inner in found:
            found |= self.run_by(inner, seen | found | {name})
        return found

    def falls_with(self, names: Collection[str]) -> list[str]:
        """Facts that hang on one of these names."""
        return [fact for fact, on in self.hangs.items() if not on.isdisjoint(names)]

    def exits(self, name: str, seen: frozenset[str] = frozenset()) -> frozenset[str]:
        """Nodes that a sub-flow may go to and has not itself."""
        flow = self.flows.get(name)
        if flow is None or name in seen:
            return frozenset()
        found = {node for step in own_steps(flow) for node in targets((step,))}
        for node in flow.nodes.values():
            for question in questions_in(flow, node):
                found.update(question_targets(flow, node, question))
        for inner in self._runs[name]:
            found |= self.exits(inner, seen | {name})
        return frozenset(found - set(flow.nodes))
