"""What we say on the media stream: exactly the fields Twilio knows, for it drops one with more or less."""

import binascii
from functools import lru_cache

import msgspec


def media(stream_sid: str, mulaw: bytes) -> str:
    """Sound to be played behind what was sent before: bare µ-law at 8000 Hz, of any length, without a header."""
    return _media_head(stream_sid) + media_tail(mulaw)


def media_tail(mulaw: bytes) -> str:
    """The part of a `media` message that is the same on every stream, for sound that is sent often."""
    return binascii.b2a_base64(mulaw, newline=False).decode("ascii") + '"}}'


def media_ready(stream_sid: str, tail: str) -> str:
    """`media` of sound whose tail was made before."""
    return _media_head(stream_sid) + tail


def mark(stream_sid: str, name: str) -> str:
    """A receipt asked for: it comes back when all sound sent before it was played or cleared."""
    return _head("mark", stream_sid) + ',"mark":{"name":' + _quoted(name) + "}}"


def clear(stream_sid: str) -> str:
    """Take back all sound that was sent and not yet played; every mark still out then comes back."""
    return _head("clear", stream_sid) + "}"


@lru_cache(maxsize=4096)
def _media_head(stream_sid: str) -> str:
    return _head("media", stream_sid) + ',"media":{"payload":"'


def _head(event: str, stream_sid: str) -> str:
    return '{"event":"' + event + '","streamSid":' + _quoted(stream_sid)


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()
