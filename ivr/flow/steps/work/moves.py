"""The moves of the walk: from step to step, from node to node, and between flows that stand on each other."""

from typing import Final

from ivr.flow.state import Doing, DropModel, Standing
from ivr.flow.steps import path as paths
from ivr.flow.steps.copying import replace
from ivr.flow.steps.work.values import Keeping
from ivr.flow.text import Place

BUDGET: Final = 500
"""Steps walked without a word from the caller before the flow is taken for a loop."""


class Work(Keeping):
    """One event being worked on, with all that verbs may do."""

    def next(self) -> None:
        last = self.path[-1]
        assert isinstance(last, int)
        self.path = (*self.path[:-1], last + 1)

    def enter(self, branch: str) -> None:
        self.path = (*self.path, branch, 0)

    def stand(self, step: paths.Path) -> None:
        self.path = step

    def wait(self, doing: Doing) -> None:
        self.walking = False
        if self.state.doing is not doing:
            self.state = replace(self.state, doing=doing)

    def goto(self, node: str, place: Place | None) -> None:
        """Enter a node: a new visit, with fresh counters. A value that still waited for a yes is dropped."""
        self.drop_pending()
        self.leave_agent()
        if paths.is_aside(self.path):
            self.forget_said()
        while node not in self.flow.nodes and len(self.state.standings) > 1:
            self.note("node", self.flow.name, f"left for {node}", place)
            self.pop()
        if node not in self.flow.nodes:
            raise LookupError(f"no running flow has the node {node}")
        self.enter_node(node, place)

    def enter_node(self, node: str, place: Place | None = None) -> None:
        """A new visit of a node of the running flow, with fresh counters."""
        visits = {**self.at.visits, node: self.at.visits.get(node, 0) + 1}
        self.path = (0,)
        self.at = replace(self.at, node=node, visits=visits, tries={}, repairs={}, question=None)
        self.note("node", node, place=self.flow.nodes[node].place if place is None else place)

    def leave_agent(self) -> None:
        """A talk with a model is over: its reply is not wanted any more; what its tools answer is kept."""
        agency = self.at.agency
        if agency is None:
            return
        if agency.asking is not None:
            awaiting = {key: held for key, held in self.state.awaiting.items() if key != agency.asking}
            self.state = replace(self.state, awaiting=awaiting)
            self.wake(f"{agency.asking}:deadline", None)
            self.wake(f"{agency.asking}:filler", None)
            self.emit(DropModel(agency.asking))
        self.at = replace(self.at, agency=None)

    def push(self, standing: Standing) -> None:
        """Another flow begins; the one that was running waits where it stands."""
        held = replace(self.at, step=self.path)
        self._stand_on((*self.state.standings[:-1], held, standing))

    def pop(self) -> None:
        """The running flow is over; the one that ran it goes on from where it stood."""
        self._stand_on(self.state.standings[:-1])

    def start_over(self, standing: Standing) -> None:
        """Another flow takes the place of all that were running."""
        self._stand_on((standing,))

    def pop_to_first(self) -> None:
        """Handlers run in the flow the call began with, or was handed to."""
        if len(self.state.standings) > 1:
            self._stand_on(self.state.standings[:1])

    def _stand_on(self, standings: tuple[Standing, ...]) -> None:
        self.state = replace(self.state, standings=standings)
        self.at = standings[-1]
        self.path = self.at.step
        self.flow = self.bundle.flows[self.at.flow]
