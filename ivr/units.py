"""Ids and units that every room shares. A frame is 20 ms: 160 bytes of µ-law at 8000 Hz."""

from typing import Final, NewType

Millis = NewType("Millis", int)
"""Milliseconds since the call began (monotonic), or a length of time where the name says so."""

CallId = NewType("CallId", str)
"""Our own id of a phone call: a ULID, 26 characters."""

CallSid = NewType("CallSid", str)
"""The carrier's id of a phone call: CA and 32 hex digits."""

StreamSid = NewType("StreamSid", str)
"""The carrier's id of a media stream: MZ and 32 hex digits."""

LINE_RATE_HZ: Final = 8000
FRAME_MS: Final = 20
FRAME_BYTES: Final = 160
BYTES_PER_MS: Final = 8
"""µ-law bytes in one millisecond on the line; also samples."""

WINDOW_SAMPLES: Final = 256
"""What the voice activity detector reads at once: 32 ms at 8000 Hz."""
