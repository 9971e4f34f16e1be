"""Sends what calls left to be sent, in the background: once each, tried again while it may still arrive.

A message to a back end carries its id as Idempotency-Key, so it is sent again whenever its answer was lost; the back
end knows it by that. A text message has no such key: one whose answer was lost counts as unknown, and is never sent
again by itself.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from ivr import metrics
from ivr.carrier.ports import Texts
from ivr.errors import CarrierError, StoreError
from ivr.flow.state import BookCallback, Send
from ivr.live.clock import Clock
from ivr.live.outgoing import DIALLED, deed_of
from ivr.models.deadline import due_in
from ivr.store import Sends, SendState, TakenSend
from ivr.tools.registry import Tools

log = structlog.get_logger("ivr.live")

AT_ONCE: Final = 8
LOOK_EVERY_S: Final = 5.0
SHORTEST_S: Final = 0.05
SEND_MS: Final = 10_000
TRIES: Final = 6
"""Where the flow does not say how often."""
FIRST_AGAIN_S: Final = 5.0
MOST_AGAIN_S: Final = 900.0


@dataclass(frozen=True, slots=True)
class Became:
    """`again`: it did not arrive, and may still."""

    state: SendState
    why: str = ""
    again: bool = False
    after_s: float = 0.0


class Sender:
    """One for the process."""

    def __init__(
        self,
        sends: Sends,
        tools_of: Callable[[str], Tools | None],
        projects: Callable[[], Sequence[str]],
        alive: Callable[[], Awaitable[Sequence[str]]],
        clock: Clock,
        waiting: asyncio.Event,
        texts: Texts | None,
    ) -> None:
        """`tools_of` a project: its back ends. `alive`: the leases of processes that live. `waiting`: set when there is
        something new."""
        self._sends = sends
        self._tools_of = tools_of
        self._projects = projects
        self._alive = alive
        self._clock = clock
        self._waiting = waiting
        self._texts = texts

    async def run(self) -> None:
        """For ever."""
        while True:
            self._waiting.clear()
            try:
                await self._sends.free(await self._alive(), self._clock.wall())
                while (pause_s := await self._pause_s()) == 0 and await self.send_due():
                    pass
                pause_s = max(pause_s, SHORTEST_S)
            except StoreError as fault:
                log.error("messages wait for the database", why=str(fault))
                pause_s = LOOK_EVERY_S
            try:
                async with asyncio.timeout(pause_s):
                    await self._waiting.wait()
            except TimeoutError:
                pass

    async def send_due(self) -> int:
        """Those that are due now; how many. Raises: StoreError."""
        taken = await self._sends.take(self._clock.wall(), AT_ONCE, self._projects())
        try:
            async with asyncio.TaskGroup() as tasks:
                for one in taken:
                    tasks.create_task(self._deliver(one))
        except* StoreError as faults:
            raise StoreError(str(faults.exceptions[0])) from faults
        return len(taken)

    async def _pause_s(self) -> float:
        """Until the next one is due, or until it is time to look again; 0: there is one now."""
        due = await self._sends.next_due(self._projects())
        if due is None:
            return LOOK_EVERY_S
        return min(LOOK_EVERY_S, max(0.0, (due - self._clock.wall()).total_seconds()))

    async def _deliver(self, taken: TakenSend) -> None:
        send = taken.send
        became, most = await self._became(taken)
        metrics.SENDS.labels(send.kind, "again" if became.again else became.state.value).inc()
        if became.again and send.tries < most:
            wait_s = max(became.after_s, _again_s(send.tries))
            log.warning("a message did not arrive yet", effect=send.id, kind=send.kind, what=send.name, why=became.why)
            await self._sends.again(send.id, self._clock.wall() + timedelta(seconds=wait_s), became.why)
            return
        if became.state is not SendState.SENT:
            log.error("a message did not arrive", effect=send.id, kind=send.kind, what=send.name, why=became.why)
        await self._sends.settle(send.id, became.state, self._clock.wall(), became.why)

    async def _became(self, taken: TakenSend) -> tuple[Became, int]:
        """And how often it may be tried in all."""
        if taken.payload is None:
            return Became(SendState.FAILED, "the call was erased"), 0
        try:
            deed = deed_of(taken.payload)
        except (KeyError, TypeError):
            return Became(SendState.FAILED, "another version wrote it down"), 0
        assert not isinstance(deed, BookCallback), "a callback waits for a person"
        if deed.number:
            return await self._text(deed, str(taken.payload.get(DIALLED, ""))), TRIES
        return await self._post(deed, taken.send.project), deed.retry.times + 1 if deed.retry.times else TRIES

    async def _text(self, send: Send, dialled: str) -> Became:
        if self._texts is None:
            return Became(SendState.FAILED, "there is no account with a carrier: set TWILIO_ACCOUNT_SID")
        try:
            await self._texts.send_text(send.number, send.text, due_in(SEND_MS), from_=dialled)
        except CarrierError as fault:
            if fault.status == 429:
                return Became(SendState.FAILED, str(fault), again=True)
            lost = fault.status == 0 or fault.status >= 500
            return Became(SendState.UNKNOWN if lost else SendState.FAILED, str(fault))
        return Became(SendState.SENT)

    async def _post(self, send: Send, project: str) -> Became:
        tools = self._tools_of(project)
        if tools is None:
            return Became(SendState.FAILED, "the project is not served here", again=True)
        reply = await tools.post(
            send.id, send.name, send.api, send.segments, dict(send.body), send.auth, due_in(SEND_MS)
        )
        if reply.status is not None and 200 <= reply.status < 300 and reply.error in (None, "garbage"):
            return Became(SendState.SENT)  # whatever it answered, it has it
        if reply.error is not None:
            return Became(SendState.FAILED, reply.detail or reply.error, again=True)
        status = reply.status or 0
        passes = status in (408, 425, 429) or status >= 500
        return Became(SendState.FAILED, f"it answered {status}", again=passes, after_s=reply.retry_after_s or 0.0)


def _again_s(tries: int) -> float:
    """5 s, 15 s, 45 s, and so on up to a quarter of an hour, each by chance a little shorter or longer."""
    return float(min(MOST_AGAIN_S, FIRST_AGAIN_S * 3 ** (tries - 1)) * random.uniform(0.8, 1.2))
