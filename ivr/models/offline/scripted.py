"""A model that answers from a script: for tests and trials, and the same every time."""

from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ivr.audio.pcm import Pcm
from ivr.errors import ModelRefused, ModelUnavailable
from ivr.flow.state import AskModel, ModelRequest
from ivr.models.deadline import now_ms
from ivr.models.ports import OpenQuestion, ReplyDone, ReplyPart, ReplySound, ReplyWords, Understood
from ivr.units import Millis


@dataclass(frozen=True, slots=True)
class Written:
    """One reply. `pieces`: words and sound in the order in which they come; an error among them is raised there."""

    pieces: tuple[str | Pcm | ModelUnavailable | ModelRefused, ...] = ()
    requests: tuple[ModelRequest, ...] = ()
    cost: Decimal = Decimal(0)


class ScriptedUnderstander:
    """`meanings` by the caller's words, in lower case; what is not among them is unclear. An error is raised."""

    def __init__(
        self,
        meanings: Mapping[str, Mapping[str, object] | ModelUnavailable | ModelRefused],
        hears_hz: int | None = None,
    ) -> None:
        self._meanings = dict(meanings)
        self.hears_hz = hears_hz

    async def understand(self, question: OpenQuestion, words: str, sound: Pcm | None, deadline: Millis) -> Understood:
        if now_ms() >= deadline:
            raise ModelUnavailable("asked after the deadline")
        meaning = self._meanings.get(words.strip().rstrip(".?!").lower(), {"unclear": True})
        if isinstance(meaning, ModelUnavailable | ModelRefused):
            raise meaning
        return Understood(meaning)


class ScriptedResponder:
    """`replies` by the name of the agent, given in turn; the last one repeats."""

    hears_hz: int | None = None

    def __init__(self, replies: Mapping[str, Sequence[Written]]) -> None:
        self._replies = {agent: deque(several) for agent, several in replies.items()}

    async def respond(self, request: AskModel, sound: Pcm | None, deadline: Millis) -> AsyncGenerator[ReplyPart, None]:
        waiting = self._replies.get(request.agent)
        if not waiting or now_ms() >= deadline:
            raise ModelUnavailable(f"no reply is written for {request.agent}")
        reply = waiting.popleft() if len(waiting) > 1 else waiting[0]
        for piece in reply.pieces:
            if isinstance(piece, ModelUnavailable | ModelRefused):
                raise piece
            yield ReplyWords(piece) if isinstance(piece, str) else ReplySound(piece)
        yield ReplyDone(reply.requests, reply.cost)
