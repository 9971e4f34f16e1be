"""The tools of one bundle, as a call in flight uses them."""

from collections.abc import Mapping

import structlog

from ivr import metrics
from ivr.flow.flow import Bundle
from ivr.flow.state import RawReply
from ivr.flow.types import Value
from ivr.models.deadline import due_in
from ivr.tools.registry import Tools

log = structlog.get_logger("ivr.live")

SLACK_MS = 500
"""Beyond the tool's own timeout and retries, for the thread or the connection to answer."""


class BundleTools:
    def __init__(self, bundle: Bundle, tools: Tools) -> None:
        self._bundle = bundle
        self._tools = tools

    async def run(self, effect_id: str, flow: str, tool: str, arguments: Mapping[str, Value | None]) -> RawReply:
        spec = self._bundle.flows[flow].tools[tool]
        tries_ms = (spec.timeout_ms + 2 * spec.retry.wait_ms) * (spec.retry.times + 1)
        reply = await self._tools.run(spec, effect_id, arguments, due_in(tries_ms + SLACK_MS))
        if reply.error is not None:
            metrics.TOOL_ERRORS.labels(reply.error).inc()
            log.warning("tool gave no usable answer", tool=tool, error=reply.error, ms=reply.ms, detail=reply.detail)
        return RawReply(reply.status, reply.body, reply.result, reply.error, reply.sent)
