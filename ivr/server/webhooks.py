"""What the carrier asks over HTTP: a call came in, its stream is over, a transfer ended, its status changed.

No webhook relies on the memory of this process: what to do next stands in the store. A request without a good
signature is answered 403 without a word, and nothing else happens.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ivr import metrics
from ivr.carrier import Proof, twiml
from ivr.errors import StoreError
from ivr.flow.flow import Bundle
from ivr.live.attendants import TALK
from ivr.live.process import Process
from ivr.server.admission import Admission, Refusal
from ivr.server.attendants import AttendantWebhooks
from ivr.server.flows import Flows
from ivr.server.media_socket import where
from ivr.server.neighbours import Neighbours
from ivr.store import (
    TERMINAL,
    Answer,
    CallRow,
    CallStatus,
    HangUpIntent,
    JoinIntent,
    Stage,
    TransferIntent,
    new_token,
)
from ivr.units import CallSid

log = structlog.get_logger("ivr.server")

Fields = dict[str, str]
Ask = Callable[[Fields], Awaitable[Response]]
AskOf = Callable[[str, Fields], Awaitable[Response]]
"""With the name in the path."""

MOST_RESUMES: Final = 3
LOOK_S: Final = 0.15
"""So long a refusal waits for the store, which may be why it refuses."""
BODY_BYTES: Final = 64 * 1024
BODY_S: Final = 10.0
MOST_FIELDS: Final = 200
_APOLOGY: Final = "We are sorry, something went wrong on our side. Please call again."
_STATUSES: Final = frozenset(s.value for s in CallStatus if s is not CallStatus.LOST)
_COUNT: Final = re.compile(r"[0-9]{1,9}")
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


class Webhooks:
    """The carrier's side of the HTTP surface."""

    def __init__(
        self,
        process: Process,
        flows: Flows,
        admission: Admission,
        proof: Proof,
        addresses: Addresses,
        neighbours: Neighbours | None = None,
    ) -> None:
        """`neighbours`: where other workers answer the same port."""
        self._process = process
        self._flows = flows
        self._admission = admission
        self._proof = proof
        self._addresses = addresses
        self._neighbours = neighbours
        self._attendants = AttendantWebhooks(process.attendants, process.clock, flows.bundle)
        self._transfers = asyncio.Lock()
        """One report at a time: the second of a pair finds what the first one made of it."""

    def routes(self) -> list[Route]:
        answers: dict[str, Ask] = {
            "/twilio/voice": self.voice,
            "/twilio/voice/fallback": self.fallback,
            "/twilio/resume": self.resume,
            "/twilio/transfer": self.transfer,
            "/twilio/status": self.status,
            "/twilio/stream-status": self.stream_status,
        }
        routes = [Route(path, self._signed(answer), methods=["POST"]) for path, answer in answers.items()]
        return [*routes, *self._attendants_routes()]

    def _attendants_routes(self) -> list[Route]:
        """Of attendants' legs, and of those who call in to serve a queue."""
        desk = self._attendants
        legs = {"": desk.answered, "/said": desk.said, "/heard": desk.heard, "/apart": desk.apart}
        named: dict[str, AskOf] = {
            "/twilio/queue/{name}": _told(desk.called_in),
            "/twilio/attendant/{name}/status": self._attendant_status,
            **{f"/twilio/attendant/{{name}}{path}": _told(tell) for path, tell in legs.items()},
        }
        return [Route(path, self._signed_for(answer), methods=["POST"]) for path, answer in named.items()]

    def _signed_for(
        self, answer: Callable[[str, Fields], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """As `_signed`; the answer is also told the name in the path."""

        async def endpoint(request: Request) -> Response:
            return await self._signed(lambda fields: answer(request.path_params["name"], fields))(request)

        return endpoint

    async def _attendant_status(self, leg: str, fields: Fields) -> Response:
        await self._attendants.status(leg, fields)
        return Response(status_code=204)

    def _signed(self, answer: Ask) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                fields = await _fields(request)
            except _NoForm as fault:
                known = self._proof.verify_webhook(_target(request), (), request.headers)
                return Response(status_code=fault.status if known else 403)
            if not self._proof.verify_webhook(_target(request), fields, request.headers):
                metrics.UNSIGNED.inc()
                log.warning("webhook without a good signature", path=request.url.path)
                return Response(status_code=403)
            try:
                return await answer(dict(fields))
            except StoreError as fault:
                log.error("a webhook could not use the store", path=request.url.path, why=str(fault))
            except Exception as fault:  # a mistake of ours: the caller is told, and nobody else notices
                log.error("a webhook failed", path=request.url.path, error=type(fault).__name__, where=where(fault))
            return _twiml(twiml.apology(_APOLOGY))

        return endpoint

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
            return _twiml(twiml.busy())
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
        return _twiml(twiml.busy())

    def _known(self, row: CallRow) -> Response:
        """The same webhook again is told the same."""
        return _twiml(row.answer or twiml.hang_up())

    async def fallback(self, fields: Fields) -> Response:
        """The carrier could not use our answer."""
        log.error("the carrier fell back", call_sid=fields.get("CallSid", ""), code=fields.get("ErrorCode", ""))
        return _twiml(twiml.apology(_APOLOGY))

    async def _connect(self, row: CallRow) -> str:
        process = self._process
        token = await process.tokens.issue_token(row.id, row.call_sid, row.account_sid, now=process.clock.wall())
        return twiml.connect_stream(self._addresses.stream, token, self._addresses.resume)

    # ---- the stream is over

    async def resume(self, fields: Fields) -> Response:
        """What the call's flow decided before it closed the stream; a call that decided nothing lost its stream."""
        call_sid = CallSid(fields.get("CallSid", ""))
        row = await self._process.calls.by_sid(call_sid)
        self._admission.gone(call_sid)
        if row is None:
            return _twiml(twiml.apology(_APOLOGY))
        match row.intent:
            case HangUpIntent():
                return _twiml(twiml.hang_up())
            case TransferIntent():
                return _twiml(self._dial(row.intent, fields))
            case JoinIntent():
                return await self._join(row, row.intent)
        if row.ended_at is not None:
            return _twiml(twiml.hang_up())
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
            return _twiml(twiml.meet(attendant.room, self._addresses.transfer))
        if row.ended_at is not None:
            return _twiml(twiml.hang_up())
        return await self._back(row, "no_answer")

    async def _connect_again(self, row: CallRow) -> Response:
        if await self._process.calls.count_resume(row.id) > MOST_RESUMES:
            return await self._give_up(row, "the stream was lost too often")
        return await self._go_on(row)

    async def _go_on(self, row: CallRow) -> Response:
        if row.bundle is not None and self._process.bundle(row.bundle) is None:
            return await self._give_up(row, "the version of the flow is gone")
        self._admission.expect(row.call_sid, self._process.clock.now_ms())
        return _twiml(await self._connect(row))

    async def _give_up(self, row: CallRow, reason: str) -> Response:
        log.error("a call cannot go on", call=row.id, why=reason)
        await self._finish(row, outcome="error", reason=reason)
        return _twiml(twiml.apology(_APOLOGY))

    # ---- a transfer is over

    async def transfer(self, fields: Fields) -> Response:
        """How a transfer ended. The report is kept before the intent is taken back: asked twice, or by a process that
        has only the store, the answer is as good."""
        process = self._process
        async with self._transfers:
            row = await process.calls.by_sid(CallSid(fields.get("CallSid", "")))
            if row is None:
                return _twiml(twiml.apology(_APOLOGY))
            if row.ended_at is not None:
                return _twiml(twiml.hang_up())
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
        return _twiml(twiml.hang_up()) if ended else await self._go_on(row)

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


def _told(answer: Callable[[str, Fields], Awaitable[str]]) -> AskOf:
    async def told(name: str, fields: Fields) -> Response:
        return _twiml(await answer(name, fields))

    return told


class _NoForm(Exception):
    """What came is not a form as the carrier sends one."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def _fields(request: Request) -> list[tuple[str, str]]:
    """The form's fields, in order. Raises: _NoForm."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise _NoForm(415)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for part in request.stream():
                body += part
                if len(body) > BODY_BYTES:
                    raise _NoForm(413)
    except TimeoutError:
        raise _NoForm(408) from None
    except ClientDisconnect:
        raise _NoForm(400) from None
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:  # not ASCII, not UTF-8 behind its percent signs, or too many
        raise _NoForm(400) from None


def _target(request: Request) -> str:
    path = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1").partition("?")[0]
    query = request.scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


def _twiml(document: str) -> Response:
    return Response(document, media_type=twiml.CONTENT_TYPE)
