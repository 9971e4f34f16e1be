"""The instructions we answer a webhook with. Twilio runs them from the top; nothing left to run is a hang-up."""

import re
from typing import Final

from twilio.twiml.voice_response import Connect, Dial, VoiceResponse

from ivr.errors import CarrierError

CONTENT_TYPE: Final = "text/xml; charset=utf-8"

_NUMBER = re.compile(r"\+[1-9][0-9]{1,14}")
_SIP = re.compile(r"sips?:[^\s<>\"]{1,250}")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def connect_stream(stream_url: str, token: str, resume_url: str) -> str:
    """Open the media stream; when it ends for whatever reason, ask `resume_url` how the call goes on."""
    response = VoiceResponse()
    connect = Connect()
    connect.stream(url=stream_url).parameter(name="token", value=token)
    response.append(connect)
    response.redirect(resume_url, method="POST")
    return str(response)


def busy() -> str:
    """Refuse the call before it is answered: the caller hears the busy tone and pays nothing."""
    response = VoiceResponse()
    response.reject(reason="busy")
    return str(response)


def hang_up() -> str:
    response = VoiceResponse()
    response.hangup()
    return str(response)


def dial(
    target: str,
    action_url: str,
    *,
    caller_id: str | None = None,
    ring_s: int = 30,
    time_limit_s: int = 14_400,
) -> str:
    """Hand the caller over; how it went is posted to `action_url`, whose answer runs next.

    `target` is a number as +15551234567 or a SIP address. A `caller_id` that is neither (an anonymous caller) is
    left out, and the carrier shows its own choice. Raises: CarrierError with code 13224 for any other target.
    """
    if not is_dialable(target):
        raise CarrierError("a transfer target is neither a number with + nor a SIP address", status=400, code=13224)
    dialing = Dial(
        action=action_url,
        method="POST",
        timeout=ring_s,
        time_limit=time_limit_s,
        caller_id=caller_id if caller_id and is_dialable(caller_id) else None,
    )
    if _NUMBER.fullmatch(target):
        dialing.number(target)
    else:
        dialing.sip(target)
    response = VoiceResponse()
    response.append(dialing)
    return str(response)


def apology(text: str, *, language: str = "en-US") -> str:
    """Say a sentence in the carrier's own voice and hang up: the way out that needs none of our own sound."""
    response = VoiceResponse()
    response.say(_NOT_XML.sub(" ", text), language=language)
    response.hangup()
    return str(response)


def is_dialable(target: str) -> bool:
    return bool(_NUMBER.fullmatch(target) or _SIP.fullmatch(target))
