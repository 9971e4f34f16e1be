"""What a request to the carrier's REST interface must be like: strict, so that a slip of ours is seen, and what the
carrier would let pass in silence (an unknown parameter) is refused. The codes are the carrier's own."""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

CREATE: Final = frozenset(
    {
        *("To", "From", "Url", "Twiml", "Method", "FallbackUrl", "FallbackMethod", "StatusCallback"),
        *("StatusCallbackEvent", "StatusCallbackMethod", "Timeout", "TimeLimit", "SendDigits", "CallerId"),
        *("CallReason", "Byoc", "Record", "RecordingChannels", "RecordingTrack", "Trim", "MachineDetection"),
        *("MachineDetectionTimeout", "AsyncAmd", "AsyncAmdStatusCallback", "AsyncAmdStatusCallbackMethod"),
    }
)
UPDATE: Final = frozenset(
    {
        *("Url", "Method", "Twiml", "Status", "FallbackUrl", "FallbackMethod", "StatusCallback"),
        *("StatusCallbackMethod", "TimeLimit"),
    }
)
TEXT: Final = frozenset(
    {"To", "From", "MessagingServiceSid", "Body", "MediaUrl", "StatusCallback", "ValidityPeriod", "SmartEncoded"}
)
ENDED: Final = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
LONGEST_TWIML: Final = 4000
LONGEST_TEXT: Final = 1600
NUMBER: Final = re.compile(r"\+[1-9][0-9]{1,14}")
RUNG: Final = re.compile(r"\+[1-9][0-9]{1,14}|sips?:[^\s<>\"]+")


def fault(status: int, code: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    more_info = f"https://www.twilio.com/docs/errors/{code}"
    told = {"code": code, "message": message, "more_info": more_info, "status": status}
    return JSONResponse(told, status, headers=headers)


def not_found(request: Request) -> Response:
    return fault(404, 20404, f"The requested resource {request.url.path} was not found")


async def admitted(request: Request, known: frozenset[str], account: tuple[str, str]) -> dict[str, str] | Response:
    """The form of a request that may be, or why it may not. `account`: its SID and its token."""
    if not _is_authorised(request.headers.get("authorization", ""), account):
        return fault(401, 20003, "Authenticate")
    form = {name: str(value) for name, value in (await request.form()).items()}
    strange = form.keys() - known
    if strange:
        return fault(400, 20001, f"Unknown parameters: {', '.join(sorted(strange))}")
    return form


def _is_authorised(header: str, account: tuple[str, str]) -> bool:
    try:
        given = base64.b64decode(header.removeprefix("Basic "), validate=True)
    except binascii.Error:
        return False
    return header.startswith("Basic ") and hmac.compare_digest(given, ":".join(account).encode())


def call_fault(form: Mapping[str, str]) -> Response | None:
    """What is wrong with a call that is asked for."""
    if not RUNG.fullmatch(form.get("To", "")):
        return fault(400, 21211, "The 'To' number is not a valid phone number.")
    if not NUMBER.fullmatch(form.get("From", "")):
        return fault(400, 21212, "The 'From' number is not a valid phone number.")
    if "Url" not in form and not 0 < len(form.get("Twiml", "")) <= LONGEST_TWIML:
        return fault(400, 21205, "Url or Twiml is not valid.")
    return None


def text_fault(form: Mapping[str, str]) -> Response | None:
    """What is wrong with a text message that is to be sent."""
    if not NUMBER.fullmatch(form.get("To", "")):
        return fault(400, 21211, "The 'To' number is not a valid phone number.")
    if not NUMBER.fullmatch(form.get("From", "")):
        return fault(400, 21212, "The 'From' number is not a valid phone number.")
    if not 0 < len(form.get("Body", "")) <= LONGEST_TEXT:
        return fault(400, 21602, "Message body is required.")
    return None
