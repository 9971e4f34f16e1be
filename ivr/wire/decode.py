"""The text of one websocket message to a value. Lenient in what the carrier may write, strict in what we pass on.

Unknown fields and events are let through (the events as Unknown); numbers may be numbers or text. A message that is
not JSON, too long, or of a known kind and a wrong shape raises BadMessage. No exception's text holds what was sent.
"""

import re
from typing import Annotated, Any, Final, TypeAlias

import msgspec

from ivr.errors import WireError
from ivr.wire.messages import (
    Connected,
    Inbound,
    KeyPressed,
    MarkReturned,
    MediaFrame,
    Started,
    Stopped,
    Unknown,
)

MESSAGE_BYTES: Final = 64 * 1024
"""The longest message we read; about eight seconds of sound."""

NOT_TEXT: Final = 1003
NOT_JSON: Final = 1007
AGAINST_THE_RULES: Final = 1008
TOO_LONG: Final = 1009

_Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_EVENT_LETTERS: Final = 40
_PARAMETERS: Final = 100
_SID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_KEYS: Final = frozenset("0123456789*#ABCD")


class BadMessage(WireError):
    """One message that cannot be read; the stream may go on without it."""


class _Media(msgspec.Struct, gc=False):
    payload: bytes  # msgspec reads base64 into bytes by itself, faster than binascii does
    track: str = "inbound"
    chunk: _Count | None = None
    timestamp: _Count | None = None


class _MediaText(msgspec.Struct, tag_field="event", tag="media", gc=False):
    media: _Media
    sequenceNumber: _Count | None = None
    streamSid: str = ""


class _Mark(msgspec.Struct, gc=False):
    name: str


class _MarkText(msgspec.Struct, tag_field="event", tag="mark", gc=False):
    mark: _Mark
    sequenceNumber: _Count | None = None
    streamSid: str = ""


class _Dtmf(msgspec.Struct, gc=False):
    digit: str | int


class _DtmfText(msgspec.Struct, tag_field="event", tag="dtmf", gc=False):
    dtmf: _Dtmf
    sequenceNumber: _Count | None = None
    streamSid: str = ""


class _ConnectedText(msgspec.Struct, tag_field="event", tag="connected", gc=False):
    protocol: str = ""
    version: str = ""


class _Format(msgspec.Struct, gc=False):
    """The defaults are the only format Twilio documents."""

    encoding: str = "audio/x-mulaw"
    sampleRate: _Count = 8000
    channels: _Count = 1


class _Start(msgspec.Struct):
    callSid: str
    accountSid: str = ""
    streamSid: str = ""
    tracks: tuple[str, ...] = ()
    customParameters: dict[str, Any] | None = None
    mediaFormat: _Format = msgspec.field(default_factory=_Format)


class _StartText(msgspec.Struct, tag_field="event", tag="start"):
    start: _Start
    sequenceNumber: _Count | None = None
    streamSid: str = ""


class _StopText(msgspec.Struct, tag_field="event", tag="stop", gc=False):
    sequenceNumber: _Count | None = None
    streamSid: str = ""


class _AnyText(msgspec.Struct, gc=False):
    event: str
    sequenceNumber: Any = None


_KNOWN: Final = frozenset({"media", "mark", "dtmf", "connected", "start", "stop"})
_read = msgspec.json.Decoder(
    _MediaText | _MarkText | _DtmfText | _ConnectedText | _StartText | _StopText, strict=False
).decode
_read_any = msgspec.json.Decoder(_AnyText).decode


def decode(text: str | bytes) -> Inbound:
    """One text message to its value; `bytes` is the UTF-8 of a text message, not a binary one (see `binary`).

    Raises: BadMessage with close code 1007 (not JSON), 1008 (wrong shape) or 1009 (over MESSAGE_BYTES).
    """
    if len(text) > MESSAGE_BYTES:
        raise BadMessage("a message over 64 KiB", close_code=TOO_LONG)
    try:
        raw = _read(text)
    except msgspec.ValidationError:
        return _unknown(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise BadMessage("a message that is not JSON", close_code=NOT_JSON) from None
    if type(raw) is _MediaText:
        media = raw.media
        return MediaFrame(raw.sequenceNumber, media.chunk, media.timestamp, media.payload, media.track, raw.streamSid)
    match raw:
        case _MarkText():
            return MarkReturned(raw.mark.name, raw.sequenceNumber, raw.streamSid)
        case _DtmfText():
            return KeyPressed(_key(raw.dtmf.digit), raw.sequenceNumber, raw.streamSid)
        case _StartText():
            return _started(raw)
        case _StopText():
            return Stopped(raw.sequenceNumber, raw.streamSid)
        case _:
            return Connected(raw.protocol, raw.version)


def binary() -> BadMessage:
    """The fault of a binary websocket message: media streams are text only."""
    return BadMessage("a binary message", close_code=NOT_TEXT)


def _unknown(text: str | bytes) -> Unknown:
    """What is no message we know: either of a kind we do not know, or a known kind in a wrong shape."""
    try:
        raw = _read_any(text)
    except msgspec.ValidationError:
        raise BadMessage("a message without an event", close_code=AGAINST_THE_RULES) from None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise BadMessage("a message that is not JSON", close_code=NOT_JSON) from None
    if raw.event in _KNOWN:
        raise BadMessage(f"a {raw.event} message of a wrong shape", close_code=AGAINST_THE_RULES)
    return Unknown(raw.event[:_EVENT_LETTERS], _sequence(raw.sequenceNumber))


def _sequence(value: Any) -> int | None:
    try:
        return msgspec.convert(value, _Count | None, strict=False)
    except msgspec.ValidationError:
        return None


def _key(digit: str | int) -> str:
    key = str(digit).upper()
    if key not in _KEYS:
        raise BadMessage("a dtmf message with no key of a telephone", close_code=AGAINST_THE_RULES)
    return key


def _started(raw: _StartText) -> Started:
    start = raw.start
    stream_sid = raw.streamSid or start.streamSid
    sids = (stream_sid, start.callSid, start.accountSid or "-")
    parameters = start.customParameters or {}
    if not all(_SID.fullmatch(sid) for sid in sids) or (start.streamSid and start.streamSid != stream_sid):
        raise BadMessage("a start message whose ids are no ids", close_code=AGAINST_THE_RULES)
    if len(parameters) > _PARAMETERS:
        raise BadMessage("a start message with too many parameters", close_code=AGAINST_THE_RULES)
    return Started(
        stream_sid=stream_sid,
        call_sid=start.callSid,
        account_sid=start.accountSid,
        tracks=start.tracks,
        custom_parameters={name: _parameter(value) for name, value in parameters.items()},
        encoding=start.mediaFormat.encoding,
        rate_hz=start.mediaFormat.sampleRate,
        channels=start.mediaFormat.channels,
        sequence=raw.sequenceNumber,
    )


def _parameter(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
