"""What the carrier asks about calls that we make: one is answered, or over."""

import structlog

from ivr.carrier import twiml
from ivr.live.dialler import RESULTS, Dialler
from ivr.live.process import Process
from ivr.server.admission import Admission
from ivr.server.flows import Flows
from ivr.server.going_on import Addresses
from ivr.server.signed import Fields
from ivr.store import Answer, Made, OrderStage, new_token
from ivr.units import CallSid

log = structlog.get_logger("ivr.server")


class MadeCalls:
    """Answers in TwiML. Each may be asked twice; a leg that nobody knows, or whose call was given up, is ended."""

    def __init__(
        self, process: Process, dialler: Dialler, flows: Flows, admission: Admission, addresses: Addresses
    ) -> None:
        self._process = process
        self._dialler = dialler
        self._flows = flows
        self._admission = admission
        self._addresses = addresses

    async def answered(self, leg: str, fields: Fields) -> str:
        """Somebody, or something, is on the line: its stream is opened. Whom we called is the caller of the call's row,
        the number they saw is the one that was dialled."""
        order = await self._dialler.orders.by_leg(leg)
        call_sid, account_sid = CallSid(fields.get("CallSid", "")), fields.get("AccountSid", "")
        if order is None or not call_sid or not account_sid or order.stage is OrderStage.OVER:
            return twiml.hang_up()
        bundle = self._flows.bundle
        outbound = bundle.outbound.get(order.name) if bundle.project == order.project else None
        if outbound is None or not order.to:
            log.error("a call that we made has no flow any more", order=order.id)
            return twiml.hang_up()
        process = self._process
        token = new_token()
        answer = Answer(twiml.connect_stream(self._addresses.stream, token, self._addresses.resume), token)
        row, _ = await process.calls.open_call(
            call_sid,
            account_sid,
            caller=order.to,
            dialled=outbound.sender,
            now=process.clock.wall(),
            answer=answer,
            made=Made(order.id, outbound.flow, bundle.hash),
        )
        if row.ended_at is not None or not await self._dialler.orders.talks(leg, call_sid, row.id):
            return twiml.hang_up()
        self._admission.expect(call_sid, process.clock.now_ms())
        return row.answer or twiml.hang_up()

    async def ended(self, leg: str, fields: Fields) -> None:
        status = fields.get("CallStatus", "")
        order = await self._dialler.orders.by_leg(leg)
        if order is not None and status in RESULTS:
            await self._dialler.leg_ended(order, status)
