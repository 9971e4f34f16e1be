"""The faults that far ends and relays have before the first byte, by name."""

import json
from collections.abc import Mapping
from typing import Any, Final

from ivr.sim.model_house.manners import Manner


def refused(
    status: int,
    code: str | None = None,
    text: str = "Refused by the test.",
    *,
    kind: str = "invalid_request_error",
    retry_after_s: float | None = None,
) -> Manner:
    """An error in the usual shape. With `retry_after_s` both headers tell it."""
    headers = {}
    if retry_after_s is not None:
        headers = {"retry-after": f"{retry_after_s:g}", "retry-after-ms": f"{retry_after_s * 1000:g}"}
    return Manner(status=status, code=code, text=text, type=kind, headers=headers)


def _told(status: int, value: Any) -> Manner:
    return Manner(status=status, body=json.dumps(value).encode())


def _page(status: int, html: str) -> Manner:
    return Manner(status=status, body=html.encode(), media_type="text/html")


FAULTS: Final[Mapping[str, Manner]] = {
    "rate_limited": refused(429, "rate_limit_exceeded", "Rate limit reached.", kind="requests", retry_after_s=1),
    "tokens_limited": refused(429, "rate_limit_exceeded", "Rate limit reached.", kind="tokens", retry_after_s=6),
    "slow_down": refused(429, "slow_down", "Slow down.", kind="slow_down"),
    "no_credit": refused(429, "insufficient_quota", "You exceeded your current quota.", kind="insufficient_quota"),
    "no_credit_at_relay": refused(402, None, "Insufficient credits."),
    "timed_out": refused(408, None, "Request timed out.", kind="timeout"),
    "conflict": refused(409, None, "The resource is being changed by another request."),
    "too_large": refused(413, None, "Maximum content size limit exceeded."),
    "no_access": refused(403, "unsupported_country_region_territory", "Country, region, or territory not supported."),
    "server_error": refused(500, None, "The server had an error. Sorry about that!", kind="server_error"),
    "overloaded": refused(503, "server_is_overloaded", "Our servers are busy.", kind="service_unavailable_error"),
    "context_too_long": refused(400, "context_length_exceeded", "This model's maximum context length is 128000."),
    "bad_gateway": _page(502, "<html><head><title>502 Bad Gateway</title></head></html>"),
    "gateway_timeout": Manner(status=504, body=b"upstream request timeout", media_type="text/plain"),
    "relay_overloaded": _told(529, {"error": {"message": "Overloaded", "type": "overloaded_error"}}),
    "relay_timeout": _page(524, "<html><body>524</body></html>"),
    "page_200": _page(200, "<!DOCTYPE html><html><body>Please log in</body></html>"),
    "error_200": _told(200, {"error": {"message": "upstream failed", "type": "server_error"}}),
    "detail_422": _told(422, {"detail": [{"type": "missing", "loc": ["body", "model"], "msg": "Field required"}]}),
    "detail_500": _told(500, {"detail": "Internal Server Error"}),
    "garbage": Manner(body=b'{"id": "chatcmpl-1", "choices": [{"index"'),
    "not_utf8": Manner(body=b'{"id": "\xff\xfe", "choices": []}'),
    "empty": Manner(body=b""),
    "silent": Manner(wait_s=3600),
}
