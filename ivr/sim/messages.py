"""What the carrier sends up the media stream, field by field. Numbers are text, but for the media format's."""

import base64
import json
from collections.abc import Mapping
from typing import Any


class Upward:
    """Writes the messages of one stream and counts them: `sequenceNumber` from start = 1, `chunk` over media only."""

    def __init__(self, *, account_sid: str, call_sid: str, stream_sid: str) -> None:
        self._account_sid, self._call_sid, self._stream_sid = account_sid, call_sid, stream_sid
        self._sequence = 0
        self._chunk = 0

    def connected(self) -> str:
        return json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"})

    def start(self, parameters: Mapping[str, str]) -> str:
        start = {
            "accountSid": self._account_sid,
            "streamSid": self._stream_sid,
            "callSid": self._call_sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": dict(parameters),
        }
        return self._numbered("start", start=start)

    def media(self, payload: bytes, at_ms: int) -> str:
        """`at_ms` is where the payload begins, since the stream's start."""
        self._chunk += 1
        text = base64.b64encode(payload).decode()
        fields = {"track": "inbound", "chunk": str(self._chunk), "timestamp": str(at_ms), "payload": text}
        return self._numbered("media", media=fields)

    def skip_media(self) -> None:
        """A frame lost on the way to the carrier's websocket: its numbers are used up, it is never sent."""
        self._chunk += 1
        self._sequence += 1

    def key(self, digit: str) -> str:
        return self._numbered("dtmf", dtmf={"track": "inbound_track", "digit": digit})

    def mark(self, name: str) -> str:
        return self._numbered("mark", mark={"name": name})

    def stop(self) -> str:
        return self._numbered("stop", stop={"accountSid": self._account_sid, "callSid": self._call_sid})

    def _numbered(self, event: str, **body: Any) -> str:
        self._sequence += 1
        number = str(self._sequence)
        return json.dumps({"event": event, "sequenceNumber": number, **body, "streamSid": self._stream_sid})
