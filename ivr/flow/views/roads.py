"""Every road a call can take through a flow, by its nodes and the facts that hold: what proofs are made of.

A road goes on through each way that nothing here can rule out: both ways of a condition but on facts alone, each result
of a tool, each option, each command and each rung of every question, and the step back that a correction takes. So what
holds on all of these roads holds on all calls.
"""

from dataclasses import dataclass, field
from typing import Final

from ivr.flow.checks.walk import all_steps, commands, ladder, leaves, questions_in
from ivr.flow.flow import (
    Agent,
    Ask,
    Bundle,
    Callback,
    CallTool,
    End,
    Flow,
    Forget,
    Goto,
    Grant,
    Handoff,
    If,
    Menu,
    Node,
    Record,
    Repair,
    Return,
    Routed,
    Run,
    SetStep,
    Step,
    ToolSpec,
    Transfer,
)
from ivr.flow.grammar.tree import And, Condition, Not, Or, Ref, Truth
from ivr.flow.types import Trouble

Facts = frozenset[str]


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a call can be. `path` is not part of it: one road that leads here, by nodes."""

    flow: str
    node: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class Call:
    """A tool called at a stand; `facts` hold right there. `by_model`: a model may call it there."""

    tool: ToolSpec
    stand: Stand
    facts: Facts
    step: Step
    by_model: bool = False


@dataclass(slots=True)
class Roads:
    """All that can be reached. `before`: for each stand those it is come to from; the first stand has none."""

    first: Stand
    others: frozenset[Stand] = frozenset()
    """Where a call that we make can begin as well: with a machine, a menu, a fax."""
    before: dict[Stand, list[Stand]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    leaving: set[Stand] = field(default_factory=set)
    """Stands in which the call can end, or comes to a person."""
    returning: set[Stand] = field(default_factory=set)
    """Stands in which a sub-flow can come back."""
    runners: dict[str, set[Stand]] = field(default_factory=dict)
    """Sub-flow to the stands in which it is run."""
    once: set[tuple[Stand, Stand]] = field(default_factory=set)
    """Ways that `on_error` takes, which is entered one time in a call."""
    cut: bool = False
    """There was too much to look at; nothing is proven then."""

    def ways_to(self, stand: Stand, most: int) -> tuple[tuple[Stand, ...], ...]:
        """Roads to it that pass no stand twice, the shortest first; `most` of them."""
        found: list[tuple[Stand, ...]] = []
        waiting: list[tuple[Stand, ...]] = [(stand,)]
        looked = 0
        while waiting and len(found) < most and looked < 20_000:
            looked += 1
            way = waiting.pop(0)
            if way[0] == self.first or way[0] in self.others:
                found.append(way)
                continue
            waiting.extend((before, *way) for before in self.before.get(way[0], ()) if before not in way)
        return tuple(found)


MOST_STANDS: Final = 20_000
HANDLERS: Final = frozenset({"on_hangup", "after_call"})


def roads_of(bundle: Bundle, flow: Flow) -> Roads:
    return _Walker(bundle, flow).roads()


def facts_hang_on(bundle: Bundle) -> dict[str, frozenset[str]]:
    """By fact: the names it hangs on, wherever it is granted."""
    found: dict[str, frozenset[str]] = {}
    for flow in bundle.flows.values():
        for node in flow.nodes.values():
            for step in all_steps(node.steps):
                if isinstance(step, Grant):
                    found[step.fact] = found.get(step.fact, frozenset()) | frozenset(step.names)
    return found


def holds(condition: Condition, facts: Facts) -> bool | None:
    """By facts alone; None where it depends on something else."""
    match condition:
        case Truth(Ref(path=(name,), fact=True)):
            return name in facts
        case Not(inner):
            known = holds(inner, facts)
            return None if known is None else not known
        case And(left, right):
            both = (holds(left, facts), holds(right, facts))
            return False if False in both else None if None in both else True
        case Or(left, right):
            both = (holds(left, facts), holds(right, facts))
            return True if True in both else None if None in both else False
        case _:
            return None


class _Walker:
    def __init__(self, bundle: Bundle, flow: Flow, facts: Facts = frozenset()) -> None:
        self._bundle = bundle
        self._hang = facts_hang_on(bundle)
        self._waiting = [Stand(flow.name, start, facts) for start in flow.starts]
        self._roads = Roads(self._waiting[0], frozenset(self._waiting[1:]))
        self._ended: dict[str, set[Facts]] = {}
        """By outcome: the facts with which the flow that was begun with goes back to the one that ran it."""
        self._by_error = False
        self._running: frozenset[str] = frozenset({flow.name})
        self._known: dict[tuple[str, Facts], dict[str, set[Facts]]] = {}

    def roads(self) -> Roads:
        roads = self._roads
        roads.before |= {stand: [] for stand in self._waiting}
        self._handlers()
        while self._waiting:
            if len(roads.before) > MOST_STANDS:
                roads.cut = True
                break
            stand = self._waiting.pop(0)
            flow = self._bundle.flows[stand.flow]
            node = flow.nodes.get(stand.node)
            if node is not None:
                self._node(flow, node, stand)
        return roads

    def _handlers(self) -> None:
        """What runs when the caller is gone: whatever held, a handler cannot count on."""
        flow = self._bundle.flows[self._roads.first.flow]
        for name, steps in (("on_hangup", flow.on_hangup), ("after_call", flow.after_call)):
            self._steps(flow, Stand(flow.name, name, frozenset()), steps, frozenset())

    def _node(self, flow: Flow, node: Node, stand: Stand) -> None:
        self._steps(flow, stand, node.steps, stand.facts)
        for question in questions_in(flow, node):
            for facts in self._facts_within(flow, node, stand.facts):
                for command in commands(flow, node, question.settings).values():
                    if command.goto is not None:
                        self._go(stand, flow.name, command.goto, facts)
                    self._steps(flow, stand, command.steps, facts)
                for kind in Trouble:
                    rungs = ladder(flow, node, question.settings, kind)
                    for rung in rungs:
                        self._steps(flow, stand, rung.steps, facts)
                    if not rungs or not leaves(rungs[-1].steps):
                        self._roads.leaving.add(stand)  # the engine's own ladder ends with a goodbye
                self._corrections(flow, stand, facts)
        self._by_error = True
        self._steps(flow, stand, flow.on_error, stand.facts)
        self._by_error = False

    def _facts_within(self, flow: Flow, node: Node, facts: Facts) -> set[Facts]:
        """The facts that may hold while a question of this node is open."""
        granted = {step.fact for step in all_steps(node.steps) if isinstance(step, Grant)}
        return {facts, facts | granted} if granted else {facts}

    def _corrections(self, flow: Flow, stand: Stand, facts: Facts) -> None:
        """Back to where a slot was asked, without the facts that hang on it."""
        if not facts:
            return
        for node in flow.nodes.values():
            for step in all_steps(node.steps):
                if isinstance(step, Ask):
                    for name in step.slots:
                        fewer = self._without(facts, (name,))
                        if fewer != facts:
                            self._go(stand, flow.name, node.name, fewer)
                elif isinstance(step, Run):
                    fewer = self._without(facts, step.keep)
                    if fewer != facts:
                        self._go(stand, flow.name, node.name, fewer)

    def _without(self, facts: Facts, names: tuple[str, ...]) -> Facts:
        return frozenset(fact for fact in facts if not self._hang.get(fact, frozenset()) & set(names))

    def _go(self, source: Stand, flow: str, node: str, facts: Facts) -> None:
        for name in self._flows_with(source, flow, node):
            stand = Stand(name, node, facts)
            if stand not in self._roads.before:
                self._roads.before[stand] = []
                self._waiting.append(stand)
            if source not in self._roads.before[stand] and source != stand:
                self._roads.before[stand].append(source)
                if self._by_error:
                    self._roads.once.add((source, stand))

    def _flows_with(self, source: Stand, flow: str, node: str) -> tuple[str, ...]:
        """The flow itself; where it has no such node, those that run it."""
        flows = self._bundle.flows
        if source.node in HANDLERS:
            return ()  # nobody is led anywhere any more
        if node in flows[flow].nodes:
            return (flow,)
        return tuple(name for name, other in flows.items() if flow in _run_by(other) and node in other.nodes)

    # ---- steps

    def _steps(self, flow: Flow, stand: Stand, steps: tuple[Step, ...], facts: Facts) -> set[Facts]:
        """The facts with which the end of the steps may be reached."""
        here = {facts}
        for step in steps:
            here = {after for before in here for after in self._step(flow, stand, step, before)}
            if not here:
                break
        return here

    def _step(self, flow: Flow, stand: Stand, step: Step, facts: Facts) -> set[Facts]:
        match step:
            case Goto():
                self._go(stand, flow.name, step.node, facts)
                return set()
            case End():
                self._roads.leaving.add(stand)
                return set()
            case Handoff():
                if step.flow in self._bundle.flows:
                    self._go(stand, step.flow, self._bundle.flows[step.flow].start, facts)
                return set()
            case Return():
                if flow.name == self._roads.first.flow:
                    self._ended.setdefault(step.outcome, set()).add(facts)
                self._roads.returning.add(stand)
                return set()
            case Grant():
                return {facts | {step.fact}}
            case Forget():
                return {self._without(facts, step.names)}
            case SetStep():
                return {self._without(facts, tuple(name for name, _ in step.values))}
            case If():
                return self._if(flow, stand, step, facts)
            case Menu():
                ends = [self._steps(flow, stand, option.steps, facts) for option in step.options]
                ends.append(self._steps(flow, stand, step.chosen, facts) if step.options_from is not None else set())
                if step.or_slot is not None and step.or_goto:
                    self._go(stand, flow.name, step.or_goto, self._without(facts, (step.or_slot,)))
                return set().union(*ends)
            case _ if isinstance(step, Routed):
                return self._routed(flow, stand, step, facts)
            case _:
                return {facts}

    def _if(self, flow: Flow, stand: Stand, step: If, facts: Facts) -> set[Facts]:
        known = holds(step.condition, facts)
        ends: set[Facts] = set()
        if known is not False:
            ends |= self._steps(flow, stand, step.then, facts)
        if known is not True:
            ends |= self._steps(flow, stand, step.otherwise, facts)
        return ends

    def _routed(self, flow: Flow, stand: Stand, step: Routed, facts: Facts) -> set[Facts]:
        if isinstance(step, Transfer | Callback | Record):
            self._roads.leaving.add(stand)
        if isinstance(step, CallTool) and step.tool in flow.tools:
            self._roads.calls.append(Call(flow.tools[step.tool], stand, facts, step))
        if isinstance(step, Agent):
            for name in step.tools:
                if name in flow.tools:
                    self._roads.calls.append(Call(flow.tools[name], stand, facts, step, by_model=True))
        ends: set[Facts] = set()
        inner = self._through(step, stand, facts) if isinstance(step, Run) else None
        for result, route in step.on.items():
            after = self._kept(flow, step, facts) if inner is None else inner.get(result, set())
            for held in after:
                if isinstance(route, Repair):
                    self._go(stand, flow.name, route.leave, self._without(held, route.retry))
                else:
                    ends |= self._steps(flow, stand, route, held)
        if isinstance(step, Transfer):
            for option in step.meanwhile.options:
                self._steps(flow, stand, option.steps, facts)
        if not step.on or isinstance(step, Callback):
            ends |= self._kept(flow, step, facts)
        return ends

    def _kept(self, flow: Flow, step: Routed, facts: Facts) -> set[Facts]:
        """What a look-up keeps, or a model fills, changes values that facts may hang on."""
        names: set[str] = set()
        if isinstance(step, CallTool) and step.tool in flow.tools:
            names = {keep.name for result in flow.tools[step.tool].results for keep in result.keep}
            names |= {name for route in step.on.values() if isinstance(route, Repair) for name in route.retry}
        elif isinstance(step, Agent):
            names = set(step.collect)
        return {facts, self._without(facts, tuple(names))}

    def _through(self, step: Run, stand: Stand, facts: Facts) -> dict[str, set[Facts]]:
        """By outcome: the facts that can hold when the sub-flow comes back. Its own roads are looked at as well."""
        inner = self._bundle.flows.get(step.flow)
        if inner is None or step.flow in self._running:
            return {}
        self._go(stand, inner.name, inner.start, facts)
        self._roads.runners.setdefault(inner.name, set()).add(stand)
        key = (inner.name, facts)
        if key not in self._known:
            walker = _Walker(self._bundle, inner, facts)
            walker._running = self._running | {inner.name}
            walker._known = self._known
            self._roads.cut |= walker.roads().cut
            self._known[key] = walker._ended
        dropped = self._without(facts, step.keep)
        return {
            outcome: {one for held in ends for one in (held, held - (facts - dropped))}
            for outcome, ends in self._known[key].items()
        }


def _run_by(flow: Flow) -> frozenset[str]:
    return frozenset(
        step.flow for node in flow.nodes.values() for step in all_steps(node.steps) if isinstance(step, Run)
    )
