"""What the server did that a carrier would not accept, with the carrier's own warning or error code."""

from dataclasses import dataclass
from typing import Final

MESSAGE_REFUSED: Final = 31951
"""A text message that is not JSON, has an unknown event, a missing or unknown field, or a foreign streamSid."""
BINARY_REFUSED: Final = 31950
BUFFER_FULL: Final = 31931
SOCKET_CLOSED: Final = 31921
UPGRADE_REFUSED: Final = 31920
BAD_SCHEME: Final = 31922
BAD_URL: Final = 31923
BAD_TRACK: Final = 31941
CONNECT_REFUSED: Final = 31902
WEBHOOK_FAILED: Final = 11200
WEBHOOK_UNREACHABLE: Final = 11205
TOO_MANY_REDIRECTS: Final = 11215
TWIML_UNREADABLE: Final = 12100
TWIML_UNKNOWN: Final = 12200
CONTENT_TYPE: Final = 12300
BAD_NUMBER: Final = 13224


@dataclass(frozen=True, slots=True)
class Fault:
    """`code` is the carrier's, None where it has none; `at_ms` counts from when the call was placed."""

    at_ms: int
    code: int | None
    text: str
