"""What a far end's errors mean for who asked; nothing that it quotes goes on."""

import json
from typing import Any

import pytest

from ivr.errors import ModelRefused, ModelUnavailable
from ivr.models.openai.faults import fault_of, told_fault

SAID = "my card is 4111 1111 1111 1111"


def body(code: object = None, type_: str = "invalid_request_error", message: str = SAID, **more: Any) -> bytes:
    return json.dumps({"error": {"message": message, "type": type_, "code": code, "param": None, **more}}).encode()


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (400, body("unsupported_value", param="audio.format"), "request"),
        (400, body("audio_not_found"), "request"),
        (400, body("context_length_exceeded"), "too_large"),
        (400, body("content_policy_violation"), "words"),
        (401, body("invalid_api_key"), "key"),
        (401, b"<html>who are you</html>", "key"),
        (402, body(), "credit"),
        (403, body("unsupported_country_region_territory"), "key"),
        (404, body("model_not_found"), "model"),
        (404, body(404, message='model "x" not found, try pulling it first'), "model"),
        (404, b"<html>no such page</html>", "address"),
        (404, b'{"detail": "Not Found"}', "address"),
        (307, b"", "address"),
        (405, b'{"detail": "Method Not Allowed"}', "address"),
        (413, b"too large", "too_large"),
        (422, b'{"detail": [{"loc": ["body", "n"], "msg": "wrong"}]}', "request"),
        (429, body("insufficient_quota", "insufficient_quota"), "credit"),
        (429, body("credit_balance_exhausted"), "credit"),
    ],
)
def test_where_asking_again_does_not_help(status: int, answer: bytes, kind: str) -> None:
    error = fault_of(status, {"x-request-id": "req_1"}, answer).error("a far end")
    assert isinstance(error, ModelRefused)
    assert error.kind == kind
    assert "req_1" in str(error)


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (408, body(None, "timeout"), "late"),
        (409, body(), "fault"),
        (429, body("rate_limit_exceeded", "tokens"), "overload"),
        (429, body("slow_down"), "overload"),
        (429, b"", "overload"),
        (500, body(None, "server_error"), "fault"),
        (502, b"<html>Bad Gateway</html>", "fault"),
        (503, body("server_is_overloaded", "service_unavailable_error"), "overload"),
        (504, b"upstream request timeout", "late"),
        (524, b"<html>524</html>", "late"),
        (529, body(None, "overloaded_error"), "overload"),
        (500, b'{"detail": "Internal Server Error"}', "fault"),
        (500, b"[" * 10_000, "fault"),
        (500, b'{"error": "\xff"}', "fault"),
    ],
)
def test_where_asking_again_may_help(status: int, answer: bytes, kind: str) -> None:
    error = fault_of(status, {}, answer).error("a far end")
    assert isinstance(error, ModelUnavailable)
    assert (error.kind, error.again) == (kind, True)


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422, 429, 500, 503])
def test_no_word_of_an_error_s_text_goes_on(status: int) -> None:
    error = fault_of(status, {"x-request-id": SAID}, body(SAID, SAID, param=SAID)).error("a far end")
    assert "4111" not in repr(error) and "card" not in repr(error)


@pytest.mark.parametrize(
    ("headers", "ms"),
    [
        ({}, None),
        ({"retry-after": "30"}, 30_000),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "1.5"}, 1500),
        ({"retry-after-ms": "250", "retry-after": "1"}, 250),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "99999999999999999999"}, None),
        ({"retry-after": "Wed, 25 Nov 2026 10:00:07 GMT", "date": "Wed, 25 Nov 2026 10:00:00 GMT"}, 7_000),
        ({"retry-after": "Wed, 25 Nov 2026 09:00:00 GMT", "date": "Wed, 25 Nov 2026 10:00:00 GMT"}, 0),
        ({"retry-after": "Wed, 25 Nov 2026 10:00:07 GMT"}, None),
        ({"retry-after": "999999999"}, 24 * 3600 * 1000),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"}, 360_000),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "20ms"}, 20),
        ({"x-ratelimit-remaining-requests": "9", "x-ratelimit-reset-requests": "20ms"}, None),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "later"}, None),
    ],
)
def test_how_long_it_wants_to_be_left_alone(headers: dict[str, str], ms: int | None) -> None:
    assert fault_of(429, headers, b"").retry_after_ms == ms


def test_what_must_not_be_asked_again_says_so() -> None:
    error = fault_of(500, {"x-should-retry": "false"}, body()).error("a far end")
    assert isinstance(error, ModelUnavailable) and not error.again


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"error": {"message": SAID, "code": 502}}, "fault"),
        ({"error": {"message": SAID, "code": 429}}, "overload"),
        ({"error": {"type": "server_error"}}, "fault"),
        ({"error": {"code": "rate_limit_exceeded"}}, "overload"),
        ({"error": "it broke"}, "fault"),
        ({"error": {"type": "invalid_request_error"}}, "request"),
        ({"error": {"code": "content_filter"}}, "words"),
        ({"error": {"code": "insufficient_quota"}}, "credit"),
    ],
)
def test_an_error_behind_a_success_counts(told: object, kind: str) -> None:
    error = told_fault(told).error("a far end")
    assert isinstance(error, ModelRefused | ModelUnavailable)
    assert error.kind == kind
