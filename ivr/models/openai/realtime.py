"""Talks with a caller over /realtime: one session a call, the line's own sound both ways, turns as we see them.

    attend(call)   a session is opened before it is needed, another before its time is up or when it is lost
    respond        what the session has not been told is told; the caller's sound; then the answer, as it comes

A session takes the place of another between two answers. It is told the whole talk as text, as the flow has it.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from decimal import Decimal
from typing import Final

import structlog

from ivr.audio import mulaw
from ivr.audio.pcm import Pcm
from ivr.audio.resample import resample_whole
from ivr.errors import ModelError, ModelRefused, ModelUnavailable
from ivr.flow.state import AskModel, ModelRequest
from ivr.models.deadline import due_in, left_s, now_ms
from ivr.models.openai.chat import MOST_TOKENS, requests_of
from ivr.models.openai.far_end import FarEnd
from ivr.models.openai.realtime_ledger import Ledger
from ivr.models.openai.realtime_reply import RealtimeReply
from ivr.models.openai.realtime_session import Session, open_session
from ivr.models.openai.remembered import Remembered, call_of
from ivr.models.openai.usage import FREE, Tally, cost_of, reckoned, unwatched
from ivr.models.ports import ReplyDone, ReplyPart
from ivr.models.profiles import Prices
from ivr.units import LINE_RATE_HZ, Millis

log = structlog.get_logger("ivr.models")

VOICE: Final = "marin"
AHEAD_DUE_MS: Final = 5_000
"""A session that nobody waits for may take so long to open."""
PAUSE_S: Final = (0.5, 30.0)
"""Between two that were opened and did not last, at first and at most."""


class Realtime:
    """A Responder, and it attends. Without somebody who lets it attend a call each answer has a session of its own."""

    hears_hz: int | None = LINE_RATE_HZ

    def __init__(
        self,
        far_end: FarEnd,
        model: str,
        voice: str = "",
        *,
        prices: Prices = FREE,
        most_tokens: int = MOST_TOKENS,
        tally: Tally = unwatched,
    ) -> None:
        self._far_end, self._model, self._voice = far_end, model, voice or VOICE
        self._prices, self._most_tokens, self._tally = prices, most_tokens, tally
        self._remembered = Remembered()
        self._kept: dict[str, _Kept] = {}

    async def attend(self, call: str, *, ahead: bool = True) -> None:
        """As Attends has it."""
        kept = self._kept[call] = _Kept(wanted=ahead)
        try:
            await self._keep(kept)
        finally:
            if self._kept.get(call) is kept:
                del self._kept[call]
            await kept.close()

    async def respond(self, request: AskModel, sound: Pcm | None, deadline: Millis) -> AsyncGenerator[ReplyPart, None]:
        if left_s(deadline) <= 0:
            raise ModelUnavailable(f"there is no time left to ask {self._far_end.name}", "late")
        heard = b"" if sound is None else mulaw.encode(resample_whole(sound, LINE_RATE_HZ))
        kept = self._kept.get(call_of(request))
        alone = kept is None
        kept = kept or _Kept(wanted=False)
        try:
            async with kept.turn:
                session = await self._session(kept, deadline)
                try:
                    async with aclosing(self._answered(session, request, heard, sound, deadline)) as parts:
                        async for part in parts:
                            yield part
                finally:
                    if session.broken:
                        kept.let_go(session)
        finally:
            if alone:
                await kept.close()

    async def _answered(
        self, session: Session, ask: AskModel, heard: bytes, sound: Pcm | None, deadline: Millis
    ) -> AsyncGenerator[ReplyPart, None]:
        reply = RealtimeReply()
        try:
            async with aclosing(session.answer(ask, heard, reply, deadline)) as parts:
                async for part in parts:
                    yield part
        finally:
            cost = self._cost(reply, sound)
            self._tally(cost)
        asked = list(requests_of(ask, [item.call for item in reply.asked.values()], reply.cut))
        self._remembered.note_requests(ask, asked)
        session.note(ask, reply, asked)
        yield ReplyDone(tuple(ModelRequest(one.request, one.name, one.arguments) for one in asked), cost, reply.cut)

    def _cost(self, reply: RealtimeReply, sound: Pcm | None) -> Decimal:
        """As the far end tells; of an answer that was not heard to its end, by letters and lengths."""
        if reply.usage is not None:
            return cost_of(reply.usage, self._prices)
        if reply.empty:
            return Decimal(0)
        return cost_of(reckoned(0, sound, reply.letters, reply.sound_ms), self._prices)

    # ---- sessions

    async def _session(self, kept: "_Kept", deadline: Millis) -> Session:
        """The call's, ready for another answer. Raises: ModelError."""
        session = kept.take()
        if session is not None:
            try:
                await session.settle()
                return session
            except ModelError:
                kept.let_go(session)
        async with kept.opening:
            session = kept.take()
            if session is None:
                session = kept.use(await self._open(self._far_end.first_due(deadline)))
        return session

    async def _open(self, due: Millis) -> Session:
        ledger = Ledger(self._remembered)
        return await open_session(
            self._far_end, self._model, ledger, due, voice=self._voice, most_tokens=self._most_tokens
        )

    async def _keep(self, kept: "_Kept") -> None:
        """Never ends by itself."""
        pause_s = PAUSE_S[0]
        while True:
            await kept.close_gone()
            kept.changed.clear()
            if kept.needs_another:
                pause_s = await self._open_ahead(kept, pause_s)
                continue
            try:
                async with asyncio.timeout(kept.quiet_s):
                    await kept.changed.wait()
            except TimeoutError:
                pass

    async def _open_ahead(self, kept: "_Kept", pause_s: float) -> float:
        """How long to wait before the next one, if that is needed soon."""
        began_ms, before = now_ms(), kept.current
        if before is not None and not before.socket.open:
            log.info("a session with a model was lost: another is opened", what="think", engine=self._far_end.name)
        try:
            async with kept.opening:
                if kept.needs_another:
                    kept.wait(await self._open(due_in(AHEAD_DUE_MS)))
        except ModelRefused:
            kept.wanted = False  # until somebody asks all the same, and hears why not
            return pause_s
        except ModelError:
            pass  # who asks finds out by himself
        if kept.next is not None and (before is None or before.used):
            pause_s = PAUSE_S[0]
        await asyncio.sleep(max(0.0, pause_s - (now_ms() - began_ms) / 1000))
        return min(2 * pause_s, PAUSE_S[1])


class _Kept:
    """The sessions of one call: the one that answers, the one that will, and those that are to be closed."""

    def __init__(self, *, wanted: bool) -> None:
        """`wanted`: there is always to be one."""
        self.wanted = wanted
        self.current: Session | None = None
        self.next: Session | None = None
        self.turn, self.opening = asyncio.Lock(), asyncio.Lock()
        self.changed = asyncio.Event()
        self._gone: list[Session] = []

    @property
    def needs_another(self) -> bool:
        if not self.wanted or (self.next is not None and not self.next.is_due):
            return False
        return self.current is None or self.current.is_due

    @property
    def quiet_s(self) -> float | None:
        """How long nothing has to be done; None: until something happens."""
        due = [one.renew_ms for one in (self.current, self.next) if one is not None]
        return max(0.01, (max(due) - now_ms()) / 1000) if due and self.wanted else None

    def take(self) -> Session | None:
        """The one that is to answer now; None: there is none."""
        if self.next is not None and not self.next.usable:
            self._gone.append(self.next)
            self.next = None
        if self.current is not None and (not self.current.usable or (self.next is not None and self.current.is_due)):
            self.let_go(self.current)
        if self.current is None and self.next is not None:
            self.current, self.next = self.next, None
        if self.current is not None:
            self.wanted = True
        return self.current

    def use(self, session: Session) -> Session:
        self.current, self.wanted = session, True
        session.socket.tell_loss(self.changed.set)
        self.changed.set()
        return session

    def wait(self, session: Session) -> None:
        if self.next is not None:
            self._gone.append(self.next)
        self.next = session
        session.socket.tell_loss(self.changed.set)

    def let_go(self, session: Session) -> None:
        if session is self.current:
            self.current = None
            self._gone.append(session)
            self.changed.set()

    async def close_gone(self) -> None:
        while self._gone:
            await self._gone.pop().close()

    async def close(self) -> None:
        self.wanted = False
        self._gone += [one for one in (self.current, self.next) if one is not None]
        self.current = self.next = None
        await self.close_gone()
