"""What the carrier says on the media stream, as values.

Twilio's Media Streams: every message is one JSON text with an `event`. Fields a message may lack are None or empty
here; what may be missing and still be understood is decided in decode.py, what may follow what in order.py.
"""

from typing import TypeAlias

import msgspec

Sequence: TypeAlias = int | None
"""The carrier's `sequenceNumber`: counts every message after `connected` from 1; None where it was not sent."""


class Connected(msgspec.Struct, frozen=True, gc=False):
    """The first message; says nothing of the call."""

    protocol: str = ""
    version: str = ""


class Started(msgspec.Struct, frozen=True):
    """The stream is open: whose it is, what it carries, and what our TwiML gave it to carry."""

    stream_sid: str
    call_sid: str
    account_sid: str
    tracks: tuple[str, ...]
    custom_parameters: dict[str, str]
    encoding: str
    rate_hz: int
    channels: int
    sequence: Sequence = None


class MediaFrame(msgspec.Struct, frozen=True, gc=False):
    """A piece of a party's sound: µ-law, 8000 bytes a second, of any length (mostly 160)."""

    sequence: Sequence
    chunk: int | None
    """Counts the media messages of one track from 1."""
    at_ms: int | None
    """The carrier's clock: milliseconds since the stream began, where the piece begins."""
    payload: bytes
    track: str = "inbound"
    stream_sid: str = ""


class KeyPressed(msgspec.Struct, frozen=True, gc=False):
    """The caller pressed a key: one of 0-9, *, #, A-D."""

    digit: str
    sequence: Sequence = None
    stream_sid: str = ""


class MarkReturned(msgspec.Struct, frozen=True, gc=False):
    """A mark of ours came back: all sound before it was played, or was cleared."""

    name: str
    sequence: Sequence = None
    stream_sid: str = ""


class Stopped(msgspec.Struct, frozen=True, gc=False):
    """The last message; may be missing when the line is lost."""

    sequence: Sequence = None
    stream_sid: str = ""


class Unknown(msgspec.Struct, frozen=True, gc=False):
    """A message of a kind we do not know; carriers add some without notice."""

    event: str
    sequence: Sequence = None


Inbound: TypeAlias = MediaFrame | MarkReturned | KeyPressed | Connected | Started | Stopped | Unknown
