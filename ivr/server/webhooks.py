"""What the carrier asks over HTTP: a call came in, its stream is over, a transfer ended, its status changed.

No webhook relies on the memory of this process: what to do next stands in the store. A request without a good
signature is answered 403 without a word, and nothing else happens.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ivr import metrics
from ivr.carrier import Proof, twiml
from ivr.errors import StoreError
from ivr.live.process import Process
from ivr.server.admission import Admission
from ivr.server.flows import Flows
from ivr.store import CallRow, CallStatus, HangUpIntent, Quality, TransferIntent
from ivr.units import CallSid

log = structlog.get_logger("ivr.server")

Fields = dict[str, str]
Answer = Callable[[Fields], Awaitable[Response]]

MOST_RESUMES: Final = 3
BODY_BYTES: Final = 64 * 1024
_APOLOGY: Final = "We are sorry, something went wrong on our side. Please call again."
_STATUSES: Final = frozenset(s.value for s in CallStatus if s is not CallStatus.LOST)
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
        self, process: Process, flows: Flows, admission: Admission, proof: Proof, addresses: Addresses
    ) -> None:
        self._process = process
        self._flows = flows
        self._admission = admission
        self._proof = proof
        self._addresses = addresses

    def routes(self) -> list[Route]:
        answers: dict[str, Answer] = {
            "/twilio/voice": self.voice,
            "/twilio/voice/fallback": self.fallback,
            "/twilio/resume": self.resume,
            "/twilio/transfer": self.transfer,
            "/twilio/status": self.status,
            "/twilio/stream-status": self.stream_status,
        }
        return [Route(path, self._signed(answer), methods=["POST"]) for path, answer in answers.items()]

    def _signed(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            if not _is_form(request):
                return Response(status_code=415)
            form = await request.form(max_fields=200, max_files=0)
            fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
            if not self._proof.verify_webhook(_target(request), fields, request.headers):
                metrics.UNSIGNED.inc()
                log.warning("webhook without a good signature", path=request.url.path)
                return Response(status_code=403)
            try:
                return await answer(dict(fields))
            except StoreError as fault:
                log.error("a webhook could not use the store", path=request.url.path, why=str(fault))
                return _twiml(twiml.apology(_APOLOGY))

        return endpoint

    # ---- a call comes in

    async def voice(self, fields: Fields) -> Response:
        call_sid, process = CallSid(fields.get("CallSid", "")), self._process
        if not call_sid or not fields.get("AccountSid"):
            return PlainTextResponse("CallSid and AccountSid are missing", status_code=400)
        known = await process.calls.by_sid(call_sid)
        if known is not None and known.answer is not None:
            return _twiml(known.answer)  # the same webhook again
        if known is not None and known.ended_at is not None:
            return _twiml(twiml.hang_up())
        trouble = process.journal.trouble is not None or process.disk_full
        refusal = self._admission.ask(call_sid, process.clock.now_ms(), journal_trouble=trouble)
        if refusal is not None:
            metrics.CALLS_REFUSED.labels(refusal.value).inc()
            log.warning("call refused", call_sid=call_sid, why=refusal.value)
            return _twiml(twiml.busy())
        now = process.clock.wall()
        row, _ = await process.calls.open_call(
            call_sid, fields["AccountSid"], caller=fields.get("From", ""), dialled=fields.get("To", ""), now=now
        )
        return _twiml(await process.calls.set_answer(row.id, await self._connect(row)))

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
        row = await self._process.calls.by_sid(CallSid(fields.get("CallSid", "")))
        if row is None:
            return _twiml(twiml.apology(_APOLOGY))
        match row.intent:
            case HangUpIntent():
                return _twiml(twiml.hang_up())
            case TransferIntent():
                return _twiml(self._dial(row.intent, fields))
        if row.ended_at is not None:
            return _twiml(twiml.hang_up())
        return await self._connect_again(row)

    def _dial(self, intent: TransferIntent, fields: Fields) -> str:
        return twiml.dial(intent.to, self._addresses.transfer, caller_id=fields.get("From"), ring_s=intent.ring_s)

    async def _connect_again(self, row: CallRow) -> Response:
        if await self._process.calls.count_resume(row.id) > MOST_RESUMES:
            await self._finish(row, outcome="error", reason="the stream was lost too often")
            return _twiml(twiml.apology(_APOLOGY))
        return _twiml(await self._connect(row))

    # ---- a transfer is over

    async def transfer(self, fields: Fields) -> Response:
        process = self._process
        row = await process.calls.by_sid(CallSid(fields.get("CallSid", "")))
        if row is None:
            return _twiml(twiml.apology(_APOLOGY))
        if row.ended_at is not None or not isinstance(row.intent, TransferIntent):
            return _twiml(twiml.hang_up())
        result = _TRANSFER_RESULTS.get(fields.get("DialCallStatus", ""), "failed")
        await process.calls.set_intent(row.id, None)
        bundle = process.bundle(row.bundle or "")
        if bundle is None:
            return _twiml(twiml.apology(_APOLOGY))
        after = await process.transfer_ended(row, bundle, result)
        if after.outcome is not None:
            await self._finish(row, outcome=after.outcome, reason=f"transfer: {result}")
            return _twiml(twiml.hang_up())
        return _twiml(await self._connect(row))

    async def _finish(self, row: CallRow, *, outcome: str, reason: str) -> None:
        await self._process.calls.finish_call(
            row.id,
            now=self._process.clock.wall(),
            outcome=outcome,
            end_reason=reason,
            quality=row.quality or Quality(),
            recording=self._process.recording_of(row.id),
        )

    # ---- reports

    async def status(self, fields: Fields) -> Response:
        status, number = fields.get("CallStatus", ""), fields.get("SequenceNumber", "0")
        if status in _STATUSES and number.isdecimal():
            await self._process.calls.record_status(
                CallSid(fields.get("CallSid", "")),
                int(number),
                CallStatus(status),
                now=self._process.clock.wall(),
                duration_s=int(fields["CallDuration"]) if fields.get("CallDuration", "").isdecimal() else None,
            )
        return Response(status_code=204)

    async def stream_status(self, fields: Fields) -> Response:
        log.info(
            "stream status",
            call_sid=fields.get("CallSid", ""),
            stream_event=fields.get("StreamEvent", ""),
            failed=bool(fields.get("StreamError")),
        )
        return Response(status_code=204)


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip() == "application/x-www-form-urlencoded"


def _target(request: Request) -> str:
    path = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1").partition("?")[0]
    query = request.scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


def _twiml(document: str) -> Response:
    return Response(document, media_type=twiml.CONTENT_TYPE)
