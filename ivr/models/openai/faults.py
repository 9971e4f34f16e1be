"""What a far end says when it does not serve, and what that means for who asked.

Only names that it gives (codes, types, places in a request) go on from here, never its sentences: those may quote what
a caller said.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final

import msgspec

from ivr.errors import ModelError, ModelRefused, ModelUnavailable, RefusedKind, UnavailableKind

LONGEST_WAIT_MS: Final = 24 * 3600 * 1000

_CREDIT: Final = frozenset(
    {"insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached", "billing_not_active"}
)
_KEY: Final = frozenset({"invalid_api_key", "authentication_error", "permission_denied", "permission_error"})
_WORDS: Final = frozenset(
    {"content_policy_violation", "content_filter", "moderation_blocked", "responsibleaipolicyviolation", "safety"}
)
_TOO_LARGE: Final = frozenset(
    {"context_length_exceeded", "string_above_max_length", "request_too_large", "payload_too_large", "file_too_large"}
)
_OVERLOAD: Final = frozenset(
    {"rate_limit_exceeded", "rate_limit_error", "slow_down", "server_is_overloaded", "service_unavailable_error",
     "overloaded_error", "too_many_requests", "tokens", "requests"}
)  # fmt: skip
_SAID: Final[Mapping[str, str]] = {
    "words": "the words were held back by {}",
    "key": "the key was not accepted by {}, or has no right to this",
    "credit": "there is no credit left at {}",
    "model": "the model is unknown to {}, or has been retired",
    "address": "the address of {} is not that of a model",
    "request": "the request was not accepted by {}",
    "too_large": "the request is too large for {}",
    "fault": "{} failed",
    "overload": "{} has too much to do",
    "late": "{} took too long",
}
_NAME = re.compile(r"[A-Za-z0-9_.:\[\]-]{1,80}")
_SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_SPAN_MS: Final = {"ms": 1.0, "s": 1000.0, "m": 60_000.0, "h": 3_600_000.0}


@dataclass(frozen=True, slots=True)
class Fault:
    """An error of the far end. `code`, `type` and `param` as it gives them, if they are names; else empty."""

    status: int
    code: str = ""
    type: str = ""
    param: str = ""
    request: str = ""
    """Its own number for the request: support asks for it."""
    retry_after_ms: int | None = None
    again: bool = True
    about_model: bool = False
    """Its sentence speaks of a model."""

    def error(self, who: str) -> ModelError:
        """`who`: the far end, for people."""
        names = " ".join(str(told) for told in (self.status, self.code or self.type, self.param) if told)
        request = f", its request {self.request}" if self.request else ""
        refused = self._refused()
        if refused is not None:
            return ModelRefused(f"{_SAID[refused].format(who)} ({names}{request})", refused)
        kind = self._kind()
        text = f"{_SAID[kind].format(who)} ({names}{request})"
        return ModelUnavailable(text, kind, retry_after_ms=self.retry_after_ms, again=self.again)

    def _named(self, names: frozenset[str]) -> bool:
        return self.code.lower() in names or self.type.lower() in names

    def _refused(self) -> RefusedKind | None:
        if self._named(_CREDIT) or self.status == 402:
            return "credit"
        if self._named(_WORDS):
            return "words"
        if self._named(_TOO_LARGE) or self.status == 413:
            return "too_large"
        if self._named(_KEY) or self.status in (401, 403):
            return "key"
        if self.code == "model_not_found" or (self.status == 404 and self.about_model):
            return "model"
        if self.status in (404, 405) or 300 <= self.status < 400:
            return "address"
        if self.status in (408, 409, 425, 429) or self._named(_OVERLOAD):
            return None
        asked_wrong = 400 <= self.status < 500 or (self.status < 300 and self.type == "invalid_request_error")
        return "request" if asked_wrong else None

    def _kind(self) -> UnavailableKind:
        if self.status in (429, 503) or self._named(_OVERLOAD):
            return "overload"
        return "late" if self.status in (408, 504, 524) else "fault"


def fault_of(status: int, headers: Mapping[str, str], body: bytes) -> Fault:
    """Of an answer that is an error by its status. A page for people instead of JSON is an error too."""
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        told = None
    return told_fault(told, status, headers)


def told_fault(told: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Fault:
    """Of an error as JSON: `{"error": {...}}`, `{"error": "..."}`, `{"detail": ...}`. A number as its code is a status;
    behind a status of success it is the one that counts."""
    headers = headers or {}
    error = told.get("error", told.get("detail")) if isinstance(told, Mapping) else None
    names = error if isinstance(error, Mapping) else {}
    code = names.get("code")
    if status < 300 and isinstance(code, int) and 400 <= code < 600:
        status = code
    sentence = names.get("message", error)
    return Fault(
        status,
        _name(code),
        _name(names.get("type")),
        _name(names.get("param")) or _place(error),
        _name(headers.get("x-request-id", "")),
        _retry_after_ms(headers),
        headers.get("x-should-retry", "").lower() != "false",
        isinstance(sentence, str) and "model" in sentence.lower(),
    )


def _place(detail: object) -> str:
    """Where a request is wrong, as FastAPI tells it: `[{"loc": ["body", "model"], ...}]`."""
    first = detail[0] if isinstance(detail, list) and detail else None
    found = first.get("loc") if isinstance(first, Mapping) else None
    places = [str(place) for place in found] if isinstance(found, list) else []
    return _name(".".join(places[1:] if places[:1] == ["body"] else places))


def _name(told: object) -> str:
    return told if isinstance(told, str) and _NAME.fullmatch(told) else ""


def _retry_after_ms(headers: Mapping[str, str]) -> int | None:
    """Milliseconds, seconds, or a date, which is told against the far end's own clock."""
    if (ms := _number(headers.get("retry-after-ms"))) is not None:
        return _bounded(ms)
    written = headers.get("retry-after", "")
    if (seconds := _number(written)) is not None:
        return _bounded(seconds * 1000)
    try:
        wait = parsedate_to_datetime(written) - parsedate_to_datetime(headers.get("date", ""))
        return _bounded(wait.total_seconds() * 1000)
    except (TypeError, ValueError, OverflowError):
        pass
    waits = [
        _span_ms(headers.get(f"x-ratelimit-reset-{what}", ""))
        for what in ("requests", "tokens")
        if headers.get(f"x-ratelimit-remaining-{what}", "").strip() == "0"
    ]
    known = [wait for wait in waits if wait is not None]
    return _bounded(max(known)) if known else None


def _span_ms(written: str) -> float | None:
    """`6m0s`, `20ms`."""
    parts = _SPAN.findall(written)
    if not parts or "".join(number + unit for number, unit in parts) != written:
        return None
    return sum(float(number) * _SPAN_MS[unit] for number, unit in parts)


def _number(written: str | None) -> float | None:
    return float(written) if written and re.fullmatch(r"\s*\d{1,9}(\.\d{1,9})?\s*", written, re.ASCII) else None


def _bounded(ms: float) -> int:
    return max(0, min(LONGEST_WAIT_MS, round(ms)))
