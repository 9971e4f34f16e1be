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
        """How the taking of a message fails, where that was given: anything else is up to the caller."""
        ...

    def reply(self, agent: str) -> Answer | None:
        """The next reply of an agent's model."""
        ...
