"""What the carrier asks over HTTP: a call came in, how it goes on (going_on.py), its status changed.

No webhook relies on the memory of this process: what to do next stands in the store.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import structlog
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ivr import metrics
from ivr.carrier import Proof, twiml
from ivr.errors import StoreError
from ivr.live.dialler import Dialler
from ivr.live.process import Process
from ivr.server.admission import Admission, Refusal
from ivr.server.attendants import AttendantWebhooks
from ivr.server.flows import Flows
from ivr.server.going_on import Addresses, GoingOn
from ivr.server.made_calls import MadeCalls
from ivr.server.neighbours import Neighbours
from ivr.server.overflow import BUSY, Overflow
from ivr.server.signed import Ask, AskOf, Fields, Signed, document
from ivr.store import TERMINAL, Answer, CallRow, CallStatus, new_token
from ivr.units import CallSid

log = structlog.get_logger("ivr.server")

LOOK_S: Final = 0.15
"""So long a refusal waits for the store, which may be why it refuses."""
_STATUSES: Final = frozenset(s.value for s in CallStatus if s is not CallStatus.LOST)
_COUNT: Final = re.compile(r"[0-9]{1,9}")


class Webhooks:
    """The carrier's side of the HTTP surface."""

    def __init__(
        self,
        process: Process,
        flows: Flows,
        admission: Admission,
        proof: Proof,
        addresses: Addresses,
        dialler: Dialler,
        neighbours: Neighbours | None = None,
        *,
        overflow: str = BUSY,
    ) -> None:
        """`neighbours`: where other workers answer the same port. `overflow`: what callers get whom no flow serves."""
        self._process = process
        self._flows = flows
        self._admission = admission
        self._signed = Signed(proof)
        self._addresses = addresses
        self._neighbours = neighbours
        self._attendants = AttendantWebhooks(process.attendants, process.clock, flows.bundle)
        self._going_on = GoingOn(process, admission, addresses)
        self._overflow = Overflow(process, addresses, overflow)
        self._made = MadeCalls(process, dialler, flows, admission, addresses)

    def routes(self) -> list[Route]:
        answers: dict[str, Ask] = {
            "/twilio/voice": self.voice,
            "/twilio/voice/fallback": self.fallback,
            "/twilio/overflow/message": self._overflow.message,
            "/twilio/overflow/over": self._overflow.over,
            "/twilio/resume": self._going_on.resume,
            "/twilio/transfer": self._going_on.transfer,
            "/twilio/status": self.status,
            "/twilio/stream-status": self.stream_status,
        }
        routes = [self._signed.route(path, answer) for path, answer in answers.items()]
        return [*routes, *self._attendants_routes()]

    def _attendants_routes(self) -> list[Route]:
        """Of attendants' legs, of those who call in to serve a queue, and of calls that we make."""
        desk = self._attendants
        legs = {"": desk.answered, "/said": desk.said, "/heard": desk.heard, "/apart": desk.apart}
        named: dict[str, AskOf] = {
            "/twilio/queue/{name}": _documents(desk.called_in),
            "/twilio/attendant/{name}/status": self._attendant_status,
            "/twilio/outbound/{name}": _documents(self._made.answered),
            "/twilio/outbound/{name}/status": self._made_status,
            **{f"/twilio/attendant/{{name}}{path}": _documents(tell) for path, tell in legs.items()},
        }
        return [self._signed.route_of(path, answer) for path, answer in named.items()]

    async def _attendant_status(self, leg: str, fields: Fields) -> Response:
        await self._attendants.status(leg, fields)
        return Response(status_code=204)

    async def _made_status(self, leg: str, fields: Fields) -> Response:
        answer = await self.status(fields)
        await self._made.ended(leg, fields)
        return answer

    # ---- a call comes in

    async def voice(self, fields: Fields) -> Response:
        call_sid, process = CallSid(fields.get("CallSid", "")), self._process
        if not call_sid or not fields.get("AccountSid"):
            return PlainTextResponse("CallSid and AccountSid are missing", status_code=400)
        trouble = process.journal.trouble is not None or process.disk_full
        if self._neighbours is not None and not trouble:
            await self._neighbours.look()
        refusal = self._admission.ask(call_sid, process.clock.now_ms(), journal_trouble=trouble)
        if refusal is not None:
            return await self._refused(call_sid, refusal)
        token = new_token()
        answer = Answer(twiml.connect_stream(self._addresses.stream, token, self._addresses.resume), token)
        caller, dialled = fields.get("From", ""), fields.get("To", "")
        try:
            row, opened = await process.calls.open_call(
                call_sid,
                fields["AccountSid"],
                caller=caller,
                dialled=dialled,
                now=process.clock.wall(),
                answer=answer,
            )
        except StoreError as fault:
            self._admission.gone(call_sid)
            log.error("a call could not be opened", call_sid=call_sid, why=str(fault))
            return self._overflow.refused()
        if not opened and (row.answered_at is not None or row.ended_at is not None):
            self._admission.gone(call_sid)  # it needs no seat
        return self._known(row)

    async def _refused(self, call_sid: CallSid, refusal: Refusal) -> Response:
        with suppress(StoreError, TimeoutError):
            async with asyncio.timeout(LOOK_S):
                known = await self._process.calls.by_sid(call_sid)
                if known is not None:
                    return self._known(known)
        metrics.CALLS_REFUSED.labels(refusal.value).inc()
        log.warning("call refused", call_sid=call_sid, why=refusal.value)
        return self._overflow.refused()

    def _known(self, row: CallRow) -> Response:
        """The same webhook again is told the same."""
        return document(row.answer or twiml.hang_up())

    async def fallback(self, fields: Fields) -> Response:
        """The carrier could not use our answer."""
        log.error("the carrier fell back", call_sid=fields.get("CallSid", ""), code=fields.get("ErrorCode", ""))
        return self._overflow.broken()

    # ---- reports

    async def status(self, fields: Fields) -> Response:
        status, number = fields.get("CallStatus", ""), fields.get("SequenceNumber", "0")
        call_sid, duration_s = CallSid(fields.get("CallSid", "")), fields.get("CallDuration", "")
        if status in _STATUSES and _COUNT.fullmatch(number):
            await self._process.calls.record_status(
                call_sid,
                int(number),
                CallStatus(status),
                now=self._process.clock.wall(),
                duration_s=int(duration_s) if _COUNT.fullmatch(duration_s) else None,
            )
            if CallStatus(status) in TERMINAL:
                self._admission.gone(call_sid)
                await self._attendants.leg_gone(call_sid, status)
        return Response(status_code=204)

    async def stream_status(self, fields: Fields) -> Response:
        log.info(
            "stream status",
            call_sid=fields.get("CallSid", ""),
            what=fields.get("StreamEvent", ""),
            status="failed" if fields.get("StreamError") else "well",
        )
        return Response(status_code=204)


def _documents(answer: Callable[[str, Fields], Awaitable[str]]) -> AskOf:
    async def told(name: str, fields: Fields) -> Response:
        return document(await answer(name, fields))

    return told
