"""The instructions we answer a webhook with. Twilio runs them from the top; nothing left to run is a hang-up."""

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

from twilio.twiml.voice_response import Connect, Dial, Gather, VoiceResponse

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
    data: Mapping[str, str] | None = None,
) -> str:
    """Hand the caller over; how it went is posted to `action_url`, whose answer runs next.

    `target` is a number as +15551234567 or a SIP address. A `caller_id` that is neither (an anonymous caller) is
    left out, and the carrier shows its own choice. `data` travels to a SIP address as headers X-NAME. Raises:
    CarrierError with code 13224 for any other target.
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
        dialing.sip(with_headers(target, data or {}))
    response = VoiceResponse()
    response.append(dialing)
    return str(response)


def ask_attendant(text: str, answer_url: str, *, words: Sequence[str] = (), key: bool = False, within_s: int) -> str:
    """Tell an attendant what the call is about, and wait for words or a key; what comes, or that nothing did, is
    posted to `answer_url`."""
    response = VoiceResponse()
    gather = Gather(
        input=" ".join([*(["dtmf"] if key or not words else []), *(["speech"] if words else [])]),
        num_digits=1,
        timeout=within_s,
        speech_timeout="auto" if words else None,
        hints=", ".join(words)[:500] or None,
        action=answer_url,
        method="POST",
    )
    gather.say(_spoken(text))
    response.append(gather)
    response.redirect(answer_url, method="POST")
    return str(response)


def tell_attendant(text: str, then_url: str) -> str:
    """Tell an attendant what the call is about, then ask `then_url` how to go on."""
    response = VoiceResponse()
    if text:
        response.say(_spoken(text))
    response.redirect(then_url, method="POST")
    return str(response)


def meet(room: str, action_url: str, *, time_limit_s: int = 14_400) -> str:
    """Into the conference in which caller and attendant speak to each other; when either leaves it is over, and how
    the other goes on is asked of `action_url`. No music and no beep: who comes first waits for a moment."""
    response = VoiceResponse()
    dialing = Dial(action=action_url, method="POST", time_limit=time_limit_s)
    dialing.conference(
        room, start_conference_on_enter=True, end_conference_on_exit=True, beep=False, wait_url="", max_participants=2
    )
    response.append(dialing)
    return str(response)


def go_on(url: str) -> str:
    """Ask this address how the call goes on."""
    response = VoiceResponse()
    response.redirect(url, method="POST")
    return str(response)


def _spoken(text: str) -> str:
    return _NOT_XML.sub(" ", text)


def apology(text: str, *, language: str = "en-US") -> str:
    """Say a sentence in the carrier's own voice and hang up: the way out that needs none of our own sound."""
    response = VoiceResponse()
    response.say(_spoken(text), language=language)
    response.hangup()
    return str(response)


def take_message(text: str, action_url: str, *, longest_s: int = 180, language: str = "en-US") -> str:
    """The carrier asks for a message and keeps it, which needs none of our own sound; `action_url` is told where, and
    its answer runs next. Where nothing is said the carrier does not ask it, and the call ends."""
    response = VoiceResponse()
    response.say(_spoken(text), language=language)
    response.record(
        action=action_url, method="POST", max_length=longest_s, timeout=5, finish_on_key="#", play_beep=True
    )
    response.hangup()
    return str(response)


def with_headers(sip: str, data: Mapping[str, str]) -> str:
    """A SIP address with values as headers, as the carrier takes them: behind a question mark."""
    headers = "&".join(f"X-{quote(name, safe='')}={quote(value, safe='')}" for name, value in data.items())
    return f"{sip}{'&' if '?' in sip else '?'}{headers}" if headers else sip


def is_dialable(target: str) -> bool:
    return bool(_NUMBER.fullmatch(target) or _SIP.fullmatch(target))
