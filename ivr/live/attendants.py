"""People brought to callers who hold: rung, looked after, dropped. What each stands at is in the store (attendants.py
there); here is who acts on it.

The process that has the caller's stream watches the row and tells the call what comes of it. Webhooks, in whatever
process, move the row. What none of them moved in time is asked of the carrier by whichever process finds it first.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from typing import Any, Final

import structlog

from ivr.call import events as ev
from ivr.carrier import CallControl, NewCall, twiml
from ivr.errors import CarrierError, StoreError
from ivr.flow.flow import Bundle, Target
from ivr.flow.state import BringAttendant
from ivr.flow.types import Value
from ivr.live.clock import Clock
from ivr.store import BEFORE_JOINED, AttendantRow, Attendants, Calls, JoinIntent, NewAttendant, Stage
from ivr.units import CallId, CallSid, Millis

log = structlog.get_logger("ivr.live")

LOOK_S: Final = 0.2
"""How often the row of a caller who holds is looked at."""
TEND_EVERY: Final = 10
"""Looks until the place in the line is asked for again, and it is known that the caller is still there."""
OVERSEE_S: Final = 2.0
ASK_S: Final = 15.0
"""So long a request to the carrier may take."""
GRACE: Final = timedelta(seconds=10)
"""Beyond the ringing, or the time to accept: then the carrier is asked."""
AGAIN: Final = timedelta(seconds=30)
MEET: Final = timedelta(seconds=75)
"""How long an attendant may wait for the caller in the room: the caller hears a sentence first that must be heard."""
TALK: Final = timedelta(seconds=60)
"""How often the carrier is asked whether two who speak to each other still do."""
ENDED: Final = {"busy": "busy", "failed": "failed", "no-answer": "no_answer", "canceled": "no_answer"}
"""The carrier's word for a leg that never was, to the flow's result; one that completed is no_answer too."""
TERMINAL: Final = frozenset({*ENDED, "completed"})
TIME_LIMIT_S: Final = 14_400


class AttendantDesk:
    """One for the process. `carrier` None: no attendant can be rung; queues work all the same. `public_url`: where the
    carrier reaches us, without a slash at its end."""

    def __init__(
        self,
        attendants: Attendants,
        calls: Calls,
        clock: Clock,
        tasks: asyncio.TaskGroup,
        *,
        carrier: CallControl | None,
        public_url: str,
    ) -> None:
        self.rows = attendants
        self._calls = calls
        self._clock = clock
        self._tasks = tasks
        self._carrier = carrier
        self._public_url = public_url

    def address(self, row: AttendantRow, what: str = "") -> str:
        """Of a webhook of this attendant's leg."""
        return f"{self._public_url}/twilio/attendant/{row.leg}{what}"

    # ---- for a caller who holds

    async def bring(
        self, call_id: CallId, asked: BringAttendant, bundle: Bundle, happened: Callable[[ev.Event], None]
    ) -> None:
        """Until somebody has taken the call, or nobody will. Asked again by the same id it goes on where it was."""
        try:
            result = await self._ask(call_id, asked, bundle.targets[asked.target])
            if result is None:
                await self._watch(asked.id, happened)
                return
        except StoreError as fault:
            log.error("an attendant cannot be brought", call=call_id, why=str(fault))
            result = "failed"
        happened(ev.TransferEnded(result, asked.id))

    async def _ask(self, call_id: CallId, asked: BringAttendant, target: Target) -> str | None:
        """The result, where it is known at once."""
        now = self._clock.wall()
        known = await self.rows.by_id(asked.id)
        if known is not None:
            return None
        full = target.most is not None and target.queue is not None
        if full and await self.rows.waiting(target.queue or "", now=now) >= (target.most or 0):
            return "busy"
        if target.queue is None and self._carrier is None:
            log.error("nobody can be rung: TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set", call=call_id)
            return "failed"
        row, key = await self._calls.by_id(call_id), await self._calls.key(call_id)
        if row is None or key is None:
            return "failed"
        wait_ms = target.wait_ms if target.queue is not None else int(ASK_S * 1000)
        new = NewAttendant(
            id=asked.id,
            call_id=call_id,
            call_sid=row.call_sid,
            target=target.name,
            queue=target.queue,
            priority=asked.priority,
            texts=_texts(asked, target),
            words=asked.accept_words,
            key=asked.accept_key,
            within_ms=asked.within_ms,
            now=now,
            due_at=now + timedelta(milliseconds=wait_ms) + GRACE,
        )
        attendant, is_new = await self.rows.ask(new, key)
        if is_new and target.queue is None:
            self._begin(self._ring(attendant, target))
        return None

    async def _ring(self, row: AttendantRow, target: Target) -> None:
        """Not of the call: once the carrier was asked its answer has to be kept, whatever becomes of the caller."""
        assert self._carrier is not None
        ring_s = max(5, target.ring_ms // 1000)
        try:
            numbers = await self._calls.numbers(row.call_id)
            dialled = "" if numbers is None else numbers[1]
            leg_sid = await self._carrier.create_call(
                NewCall(
                    row.texts.get("to", ""),
                    dialled,
                    url=self.address(row),
                    status_url=self.address(row, "/status"),
                    ring_s=ring_s,
                    time_limit_s=TIME_LIMIT_S,
                ),
                self._deadline(),
            )
        except CarrierError as fault:
            log.error("an attendant could not be rung", call=row.call_id, status=fault.status, code=fault.code)
            if fault.status:  # else it may be ringing all the same: its webhooks tell, or the deadline
                await self._over(row, "failed")
            return
        except StoreError as fault:
            log.error("an attendant could not be rung", call=row.call_id, why=str(fault))
            return
        try:
            await self.rows.leg_is(row.id, leg_sid)
            due_at = self._clock.wall() + timedelta(seconds=ring_s) + GRACE
            if await self.rows.move(row.id, {Stage.ASKED}, Stage.RINGING, due_at=due_at) is None:
                now = await self.rows.by_id(row.id)
                if now is None or now.stage is Stage.OVER:  # dropped meanwhile
                    await self._hang_up(leg_sid)
        except StoreError as fault:
            log.error("an attendant's leg could not be kept", call=row.call_id, why=str(fault))

    async def _watch(self, attendant: str, happened: Callable[[ev.Event], None]) -> None:
        answered, place, looks = False, None, 0
        while True:
            row = await self.rows.by_id(attendant)
            if row is None or row.stage is Stage.OVER:
                happened(ev.TransferEnded((row.result if row else None) or "failed", attendant))
                return
            if row.stage is Stage.WHISPERING and not answered:
                answered = True
                happened(ev.AttendantAnswered(attendant))
            elif row.stage in (Stage.ACCEPTED, Stage.JOINED):
                happened(ev.AttendantAccepted(attendant))
                return
            elif row.stage is Stage.WAITING:
                answered = False
            if row.queue is not None and looks % TEND_EVERY == 0:
                await self.rows.looked_after(attendant, now=self._clock.wall())
                now_at = await self.rows.place(attendant, now=self._clock.wall())
                if now_at is not None and now_at != place:
                    place = now_at
                    happened(ev.PlaceMoved(attendant, now_at))
            looks += 1
            await asyncio.sleep(LOOK_S)

    # ---- nobody waits any more

    def drop(self, attendant: str) -> None:
        """Who is on the line is told; who is being rung hears it stop. Not of the call, which may be over by now."""
        self._begin(self._drop(attendant))

    async def _drop(self, attendant: str) -> None:
        try:
            row = await self.rows.by_id(attendant)
            if row is None:
                return
            stage = row.stage
            ended = await self.rows.end(attendant, "caller_left", now=self._clock.wall())
        except StoreError as fault:
            log.error("an attendant could not be dropped", why=str(fault))
            return
        if ended is None or ended.leg_sid is None or self._carrier is None:
            return
        try:
            if stage in (Stage.WHISPERING, Stage.ACCEPTED, Stage.JOINED):
                goodbye = twiml.apology(row.texts.get("left", ""))
                await self._carrier.update_twiml(ended.leg_sid, goodbye, self._deadline())
            else:
                await self._carrier.hang_up(ended.leg_sid, self._deadline())
        except CarrierError as fault:
            log.warning("an attendant's leg was gone already", call=row.call_id, status=fault.status, code=fault.code)

    async def _hang_up(self, leg_sid: CallSid) -> None:
        assert self._carrier is not None
        try:
            await self._carrier.hang_up(leg_sid, self._deadline())
        except CarrierError as fault:
            log.warning("an attendant's leg could not be ended", status=fault.status, code=fault.code)

    # ---- what a webhook tells

    async def leg_ended(self, row: AttendantRow, status: str) -> None:
        """The attendant's leg is gone. In a queue the caller keeps the place unless the call was taken."""
        if row.stage is Stage.JOINED:
            if await self.rows.end(row.id, "answered", now=self._clock.wall()) is not None:
                self._begin(self._bring_back(row))
            return
        if row.queue is not None and row.stage is Stage.WHISPERING:
            await self.back_in_line(row)
            return
        await self._over(row, ENDED.get(status, "no_answer"))

    async def back_in_line(self, row: AttendantRow) -> None:
        """Who called in did not take the call: the next one may."""
        due_at = max(row.due_at, self._clock.wall() + AGAIN)
        await self.rows.move(row.id, {Stage.WHISPERING}, Stage.WAITING, due_at=due_at, leg_sid=None)

    async def _over(self, row: AttendantRow, result: str) -> None:
        await self.rows.end(row.id, result, now=self._clock.wall(), before=BEFORE_JOINED)

    async def _bring_back(self, row: AttendantRow) -> None:
        """Normally the room is over for both. A caller who came into it when the attendant had left is fetched."""
        await asyncio.sleep(OVERSEE_S)
        try:
            call = await self._calls.by_id(row.call_id)
        except StoreError:
            return
        if call is None or call.ended_at is not None or call.intent != JoinIntent(row.id) or self._carrier is None:
            return
        try:
            where = f"{self._public_url}/twilio/transfer"
            await self._carrier.update_twiml(call.call_sid, twiml.go_on(where), self._deadline())
        except CarrierError as fault:
            log.warning("a caller could not be fetched", call=row.call_id, status=fault.status, code=fault.code)

    # ---- what nobody told

    async def oversee(self) -> None:
        """For as long as the process lives: what should have moved is asked of the carrier."""
        while True:
            await asyncio.sleep(OVERSEE_S)
            try:
                now = self._clock.wall()
                for row in await self.rows.overdue(now=now, again_at=now + AGAIN):
                    await self._look_into(row)
            except (StoreError, CarrierError) as fault:
                log.error("attendants cannot be looked after", why=str(fault))
            except Exception as fault:
                log.error("a part of ours broke", what="attendants", error=type(fault).__name__, exc_info=fault)

    async def _look_into(self, row: AttendantRow) -> None:
        if row.stage is Stage.WAITING:
            await self._over(row, "no_answer")
            return
        status = None
        if row.leg_sid is not None and self._carrier is not None:
            status = await self._carrier.call_status(row.leg_sid, self._deadline())
        if status is None or status in TERMINAL:
            log.warning("an attendant was lost", call=row.call_id, stage=row.stage.value, status=status)
            await self.leg_ended(row, status or "no-answer")
        elif row.stage is Stage.JOINED:
            due_at = self._clock.wall() + TALK
            await self.rows.move(row.id, {Stage.JOINED}, Stage.JOINED, due_at=due_at)
        else:
            assert row.leg_sid is not None
            await self._over(row, "no_answer")
            await self._hang_up(row.leg_sid)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.create_task(_guarded(work))

    def _deadline(self) -> Millis:
        return Millis(self._clock.now_ms() + int(ASK_S * 1000))


async def _guarded(work: Coroutine[Any, Any, None]) -> None:
    """It serves one caller: when it falls it takes no other call with it."""
    try:
        await work
    except Exception as fault:
        log.error("a part of ours broke", what="attendants", error=type(fault).__name__, exc_info=fault)


def _texts(asked: BringAttendant, target: Target) -> dict[str, str]:
    to = asked.to or target.number or target.sip or ""
    return {
        "to": twiml.with_headers(to, written(asked.data)) if target.sip is not None else to,
        "whisper": asked.whisper,
        "how": asked.how,
        "again": asked.again,
        "left": asked.caller_left_say,
        "details": json.dumps(dict(asked.details), ensure_ascii=False),
    }


def written(data: Mapping[str, Value | None]) -> dict[str, str]:
    """What travels with a call, as text; what is empty does not."""
    return {name: str(value) for name, value in data.items() if value is not None}
