"""One request to /chat/completions, asked and read: streamed or not, whatever the far end makes of that."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

import msgspec

from ivr.errors import ModelUnavailable
from ivr.models.deadline import due_in
from ivr.models.openai.far_end import Answer, FarEnd
from ivr.models.openai.faults import Fault
from ivr.models.openai.reply import BadReply, FaultTold, Reply
from ivr.models.openai.sse import Events, EventTooLong
from ivr.models.ports import ReplyPart
from ivr.units import Millis

PATH: Final = "/chat/completions"
BETWEEN_MS: Final = 10_000
"""From one part of a reply to the next, where signs of life come but nothing of use."""
AFTER_FINISH_MS: Final = 300
"""What comes behind the finish is its usage, and the end; nobody waits for it longer."""
_DONE: Final = b"[DONE]"
_SPARED: Final = {"max_completion_tokens": "max_tokens"}
_SPARE: Final = frozenset(
    {"stream_options", "max_completion_tokens", "temperature", "parallel_tool_calls", "tool_choice", "n"}
)
"""What a request goes without where a far end does not know it, or under the name that it had before."""

Body = dict[str, Any]


class FaultAnswered(Exception):
    """The far end refused before it gave anything."""

    def __init__(self, fault: Fault) -> None:
        super().__init__()
        self.fault = fault


class Completions:
    """The endpoint of one far end, with what is known of its ways."""

    def __init__(self, far_end: FarEnd) -> None:
        self.far_end = far_end
        self._spared: set[str] = set()
        self._needs_sound = False
        """The model refuses to read and to write without any sound at all."""

    async def ask(self, body: Body, reply: Reply, deadline: Millis) -> AsyncGenerator[ReplyPart, None]:
        """The parts as they come; after the last one `reply` holds all the rest. Closing it takes the request back.

        Raises: FaultAnswered: refused at once; ModelError: any other way.
        """
        due = self.far_end.first_due(deadline) if body.get("stream") else deadline
        while True:
            content = msgspec.json.encode(self._fitting(body))
            async with self.far_end.post(PATH, content, due=due) as answer:
                fault = await answer.fault()
                if fault is None:
                    async with aclosing(self._checked(answer, reply, due)) as parts:
                        async for part in parts:
                            yield part
                    return
            if not (self._spares(fault, body) or self._learns_sound(fault, body)):
                raise FaultAnswered(fault)

    async def _checked(self, answer: Answer, reply: Reply, due: Millis) -> AsyncGenerator[ReplyPart, None]:
        """Raises: FaultAnswered, ModelError."""
        try:
            async with aclosing(self._read(answer, reply, due)) as parts:
                async for part in parts:
                    yield part
        except FaultTold as told:
            if reply.empty:
                raise FaultAnswered(told.fault) from None
            raise self.far_end.refused(told.fault) from None
        except (BadReply, EventTooLong) as bad:
            raise self.far_end.garbage(str(bad)) from None
        await answer.finish()

    def _spares(self, fault: Fault, body: Body) -> bool:
        """Whether the far end does not know something that can be left out: it is, from now on."""
        param = fault.param
        if fault.status not in (400, 422) or param not in _SPARE or param in self._spared or param not in body:
            return False
        self._spared.add(param)
        return True

    def _learns_sound(self, fault: Fault, body: Body) -> bool:
        refused = fault.status == 400 and fault.code == "invalid_value" and fault.param == "model"
        if not refused or self._needs_sound or _sounds(body):
            return False
        self._needs_sound = True
        return True

    def _fitting(self, body: Body) -> Body:
        if self._needs_sound and not _sounds(body):
            form = "pcm16" if body.get("stream") else "wav"
            body = body | {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": form}}
        if not self._spared:
            return body
        kept = {name: value for name, value in body.items() if name not in self._spared}
        others = {_SPARED[name]: body[name] for name in self._spared if name in _SPARED and name in body}
        return kept | others

    async def _read(self, answer: Answer, reply: Reply, due: Millis) -> AsyncGenerator[ReplyPart, None]:
        """Raises: BadReply, FaultTold, EventTooLong, ModelUnavailable."""
        first = await _first(answer, due)
        if first[:1] in (b"{", b"["):
            for part in reply.whole(_decoded(first + await answer.whole(due))):
                yield part
            return
        if first[:1] == b"<" or not first:
            raise BadReply("a page for people" if first else "nothing")
        async with aclosing(self._streamed(answer, reply, first, due)) as parts:
            async for part in parts:
                yield part

    async def _streamed(
        self, answer: Answer, reply: Reply, piece: bytes, due: Millis
    ) -> AsyncGenerator[ReplyPart, None]:
        events = Events()
        while True:
            ended = not piece
            for event in events.flush() if ended else events.feed(piece):
                if event.data.strip() == _DONE:
                    for part in reply.end():
                        yield part
                    if reply.finish is None and reply.empty:
                        raise BadReply("nothing")
                    return
                for part in reply.chunk(_decoded(event.data)):
                    due = due_in(BETWEEN_MS)
                    yield part
            if ended:
                break
            try:
                piece = await answer.piece(due if reply.finish is None else due_in(AFTER_FINISH_MS))
            except ModelUnavailable:
                if reply.finish is None:
                    raise
                break
        for part in reply.end():
            yield part
        if reply.finish is None:
            raise ModelUnavailable(f"{self.far_end.name} broke off an answer", "cut")


def _sounds(body: Body) -> bool:
    """Whether sound is in the request, or asked for."""
    return "audio" in body or any(
        part.get("type") == "input_audio"
        for message in body["messages"]
        if isinstance(message.get("content"), list)
        for part in message["content"]
    )


async def _first(answer: Answer, due: Millis) -> bytes:
    """The body up to its first sign."""
    got = b""
    while not got:
        piece = await answer.piece(due)
        if not piece:
            break
        got = piece.lstrip(b" \r\n\t")
    return got


def _decoded(data: bytes) -> object:
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise BadReply("something other than JSON") from None
