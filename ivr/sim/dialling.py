"""Whom a telephone calls and as whom, and how a call ends, in our words and the carrier's."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ivr.sim.stream import StreamEnd

DIAL_RESULTS: Final = {"answered": "completed", "busy": "busy", "no-answer": "no-answer", "failed": "failed"}


@dataclass(frozen=True, slots=True)
class Dialling:
    """Whom to call and as whom. `dial_answers`: how a <Dial> ends, in turn, the last one repeating: answered, busy,
    no-answer, failed. `bridged_s`: how long an answered <Dial> lasts. None as `auth_token`: nothing is signed.
    `public_url`: the address the server is known by; it is signed, and streams at it are dialled at `base_url`."""

    base_url: str
    from_number: str = "+15550100199"
    to_number: str = "+15550100100"
    account_sid: str = "AC" + "0" * 31 + "1"
    auth_token: str | None = field(default=None, repr=False)
    dial_answers: tuple[str, ...] = ("answered",)
    bridged_s: float = 0.5
    callbacks: bool = True
    public_url: str | None = None


@dataclass(frozen=True, slots=True)
class Dialled:
    """A <Dial> the server asked for and how the script answered it."""

    at_ms: int
    target: str
    answer: str


@dataclass(frozen=True, slots=True)
class CallEnd:
    """`how`: completed (the server hung up), transferred (a <Dial> was answered and nothing followed), caller_left,
    rejected, failed (no TwiML to go on with)."""

    how: str
    at_ms: int
    reason: str | None = None


def can_be_dialled(target: str) -> bool:
    digits = target.removeprefix("+").replace("-", "").replace(" ", "")
    return target.startswith("sip:") or (digits.isdigit() and len(digits) >= 3)


def dial_result(answer: str, bridged_s: float) -> Mapping[str, str]:
    fields = {
        "CallStatus": "in-progress",
        "DialCallStatus": DIAL_RESULTS[answer],
        "DialCallSid": "CA" + secrets.token_hex(16),
    }
    bridged = answer == "answered"
    return {
        **fields,
        "DialBridged": str(bridged).lower(),
        **({"DialCallDuration": str(round(bridged_s))} if bridged else {}),
    }


def final_status(end: CallEnd) -> str:
    if end.how == "rejected":
        return "busy" if end.reason == "busy" else "failed"
    return "failed" if end.how == "failed" else "completed"


def stream_note(end: StreamEnd) -> str:
    return {
        "caller": "the caller hung up",
        "server": f"the server closed the stream ({end.close_code})",
        "dropped": "the stream was lost",
        "refused": "the stream was refused",
    }[end.by]


def stream_error(end: StreamEnd) -> str | None:
    return {"refused": "the upgrade was refused", "dropped": "the connection was lost"}.get(end.by)
