"""Conversations in writing: each message takes its call up where it stood, wherever that was, and lets go of it again.

Between two messages nobody has the call and nothing of it is in memory: it is worked out from the journal each time, so
a server that starts anew, or another worker, goes on with it like any other. Messages of one conversation are answered
one after the other. Who has not written for some time has left.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from weakref import WeakValueDictionary

import structlog

from ivr.call import events as ev
from ivr.call.machine import WRITTEN
from ivr.errors import StoreError
from ivr.flow import state as flow
from ivr.flow.flow import Bundle
from ivr.live.process import Process
from ivr.live.resume import Standstill
from ivr.live.writing import WrittenCall
from ivr.store import CallKey, CallRow, Chats, Entry, NewChat, NotOpened
from ivr.units import CallId

log = structlog.get_logger("ivr.live")

AT_ONCE: Final = 32
"""Messages that one process answers at the same time; the next one is told to come again."""
TAKE_UP_S: Final = 10.0
"""A conversation whose journal cannot be read through by then does not go on."""
KEPT_S: Final = 5.0
LOOK_S: Final = 15.0
_ANSWERS: Final = ("flow.Heard", "flow.KeysEntered")
LEFT: Final = "nothing was written for too long"


@dataclass(frozen=True, slots=True)
class Message:
    """`request`: its name, which tells it from every other one; the same name twice is the same message."""

    conversation: str
    words: str
    caller: str
    dialled: str
    flow: str
    request: str
    language: str | None = None
    again: bool = False
    """It was sent before, and nobody knows what became of it."""


@dataclass(frozen=True, slots=True)
class Replied:
    """`outcome` None: the conversation goes on."""

    call_id: CallId
    replies: tuple[str, ...]
    outcome: str | None


class Busy(Exception):
    """Told to who asked. `full`: so many conversations are open as may be; else so many messages are being answered."""

    def __init__(self, *, full: bool) -> None:
        super().__init__("no more conversations are taken" if full else "too many messages at once")
        self.full = full


class ChatDesk:
    """One for the process. `most` conversations may be open at once in the installation."""

    def __init__(self, process: Process, *, most: int, idle: timedelta) -> None:
        self._process = process
        self.rows = Chats(process.database, process.calls.holder)
        self._most = most
        self._idle = idle
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._answering = 0

    async def answer(self, message: Message, bundle: Bundle) -> Replied:
        """`bundle`: what a new conversation begins with. Raises: Busy, StoreError."""
        if self._answering >= AT_ONCE:
            raise Busy(full=False)
        self._answering += 1
        try:
            async with self._alone(message.conversation):
                return await self._answer(message, bundle)
        finally:
            self._answering -= 1

    def _alone(self, conversation: str) -> asyncio.Lock:
        return self._locks.setdefault(conversation, asyncio.Lock())

    async def _answer(self, message: Message, bundle: Bundle) -> Replied:
        process = self._process
        self.rows.lease = process.calls.holder
        answered = await self._answered(message, bundle.project) if message.again else None
        if answered is not None:
            return answered
        new = NewChat(message.conversation, bundle.project, message.caller, message.dialled, message.flow, bundle.hash)
        found = await self.rows.open(new, now=process.clock.wall(), idle=self._idle, most=self._most)
        if isinstance(found, NotOpened):
            raise Busy(full=True)
        if found.stream is None:
            return await self._go_on(found.row, found.key, message)
        assert found.key is not None, "a call that was just opened has its key"
        written = await process.open_writing(found.row, bundle, found.key, found.stream)
        first = ev.Answered(await process.split_calls(bundle), written=True, language=message.language)
        return await self._run(written, [first, ev.Written(message.words, message.request, opening=True)])

    async def _answered(self, message: Message, project: str) -> Replied | None:
        """What was said to it, if the conversation came to its end with it. Raises: StoreError."""
        row = await self.rows.latest(message.conversation, project)
        bundle = None if row is None or row.ended_at is None else self._process.bundle(row.bundle or "")
        if row is None or bundle is None:
            return None
        told = Told(message.request)
        await self._process.standstill(row, bundle, told.take)
        return Replied(row.id, told.replies, row.outcome) if told.answered else None

    async def _go_on(self, row: CallRow, key: CallKey | None, message: Message) -> Replied:
        told = Told(message.request)
        taken = await self._take(row, key, told)
        if isinstance(taken, Replied):
            return taken
        bundle, stream, still = taken
        assert key is not None
        written = await self._process.go_on_writing(row, bundle, key, stream, still)
        happened: list[ev.Event] = [ev.Reopened() if still.begun else ev.Answered(written=True)]
        if not told.answered:
            happened.append(ev.Written(message.words, message.request, opening=not still.begun))
        replied = await self._run(written, happened)
        return replace(replied, replies=(*told.replies, *replied.replies)) if told.answered else replied

    async def _take(
        self, row: CallRow, key: CallKey | None, told: "Told | None" = None
    ) -> Replied | tuple[Bundle, int, Standstill]:
        """The call is this process's, and where it stands; or it cannot go on, and is over. Raises: StoreError."""
        process = self._process
        stream = await process.take(row.id)
        bundle = process.bundle(row.bundle or "")
        if key is None or bundle is None:
            return await self._give_up(row, "the version of the flow is gone" if key else "its private values are gone")
        try:
            async with asyncio.timeout(TAKE_UP_S):
                return bundle, stream, await process.standstill(row, bundle, None if told is None else told.take)
        except TimeoutError:
            return await self._give_up(row, "it could not be taken up in time")
        except BaseException:
            await process.holders.release(row.id, stream)
            raise

    async def _give_up(self, row: CallRow, why: str) -> Replied:
        log.error("a conversation cannot go on", call=row.id, why=why)
        await self._finish(row.id, why)
        return Replied(row.id, self._sorry(), "error")

    def _sorry(self) -> tuple[str, ...]:
        """The engine's own sentence, as the newest version has it."""
        newest = [self._process.newest_bundle(project) for project in self._process.projects]
        return tuple(bundle.words_in(bundle.language)["error"] for bundle in newest[-1:] if bundle is not None)

    async def _finish(self, call_id: CallId, why: str) -> None:
        now = self._process.clock.wall()
        await self._process.calls.finish_call(call_id, now=now, outcome="error", end_reason=why, recording=None)

    async def _run(self, written: WrittenCall, happened: Sequence[ev.Event]) -> Replied:
        """What was answered is kept before it is told."""
        process, state = self._process, written.call
        try:
            await written.run(happened)
        except Exception as fault:  # a mistake of ours, again and again: that conversation falls, and alone
            log.error("a conversation failed", call=written.call_id, exc_info=fault)
            await self._finish(written.call_id, "it failed")
            return Replied(written.call_id, (*written.said, *self._sorry()), "error")
        try:
            async with asyncio.timeout(KEPT_S):
                await process.journal.caught_up(written.call_id)
                await process.keeper.written()
        except TimeoutError as fault:
            raise StoreError("a message was answered that is not kept yet") from fault
        over = state.state.outcome if state.state.doing is flow.Doing.ENDED else None
        return Replied(written.call_id, written.said, over)

    # ---- who writes no more

    async def oversee(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(min(LOOK_S, self._idle.total_seconds() / 4))
            with suppress(StoreError):  # told by the heartbeat
                await self.end_idle()

    async def end_idle(self) -> None:
        """Conversations that nobody wrote in for too long are over: their flow is told that the caller has left.
        Raises: StoreError."""
        process = self._process
        now = process.clock.wall()
        for row in await self.rows.idle(now - self._idle):
            try:
                await self._leave(row)
            except StoreError as fault:
                log.warning("a conversation could not be ended", call=row.id, why=str(fault))
        await self.rows.forget(now)

    async def _leave(self, row: CallRow) -> None:
        key = await self._process.calls.key(row.id)
        taken = await self._take(row, key)
        if isinstance(taken, Replied):
            return
        bundle, stream, still = taken
        assert key is not None
        written = await self._process.go_on_writing(row, bundle, key, stream, still)
        await self._run(written, [ev.CallerHungUp(LEFT)])


class Told:
    """What was said to one message, found in the journal: whoever asked again had not got the answer."""

    def __init__(self, request: str) -> None:
        self._request = request
        self._here = True
        """The entries that come belong to this message; those before the first one to whichever opened it."""
        self._opening = True
        self._asked = self.answered = False
        self._said: list[str] = []

    @property
    def replies(self) -> tuple[str, ...]:
        return tuple(self._said)

    def take(self, entry: Entry, _stands: flow.CallState, made: Sequence[flow.Effect]) -> None:
        if entry.kind == WRITTEN:
            ours = isinstance(entry.body, Mapping) and entry.body.get("request") == self._request
            if not ours and not self.answered:
                self._said.clear()
            self.answered = self.answered or (ours and self._opening)  # which may be a greeting, and answers nothing
            self._here, self._asked, self._opening = ours, ours, False
        if self._asked and entry.kind in _ANSWERS:
            self.answered = True
        if self._here:
            self._said += [one.text for one in made if isinstance(one, flow.SayEffect) and not one.filler]
