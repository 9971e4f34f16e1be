"""One call of the load: greeted, speaks about 2 s, is answered, speaks over every third answer, for ever."""

import asyncio
import base64
import re
import secrets
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urljoin

import httpx

from bench.light_socket import LightSocket

FRAME_S = 0.02
LATE_S = 0.02
PAUSE_S = 0.2
"""The flow's `turn: {pause: 200ms}`, taken off each response."""
SILENCE = base64.b64encode(b"\xff" * 160)
OPEN_WITHIN_S = 10.0
BETWEEN_S = 0.5
BARGE_IN_AFTER_S = 1.0
UNANSWERED_AFTER_S = 3.0
SHORTEST_UNDERRUN_S, LONGEST_UNDERRUN_S = 0.02, 0.5


@dataclass(slots=True)
class Figures:
    """What all calls of one level saw, in seconds, inside the measured time only."""

    measuring: bool = False
    responses: list[float] = field(default_factory=list)
    silencings: list[float] = field(default_factory=list)
    unanswered: int = 0
    premature: int = 0
    """Answers that came while the caller was still speaking."""
    not_silenced: int = 0
    underruns: int = 0
    frames: int = 0
    frames_late: int = 0
    latest_s: float = 0.0
    lost_calls: int = 0


class LoadCall:
    """One call. `speech` is the clip's frames in base64; `tick_phase_s` and `turn_phase_s` move it against the
    others."""

    def __init__(self, speech: Sequence[bytes], figures: Figures, *, tick_phase_s: float, turn_phase_s: float) -> None:
        self._speech, self._figures = speech, figures
        self._tick_phase_s, self._turn_phase_s = tick_phase_s, turn_phase_s
        self._socket: LightSocket | None = None
        self._stream_sid = b"MZ" + secrets.token_hex(16).encode()
        self._call_sid = "CA" + secrets.token_hex(16)
        self._frame_no = 0
        self._sequence = 1
        self._due_s = 0.0
        self._speech_at: int | None = None
        self._turn = 0
        self._bargein = False
        self._onset_s = self._ended_s = 0.0
        self._awaits_answer = self._awaits_clear = False
        self._play_end_s = 0.0
        self._answer_began_s: float | None = None
        self._marks: deque[tuple[float, bytes]] = deque()
        self._leaving = False
        self.sounded = asyncio.Event()
        """The first sound came."""
        self.greeted = asyncio.Event()
        """The greeting was heard to its end."""

    async def open(self, client: httpx.AsyncClient, base_url: str) -> None:
        """Calls, opens the stream and begins to send; raises RuntimeError if the server would not have it."""
        fields = {
            "CallSid": self._call_sid,
            "AccountSid": "AC" + "0" * 32,
            "From": "+15550100199",
            "To": "+15550100100",
        }
        fields |= {"CallStatus": "ringing", "Direction": "inbound", "ApiVersion": "2010-04-01"}
        response = await client.post(base_url + "/twilio/voice", data=fields)
        stream = re.search(r'<Stream\b[^>]*\burl="([^"]+)"', response.text)
        if stream is None:
            raise RuntimeError(f"no stream in the answer to the call: {response.status_code} {response.text[:200]}")
        token = {
            name: unescape(value) for name, value in re.findall(r'<Parameter name="(.*?)" value="(.*?)"', response.text)
        }
        url = urljoin(base_url.replace("http", "ws", 1) + "/twilio/voice", unescape(stream.group(1)))
        host, _, port = url.split("/")[2].partition(":")
        socket = LightSocket(url, self._take)
        await asyncio.get_running_loop().create_connection(lambda: socket, host, int(port or 80))
        async with asyncio.timeout(OPEN_WITHIN_S):
            await socket.opened.wait()
        if socket.refused or socket.closed.is_set():
            raise RuntimeError(f"the media socket was refused: {socket.refused}")
        self._socket = socket
        parameters = ",".join(f'"{name}":"{value}"' for name, value in token.items())
        socket.send(b'{"event":"connected","protocol":"Call","version":"1.0.0"}')
        socket.send(
            b'{"event":"start","sequenceNumber":"1","start":{"accountSid":"AC%s","streamSid":"%s","callSid":"%s",'
            b'"tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},'
            b'"customParameters":{%s}},"streamSid":"%s"}'
            % (b"0" * 32, self._stream_sid, self._call_sid.encode(), parameters.encode(), self._stream_sid)
        )
        self._due_s = time.monotonic() + FRAME_S + self._tick_phase_s
        asyncio.get_running_loop().call_later(FRAME_S + self._tick_phase_s, self._tick)

    def hang_up(self) -> None:
        self._leaving = True
        if self._socket is not None:
            self._sequence += 1
            self._socket.send(
                b'{"event":"stop","sequenceNumber":"%d","stop":{"callSid":"%s"},"streamSid":"%s"}'
                % (self._sequence, self._call_sid.encode(), self._stream_sid)
            )
            self._socket.leave()

    def _tick(self) -> None:
        """One frame; the next is due 20 ms after this one was due, whenever it really left."""
        if self._leaving or self._socket is None:
            return
        now = time.monotonic()
        if self._socket.closed.is_set():
            self._figures.lost_calls += 1
            return
        if self._figures.measuring:
            self._figures.frames += 1
            self._figures.frames_late += now - self._due_s > LATE_S
            self._figures.latest_s = max(self._figures.latest_s, now - self._due_s)
        self._decide(now)
        self._send_media(self._next_payload())
        while self._marks and self._marks[0][0] <= now:
            self._return_mark(self._marks.popleft()[1])
        self._due_s += FRAME_S
        loop = asyncio.get_running_loop()
        loop.call_later(max(0.0, self._due_s - time.monotonic()), self._tick)

    def _next_payload(self) -> bytes:
        if self._speech_at is None:
            return SILENCE
        payload = self._speech[self._speech_at]
        self._speech_at += 1
        if self._speech_at == len(self._speech):
            self._speech_at = None
            self._ended_s = time.monotonic()
            self._awaits_answer = True
            self._answer_began_s = None
            self._figures.not_silenced += self._awaits_clear and self._figures.measuring
            self._awaits_clear = False
        return payload

    def _decide(self, now: float) -> None:
        if self._speech_at is not None:
            return
        if self._awaits_answer:
            if now - self._ended_s > UNANSWERED_AFTER_S:
                self._figures.unanswered += self._figures.measuring
                self._speak(now)
            return
        heard = self._answer_began_s is not None and now > self._play_end_s + BETWEEN_S + self._turn_phase_s
        barge_in = self._bargein and self._answer_began_s is not None and now > self._answer_began_s + BARGE_IN_AFTER_S
        if heard:
            self.greeted.set()
        if heard or barge_in:
            self._awaits_clear = barge_in and now < self._play_end_s
            self._speak(now)

    def _speak(self, now: float) -> None:
        self._turn += 1
        self._bargein = self._turn % 3 == 2
        self._onset_s, self._speech_at, self._awaits_answer = now, 0, False

    def _send_media(self, payload: bytes) -> None:
        assert self._socket is not None
        self._sequence += 1
        self._socket.send(
            b'{"event":"media","sequenceNumber":"%d","media":{"track":"inbound","chunk":"%d","timestamp":"%d",'
            b'"payload":"%s"},"streamSid":"%s"}'
            % (self._sequence, self._frame_no + 1, 20 * self._frame_no, payload, self._stream_sid)
        )
        self._frame_no += 1

    def _take(self, text: bytes) -> None:
        now = time.monotonic()
        if b'"payload"' in text:
            self._sound(text, now)
        elif b'"mark"' in text:
            self._marks.append((self._play_end_s, _value(text, b'"name"')))
        elif b'"clear"' in text:
            self._cleared(now)

    def _sound(self, text: bytes, now: float) -> None:
        self.sounded.set()
        payload = _value(text, b'"payload"')
        seconds = (len(payload) * 3 // 4 - payload.count(b"=")) / 8000
        if self._answer_began_s is None and (self._awaits_answer or self._turn == 0):
            self._answer_began_s = now
            if self._awaits_answer and self._figures.measuring:
                self._figures.responses.append(now - self._ended_s - PAUSE_S)
            self._awaits_answer = False
        elif self._speech_at is not None and now > self._play_end_s + LONGEST_UNDERRUN_S:
            self._figures.premature += self._figures.measuring
        elif SHORTEST_UNDERRUN_S < now - self._play_end_s < LONGEST_UNDERRUN_S:
            self._figures.underruns += self._figures.measuring
        self._play_end_s = max(now, self._play_end_s) + seconds

    def _cleared(self, now: float) -> None:
        if self._awaits_clear:
            self._awaits_clear = False
            if self._figures.measuring:
                self._figures.silencings.append(now - self._onset_s)
        self._play_end_s = min(self._play_end_s, now)
        while self._marks:
            self._return_mark(self._marks.popleft()[1])

    def _return_mark(self, name: bytes) -> None:
        assert self._socket is not None
        self._sequence += 1
        self._socket.send(
            b'{"event":"mark","sequenceNumber":"%d","mark":{"name":"%s"},"streamSid":"%s"}'
            % (self._sequence, name, self._stream_sid)
        )


def _value(text: bytes, field_name: bytes) -> bytes:
    after = text[text.index(field_name) + len(field_name) :]
    return after.split(b'"', 2)[1]
