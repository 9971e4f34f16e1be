"""A model that answers from a script: for tests and trials, and the same every time."""

from collections import deque
from collections.abc import Mapping, Sequence

from ivr.errors import ModelRefused, ModelUnavailable
from ivr.flow.state import AskModel
from ivr.models.deadline import now_ms
from ivr.models.ports import ModelReply
from ivr.units import Millis


class ScriptedResponder:
    """`replies` by the name of the agent, given in turn; the last one repeats. An error among them is raised."""

    def __init__(self, replies: Mapping[str, Sequence[ModelReply | ModelRefused | ModelUnavailable]]) -> None:
        self._replies = {agent: deque(several) for agent, several in replies.items()}

    async def respond(self, request: AskModel, deadline: Millis) -> ModelReply:
        waiting = self._replies.get(request.agent)
        if not waiting or now_ms() >= deadline:
            raise ModelUnavailable(f"no reply is written for {request.agent}")
        reply = waiting.popleft() if len(waiting) > 1 else waiting[0]
        if isinstance(reply, ModelRefused | ModelUnavailable):
            raise reply
        return reply
