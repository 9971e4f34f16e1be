"""What Twilio says on the media stream and hears there. Pure."""

from ivr.wire.decode import MESSAGE_BYTES, BadMessage, binary, decode
from ivr.wire.marks import Acknowledged, Cleared, Expired, MarkEnd, Marks, Stale
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
from ivr.wire.order import START_DEADLINE_MS, Accepted, LineCounts, Stream
from ivr.wire.sound import SILENCE, Frame, Gap

__all__ = [
    "MESSAGE_BYTES",
    "SILENCE",
    "START_DEADLINE_MS",
    "Accepted",
    "Acknowledged",
    "BadMessage",
    "Cleared",
    "Connected",
    "Expired",
    "Frame",
    "Gap",
    "Inbound",
    "KeyPressed",
    "LineCounts",
    "MarkEnd",
    "MarkReturned",
    "Marks",
    "MediaFrame",
    "Stale",
    "Started",
    "Stopped",
    "Stream",
    "Unknown",
    "binary",
    "decode",
]
