"""One session of /realtime: what it is told before each answer, how an answer is read, and how one is taken back."""

import time
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Final

from ivr.errors import ModelError, ModelRefused, ModelUnavailable
from ivr.flow.state import AskModel, ModelTool
from ivr.models.deadline import due_in, now_ms
from ivr.models.openai.far_end import FarEnd
from ivr.models.openai.faults import told_fault
from ivr.models.openai.instructions import instructions
from ivr.models.openai.realtime_ledger import Ledger
from ivr.models.openai.realtime_reply import RealtimeReply
from ivr.models.openai.realtime_socket import Event, Socket, open_socket
from ivr.models.openai.remembered import Asked
from ivr.models.openai.reply import BadReply
from ivr.models.ports import ReplyPart
from ivr.units import Millis

LASTS_MS: Final = 3_600_000
"""Where the far end does not say, and at most."""
AHEAD_MS: Final = 60_000
"""So long before its end a session is renewed, or a third of its time."""
LAST_MS: Final = 500
"""A session that ends so soon is asked nothing any more."""
TAKEN_BACK_MS: Final = 1_000
"""So long the end of an answer that was taken back is waited for; then the session is given up."""
MARK: Final = "ivr"
"""By this each answer is known as the one that was asked for."""
PCMU: Final[Mapping[str, str]] = {"type": "audio/pcmu"}
_HARMLESS: Final = frozenset({"response.cancel", "conversation.item.truncate", "conversation.item.delete"})
"""What they were to change is so already, or is past."""
_NOT_ACTIVE, _ACTIVE = "response_cancel_not_active", "conversation_already_has_active_response"
_TOO_SHORT, _EXPIRED = "input_audio_buffer_commit_empty", "session_expired"


class Session:
    """Used by one task at a time."""

    def __init__(self, socket: Socket, far_end: FarEnd, ledger: Ledger, ends_ms: Millis) -> None:
        began_ms = now_ms()
        self.socket, self._far_end, self._ledger = socket, far_end, ledger
        self.ends_ms = ends_ms
        self.renew_ms = Millis(ends_ms - min(AHEAD_MS, (ends_ms - began_ms) // 3))
        self.broken = False
        """What it holds is not known any more: no further answer is asked of it."""
        self.used = False
        self._set: dict[str, object] = {}
        self._numbers = count(1)
        self._last: tuple[AskModel, RealtimeReply] | None = None
        """An answer that was taken back, and may not be over."""

    @property
    def usable(self) -> bool:
        return self.socket.open and not self.broken and now_ms() < self.ends_ms - LAST_MS

    @property
    def is_due(self) -> bool:
        """Another should take its place."""
        return not self.usable or now_ms() >= self.renew_ms

    async def settle(self) -> None:
        """The end of an answer that was taken back. Raises: ModelError: nobody knows how it ended."""
        if self._last is None:
            return
        ask, reply = self._last
        due = due_in(TAKEN_BACK_MS)
        try:
            while not reply.over:
                for _ in self._take(await self.socket.receive(due), reply):
                    pass
        except BadReply as fault:
            raise self._far_end.garbage(str(fault)) from None
        self._last = None
        self._ledger.note_reply(ask, reply, ())

    async def answer(
        self, ask: AskModel, mulaw: bytes, reply: RealtimeReply, deadline: Millis
    ) -> AsyncGenerator[ReplyPart, None]:
        """Everything up to its end; `reply` is what has come of it. Closing it takes the answer back.

        Raises: ModelError."""
        due = self._far_end.first_due(deadline)
        self.used = self.broken = True
        await self._tell(ask, mulaw, reply)
        self.broken = False
        self._last = (ask, reply)
        try:
            while not reply.over:
                for part in self._take(await self.socket.receive(due), reply):
                    yield part
                if not reply.empty:
                    due = self._far_end.idle_due()
            reply.end()
            self._judge(reply)
        except BadReply as fault:
            self.broken = True
            raise self._far_end.garbage(str(fault)) from None
        except ModelError:
            self.broken = True
            raise
        finally:
            if not reply.over and not self.broken and self.socket.open:
                await self._take_back()

    def note(self, ask: AskModel, reply: RealtimeReply, asked: Sequence[Asked]) -> None:
        """The answer is whole, and this was taken up of it."""
        self._last = None
        self._ledger.note_reply(ask, reply, asked)

    async def close(self) -> None:
        await self.socket.close()

    # ---- what it is told

    async def set_up(self, voice: str, most_tokens: int) -> None:
        """Raises: ModelError."""
        shape = {
            "output_modalities": ["audio"],
            "max_output_tokens": most_tokens,
            "audio": {
                "input": {"format": PCMU, "turn_detection": None},
                "output": {"format": PCMU, "voice": voice},
            },
        }
        await self._send({"type": "session.update", "session": {"type": "realtime", **shape}})

    async def _tell(self, ask: AskModel, mulaw: bytes, reply: RealtimeReply) -> None:
        reply.mark = str(next(self._numbers))
        wanted: dict[str, object] = {"instructions": instructions(ask), "tools": flat_tools(ask.tools)}
        if wanted != self._set:
            changed = {name: value for name, value in wanted.items() if self._set.get(name) != value}
            await self._send({"type": "session.update", "session": {"type": "realtime", **changed}})
            self._set = wanted
        for event in self._ledger.catch_up(ask, mulaw):
            await self._send(event)
        await self._send({"type": "response.create", "response": {"metadata": {MARK: reply.mark}}})

    async def _take_back(self) -> None:
        try:
            await self._send({"type": "response.cancel"})
        except ModelError:
            self.broken = True

    async def _send(self, event: Mapping[str, Any]) -> None:
        """The number of an event tells its type, so that an error that names it tells what it is about."""
        await self.socket.send({"event_id": f"{next(self._numbers)}:{event['type']}", **event})

    # ---- what comes

    def _take(self, event: Event, reply: RealtimeReply) -> Iterator[ReplyPart]:
        """Raises: ModelError, BadReply."""
        kind = event["type"]
        if kind == "error":
            self._error(event, reply)
        elif kind == "session.updated":
            self._check_format(event)
        elif kind == "input_audio_buffer.committed":
            self._ledger.note_committed(str(event.get("item_id") or ""))
        elif kind.startswith("response.") and self._is_of(event, reply):
            yield from reply.take(event)

    def _is_of(self, event: Event, reply: RealtimeReply) -> bool:
        """What comes late of another answer is nobody's. Some far ends do not say which answer begins."""
        response = event.get("response")
        if event["type"] == "response.created":
            told = response.get("metadata") if isinstance(response, Mapping) else None
            mark = told.get(MARK) if isinstance(told, Mapping) else None
            return not reply.id and mark in (None, reply.mark)
        named = response.get("id") if isinstance(response, Mapping) else event.get("response_id")
        return bool(reply.id) and named == reply.id

    def _error(self, event: Event, reply: RealtimeReply) -> None:
        told = event.get("error")
        told = told if isinstance(told, Mapping) else {}
        code, (_, _, about) = told.get("code"), str(told.get("event_id") or "").partition(":")
        if code == _NOT_ACTIVE:
            reply.status = reply.status or "cancelled"
        elif code == _TOO_SHORT:
            self._ledger.note_committed("")
        elif code in (_EXPIRED, _ACTIVE):
            raise ModelUnavailable(f"{self._far_end.name} ended the session ({code})", "cut")
        elif about not in _HARMLESS:
            raise self._far_end.refused(told_fault(event))

    def _check_format(self, event: Event) -> None:
        """Sound in another format would be noise on the line."""
        found: object = event.get("session")
        for name in ("audio", "output", "format", "type"):
            found = found.get(name) if isinstance(found, Mapping) else None
        if isinstance(found, str) and found != PCMU["type"]:
            raise ModelRefused(f"{self._far_end.name} does not speak as the line does: it has no audio/pcmu", "request")

    def _judge(self, reply: RealtimeReply) -> None:
        """Raises: ModelError: it is no answer."""
        who = self._far_end
        if reply.status == "failed":
            raise ModelUnavailable(f"{who.name} failed", "fault") if reply.fault is None else who.refused(reply.fault)
        if reply.status == "cancelled":
            raise ModelUnavailable(f"{who.name} took its answer back", "cut")
        if reply.cut == "filter" and reply.empty:
            raise ModelRefused(f"the words were held back by {who.name}", "words")


async def open_session(
    far_end: FarEnd, model: str, ledger: Ledger, due: Millis, *, voice: str, most_tokens: int
) -> Session:
    """Raises: ModelError."""
    socket = await open_socket(far_end, model, due)
    try:
        event = await socket.receive(due)
        if event["type"] == "error":
            raise far_end.refused(told_fault(event))
        if event["type"] != "session.created":
            raise far_end.garbage("something other than a session")
        session = Session(socket, far_end, ledger, Millis(now_ms() + _lasts_ms(event.get("session"))))
        await session.set_up(voice, most_tokens)
    except BaseException:
        await socket.close()
        raise
    return session


def flat_tools(tools: Sequence[ModelTool]) -> list[dict[str, Any]]:
    """Without the level that a chat has in between."""
    return [
        {"type": "function", "name": tool.name, "description": tool.about, "parameters": tool.parameters}
        for tool in tools
    ]


def _lasts_ms(told: object) -> int:
    """Two clocks are compared: what cannot be is not believed."""
    ends = told.get("expires_at") if isinstance(told, Mapping) else None
    if not isinstance(ends, int | float) or isinstance(ends, bool):
        return LASTS_MS
    left = round((ends - time.time()) * 1000)
    return min(left, LASTS_MS) if left > LAST_MS else LASTS_MS
