"""How a call goes on whose stream is over: it hangs up, is handed over, comes back from a transfer, or gets another
stream. What is to be done stands in the store; no process need remember it."""

import asyncio
from dataclasses import dataclass
from typing import Final

import structlog
from starlette.responses import Response

from ivr.carrier import twiml
from ivr.flow.flow import Bundle
from ivr.live.attendants import TALK
from ivr.live.process import Process
from ivr.server.admission import Admission
from ivr.server.signed import APOLOGY, Fields, document
from ivr.store import TERMINAL, CallRow, HangUpIntent, JoinIntent, Stage, TransferIntent
from ivr.units import CallSid

log = structlog.get_logger("ivr.server")

MOST_RESUMES: Final = 3
_TRANSFER_RESULTS: Final = {
    "completed": "answered",
    "answered": "answered",
    "busy": "busy",
    "no-answer": "no_answer",
    "canceled": "caller_left",
}
"""DialCallStatus to the flow's results; anything else has failed."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the carrier finds us: `public_url` without a trailing slash, http or https."""

    public_url: str

    @property
    def stream(self) -> str:
        return "ws" + self.public_url.removeprefix("http") + "/twilio/media"

    @property
    def resume(self) -> str:
        return f"{self.public_url}/twilio/resume"

    @property
    def transfer(self) -> str:
        return f"{self.public_url}/twilio/transfer"


class GoingOn:
    """Answers in TwiML. Each may be asked twice."""

    def __init__(self, process: Process, admission: Admission, addresses: Addresses) -> None:
        self._process = process
        self._admission = admission
        self._addresses = addresses
        self._transfers = asyncio.Lock()
        """One report at a time: the second of a pair finds what the first one made of it."""

    # ---- the stream is over

    async def resume(self, fields: Fields) -> Response:
        """What the call's flow decided before it closed the stream; a call that decided nothing lost its stream."""
        call_sid = CallSid(fields.get("CallSid", ""))
        row = await self._process.calls.by_sid(call_sid)
        self._admission.gone(call_sid)
        if row is None:
            return document(twiml.apology(APOLOGY))
        match row.intent:
            case HangUpIntent():
                return document(twiml.hang_up())
            case TransferIntent():
                return document(self._dial(row.intent, fields))
            case JoinIntent():
                return await self._join(row, row.intent)
        if row.ended_at is not None:
            return document(twiml.hang_up())
        return await self._connect_again(row)

    def _dial(self, intent: TransferIntent, fields: Fields) -> str:
        return twiml.dial(
            intent.to, self._addresses.transfer, caller_id=fields.get("From"), ring_s=intent.ring_s, data=intent.data
        )

    async def _join(self, row: CallRow, intent: JoinIntent) -> Response:
        """Into the room where the attendant waits. One who is gone by now took no call: the flow goes on."""
        rows, now = self._process.attendants.rows, self._process.clock.wall()
        met = {Stage.ACCEPTED, Stage.JOINED}
        attendant = await rows.move(intent.attendant, met, Stage.JOINED, due_at=now + TALK)
        if attendant is not None:
            return document(twiml.meet(attendant.room, self._addresses.transfer))
        if row.ended_at is not None:
            return document(twiml.hang_up())
        return await self._back(row, "no_answer")

    async def _connect_again(self, row: CallRow) -> Response:
        if await self._process.calls.count_resume(row.id) > MOST_RESUMES:
            return await self._give_up(row, "the stream was lost too often")
        return await self._go_on(row)

    async def _go_on(self, row: CallRow) -> Response:
        if row.bundle is not None and self._process.bundle(row.bundle) is None:
            return await self._give_up(row, "the version of the flow is gone")
        self._admission.expect(row.call_sid, self._process.clock.now_ms())
        return document(await self._connect(row))

    async def _give_up(self, row: CallRow, reason: str) -> Response:
        log.error("a call cannot go on", call=row.id, why=reason)
        await self._finish(row, outcome="error", reason=reason)
        return document(twiml.apology(APOLOGY))

    # ---- a transfer is over

    async def transfer(self, fields: Fields) -> Response:
        """How a transfer ended. The report is kept before the intent is taken back: asked twice, or by a process that
        has only the store, the answer is as good."""
        process = self._process
        async with self._transfers:
            row = await process.calls.by_sid(CallSid(fields.get("CallSid", "")))
            if row is None:
                return document(twiml.apology(APOLOGY))
            if row.ended_at is not None:
                return document(twiml.hang_up())
            if not isinstance(row.intent, TransferIntent | JoinIntent):
                return await self._go_on(row)  # told already
            result = _TRANSFER_RESULTS.get(fields.get("DialCallStatus", ""), "failed")
            if isinstance(row.intent, JoinIntent):
                result = await self._parted(row.intent, result)
            return await self._back(row, result, gone=fields.get("CallStatus", "") in TERMINAL)

    async def _parted(self, intent: JoinIntent, result: str) -> str:
        """Caller and attendant were in one room. Who was fetched from it comes without a word of how it was."""
        rows, now = self._process.attendants.rows, self._process.clock.wall()
        was = await rows.end(intent.attendant, "answered", now=now) or await rows.by_id(intent.attendant)
        return "answered" if result != "caller_left" and was is not None and was.result == "answered" else result

    async def _back(self, row: CallRow, result: str, *, gone: bool = False) -> Response:
        """The flow is told how it ended, and goes on if the call is not over with it. `gone`: the caller has left."""
        bundle = self._process.bundle(row.bundle or "")
        if bundle is None:
            return await self._go_on(row)
        async with self._process.holding(row.id) as stream:
            ended = await self._transfer_ended(row, bundle, result, stream, gone=gone)
        return document(twiml.hang_up()) if ended else await self._go_on(row)

    async def _transfer_ended(
        self, row: CallRow, bundle: Bundle, result: str, stream: int, *, gone: bool = False
    ) -> bool:
        """Whether the call is over with it. Another process may have been told just before."""
        process = self._process
        now = await process.calls.by_id(row.id)
        if now is None or not isinstance(now.intent, TransferIntent | JoinIntent) or now.ended_at is not None:
            return now is None or now.ended_at is not None
        after = await process.transfer_ended(now, bundle, result, stream, caller_left=gone)
        if after.outcome is None:
            await process.calls.set_intent(row.id, None)
            return False
        await self._finish(now, outcome=after.outcome, reason=f"transfer: {result}")
        return True

    async def _finish(self, row: CallRow, *, outcome: str, reason: str) -> None:
        await self._process.calls.finish_call(
            row.id,
            now=self._process.clock.wall(),
            outcome=outcome,
            end_reason=reason,
            recording=self._process.recording_of(row.id),
        )

    async def _connect(self, row: CallRow) -> str:
        process = self._process
        token = await process.tokens.issue_token(row.id, row.call_sid, row.account_sid, now=process.clock.wall())
        return twiml.connect_stream(self._addresses.stream, token, self._addresses.resume)
