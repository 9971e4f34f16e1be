"""The answers of a script, by the name of who would give them: a tool, a target, anything a flow waits for."""

from collections.abc import Sequence
from typing import Protocol

from ivr.flow import state as flow
from ivr.flow.scenario import Answer


class Answers(Protocol):
    """None: nobody answers."""

    def tool(self, effect: flow.CallToolEffect) -> Answer | flow.RawReply | None: ...

    def of(self, name: str, results: Sequence[str]) -> Answer | None:
        """The next answer of a target, or of another name in a flow; `results`: what it can be, for a person who is
        asked."""
        ...

    def message(self, name: str) -> Answer | None:
        """How a message ends, or fails, where that was given: else it is up to the caller."""
        ...

    def callback(self, target: str) -> Answer | None:
        """What becomes of a callback of this target: given as `TARGET callback`, or as the target where it fits."""
        ...

    def reply(self, agent: str) -> Answer | None:
        """The next reply of an agent's model."""
        ...
