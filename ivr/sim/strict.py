"""Reads what the server sends down the media stream, as strictly as the carrier does: exact fields or nothing."""

import binascii
import json
from dataclasses import dataclass
from typing import Any

from ivr.sim.faults import BINARY_REFUSED, MESSAGE_REFUSED

CONTAINER_STARTS = {b"RIFF": "WAV", b"OggS": "Ogg", b"fLaC": "FLAC", b"ID3\x03": "MP3", b"ID3\x04": "MP3"}
"""A container header is not refused by the carrier: it is played to the caller as noise."""

FIELDS = {
    "media": {"event", "streamSid", "media"},
    "mark": {"event", "streamSid", "mark"},
    "clear": {"event", "streamSid"},
}


@dataclass(frozen=True, slots=True)
class Sound:
    """µ-law to be put behind what is waiting to be played. `container` names a header found in it."""

    payload: bytes
    container: str | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    name: str


@dataclass(frozen=True, slots=True)
class Clear:
    """Drop all that is waiting."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The message has no effect. `code` is the carrier's."""

    code: int
    reason: str


Received = Sound | Mark | Clear | Refused


def read(message: str | bytes, stream_sid: str) -> Received:
    """One websocket message as the carrier understands it. Rule: carriers' dossier, server to Twilio, exact shapes."""
    if isinstance(message, bytes):
        return Refused(BINARY_REFUSED, "a binary message; only text is read")
    try:
        fields = json.loads(message, object_pairs_hook=_once)
    except ValueError as error:
        return _refused("not JSON" if "twice" not in str(error) else str(error))
    if not isinstance(fields, dict):
        return _refused("not a JSON object")
    return _read_fields(fields, stream_sid)


def _read_fields(fields: dict[str, Any], stream_sid: str) -> Received:
    event = fields.get("event")
    if not isinstance(event, str) or event not in FIELDS:
        return _refused(f"unknown event {event!r}")
    if wrong := _field_fault(set(fields), FIELDS[event], event):
        return wrong
    if fields["streamSid"] != stream_sid:
        return _refused(f"{event}: the streamSid is not this stream's")
    if event == "media":
        return _sound(fields["media"])
    return _mark(fields["mark"]) if event == "mark" else Clear()


def _sound(media: object) -> Sound | Refused:
    if not isinstance(media, dict):
        return _refused("media is not an object")
    if wrong := _field_fault(set(media), {"payload"}, "media.media"):
        return wrong
    if not isinstance(media["payload"], str):
        return _refused("media.payload is not text")
    try:
        payload = binascii.a2b_base64(media["payload"], strict_mode=True)
    except (binascii.Error, ValueError):
        return _refused("media.payload is not base64")
    if not payload:
        return _refused("media.payload is empty")
    return Sound(payload, CONTAINER_STARTS.get(payload[:4]))


def _mark(mark: object) -> Mark | Refused:
    if not isinstance(mark, dict):
        return _refused("mark is not an object")
    if wrong := _field_fault(set(mark), {"name"}, "mark.mark"):
        return wrong
    if not isinstance(mark["name"], str) or not mark["name"]:
        return _refused("mark.name is not text")
    return Mark(mark["name"])


def _field_fault(found: set[str], wanted: set[str], where: str) -> Refused | None:
    if found == wanted:
        return None
    missing, unknown = sorted(wanted - found), sorted(found - wanted)
    parts = [f"without {', '.join(missing)}"] if missing else []
    parts += [f"with the unknown {', '.join(unknown)}"] if unknown else []
    return _refused(f"{where}: {' and '.join(parts)}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field stands twice")
    return fields


def _refused(reason: str) -> Refused:
    return Refused(MESSAGE_REFUSED, reason)
