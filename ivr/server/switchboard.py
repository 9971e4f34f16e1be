"""Turns a started stream into a call: the token says which, the store says where it stood."""

import structlog

from ivr import metrics
from ivr.errors import StoreError, WireError
from ivr.flow.flow import Bundle
from ivr.live.conductor import Conductor
from ivr.live.ports import Line
from ivr.live.process import Process
from ivr.server.flows import Flows
from ivr.store import TokenRefused
from ivr.units import CallSid, StreamSid
from ivr.wire import Started

log = structlog.get_logger("ivr.server")


class Switchboard:
    def __init__(self, process: Process, flows: Flows) -> None:
        self._process = process
        self._flows = flows

    async def connect(self, started: Started, line: Line) -> Conductor:
        """Raises: WireError when the token does not open the call."""
        token = started.custom_parameters.get("token", "")
        call_sid = CallSid(started.call_sid)
        process = self._process
        try:
            call_id = await process.tokens.redeem(token, call_sid, started.account_sid, now=process.clock.wall())
            if isinstance(call_id, TokenRefused):
                metrics.TOKENS_REFUSED.inc()
                log.warning("stream token refused", why=call_id.value)
                raise WireError("the stream's token does not open a call")
            row = await process.calls.by_id(call_id)
            assert row is not None, "a token of a call that is not there"
            if row.ended_at is not None:
                raise WireError("the call is over")
            stream_sid = StreamSid(started.stream_sid)
            if row.answered_at is None:
                bundle, flow_name = await self._flows.of_new_call(row)
                return await process.begin(row, bundle, flow_name, line, stream_sid)
            return await process.go_on(row, self._bundle(row.bundle), line, stream_sid)
        except StoreError as fault:
            log.error("a stream could not be connected", why=str(fault))
            raise WireError("the store does not answer", close_code=1011) from fault

    def _bundle(self, content_hash: str | None) -> Bundle:
        bundle = self._process.bundle(content_hash or "")
        if bundle is None:
            raise WireError("the version of the flow is gone", close_code=1011)
        return bundle
