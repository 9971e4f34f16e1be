"""Messages as the carrier writes them."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from ivr.wire import Started, Stream

STREAM = "MZ" + "a" * 32
CALL = "CA" + "b" * 32


@pytest.fixture
def start_text() -> dict[str, Any]:
    return {
        "event": "start",
        "sequenceNumber": "1",
        "streamSid": STREAM,
        "start": {
            "accountSid": "AC" + "c" * 32,
            "streamSid": STREAM,
            "callSid": CALL,
            "tracks": ["inbound"],
            "customParameters": {"token": "secret"},
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        },
    }


@pytest.fixture
def media_text() -> Callable[..., str]:
    def text(n: int, *, at_ms: int | None = None, mulaw: bytes = bytes(160), track: str = "inbound") -> str:
        """The n-th piece of sound, from 1; it follows `start` directly."""
        media = {
            "track": track,
            "chunk": str(n),
            "timestamp": str((n - 1) * 20 if at_ms is None else at_ms),
            "payload": base64.b64encode(mulaw).decode(),
        }
        return json.dumps({"event": "media", "sequenceNumber": str(n + 1), "streamSid": STREAM, "media": media})

    return text


@pytest.fixture
def started() -> Started:
    return Started(STREAM, CALL, "AC" + "c" * 32, ("inbound",), {}, "audio/x-mulaw", 8000, 1, 1)


@pytest.fixture
def stream(started: Started) -> Stream:
    """A stream that has begun at 0 ms."""
    stream = Stream()
    stream.accept(started, 0)
    return stream
