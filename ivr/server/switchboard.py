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
        now = process.clock.wall()
        try:
            connected = await process.holders.connect(token, call_sid, started.account_sid, self._choose, now=now)
            if isinstance(connected, TokenRefused):
                metrics.TOKENS_REFUSED.inc()
                log.warning("stream token refused", why=connected.value)
                raise WireError("the stream's token does not open a call")
            row, stream_sid = connected.row, StreamSid(started.stream_sid)
            if row.ended_at is not None:
                raise WireError("the call is over")
            bundle = self._bundle(row.bundle)
            if connected.stream is not None:
                assert row.flow is not None, "a call that has begun has its flow"
                return await process.begin(connected, bundle, row.flow, line, stream_sid)
            return await process.go_on(row, bundle, line, stream_sid)
        except StoreError as fault:
            log.error("a stream could not be connected", why=str(fault))
            raise WireError("the store does not answer", close_code=1011) from fault

    def _choose(self, dialled: str) -> tuple[str, str]:
        bundle, flow_name = self._flows.of_new_call(dialled)
        return flow_name, bundle.hash

    def _bundle(self, content_hash: str | None) -> Bundle:
        bundle = self._process.bundle(content_hash or "")
        if bundle is None:
            raise WireError("the version of the flow is gone", close_code=1011)
        return bundle
