"""One call of the load: greeted, speaks about 2 s, is answered, speaks over every third answer, for ever.

Times are of time.monotonic(). Nothing here waits: the wheel turns a call every 20 ms, its socket brings what the
server sent. What leaves late is counted as late; the next frame is due when it always was.
"""

import asyncio
import base64
import re
import secrets
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import Final
from urllib.parse import urljoin

from bench.light_http import ask
from bench.light_socket import LightSocket
from bench.wheel import Wheel

LATE_S: Final = 0.02
LATEST_MS: Final = 200
PAUSE_S: Final = 0.2
"""The flow's `turn: {pause: 200ms}`, taken off each response."""
SILENCE: Final = base64.b64encode(b"\xff" * 160)
OPEN_WITHIN_S: Final = 10.0
BETWEEN_S: Final = 0.5
BARGE_IN_AFTER_S: Final = 1.0
UNANSWERED_AFTER_S: Final = 3.0
SHORTEST_UNDERRUN_S: Final = 0.02
LONGEST_GAP_S: Final = 0.5
"""A longer silence lies between two answers, unless one mark's prompt goes on behind it."""
MEDIA: Final = (
    b'{"event":"media","sequenceNumber":"%%d","media":{"track":"inbound","chunk":"%%d","timestamp":"%%d",'
    b'"payload":"%s"},"streamSid":"%s"}'
)


@dataclass(slots=True)
class Figures:
    """What all calls of one level saw, in seconds, inside the measured time only; lost calls always."""

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
    lateness: list[int] = field(default_factory=lambda: [0] * (LATEST_MS + 1))
    """How many of our own frames left so many whole ms late; the last counts all that were later."""
    lost_calls: int = 0

    def frame_left(self, late_s: float) -> None:
        self.frames += 1
        self.frames_late += late_s > LATE_S
        self.lateness[min(LATEST_MS, int(late_s * 1000))] += 1
        if late_s > self.latest_s:
            self.latest_s = late_s


class LoadCall:
    """One call. `speech` is the clip's frames in base64; `tick_phase_s` and `turn_phase_s` move it against the
    others."""

    def __init__(
        self, speech: Sequence[bytes], figures: Figures, wheel: Wheel, *, tick_phase_s: float, turn_phase_s: float
    ) -> None:
        self._speech, self._figures, self._wheel = speech, figures, wheel
        self._tick_phase_s, self._turn_phase_s = tick_phase_s, turn_phase_s
        self._socket: LightSocket | None = None
        self._stream_sid = b"MZ" + secrets.token_hex(16).encode()
        self._call_sid = "CA" + secrets.token_hex(16)
        self._silent = MEDIA % (SILENCE, self._stream_sid)
        self._spoken = MEDIA % (b"%%b", self._stream_sid)
        self._frame_no = 0
        self._sequence = 1
        self._speech_at: int | None = None
        self._turn = 0
        self._bargein = False
        self._onset_s = self._ended_s = 0.0
        self._awaits_answer = self._awaits_clear = False
        self._play_end_s = 0.0
        self._answer_began_s: float | None = None
        self._gap_s = 0.0
        self._prompt = b""
        """Whose sound came last, by its mark; empty: nobody's."""
        self._marks: deque[tuple[float, bytes]] = deque()
        self._leaving = False
        self.sounded = asyncio.Event()
        """The first sound came."""
        self.greeted = asyncio.Event()
        """The greeting was heard to its end."""

    async def open(self, base_url: str) -> None:
        """Calls, opens the stream and begins to send.

        Raises: RuntimeError (the server would not have it), OSError (nobody there, or not in time).
        """
        url, token = await self._announce(base_url)
        host, _, port = url.split("/")[2].partition(":")
        socket = LightSocket(url, self._take)
        await asyncio.get_running_loop().create_connection(lambda: socket, host, int(port or 80))
        async with asyncio.timeout(OPEN_WITHIN_S):
            await socket.opened.wait()
        if socket.refused or socket.closed.is_set():
            raise RuntimeError(f"the media socket was refused: {socket.refused}")
        self._socket = socket
        socket.send(b'{"event":"connected","protocol":"Call","version":"1.0.0"}')
        socket.send(
            b'{"event":"start","sequenceNumber":"1","start":{"accountSid":"AC%s","streamSid":"%s","callSid":"%s",'
            b'"tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},'
            b'"customParameters":{%s}},"streamSid":"%s"}'
            % (b"0" * 32, self._stream_sid, self._call_sid.encode(), token.encode(), self._stream_sid)
        )
        self._wheel.join(self._tick, self._tick_phase_s)

    async def _announce(self, base_url: str) -> tuple[str, str]:
        """The carrier's webhook; the stream's address and its parameters as the start message has them."""
        fields = {"CallSid": self._call_sid, "AccountSid": "AC" + "0" * 32}
        fields |= {"From": "+15550100199", "To": "+15550100100"}
        fields |= {"CallStatus": "ringing", "Direction": "inbound", "ApiVersion": "2010-04-01"}
        try:
            status, text = await ask(base_url + "/twilio/voice", fields)
        except ValueError as fault:
            raise RuntimeError(str(fault)) from fault
        stream = re.search(r'<Stream\b[^>]*\burl="([^"]+)"', text)
        if stream is None:
            raise RuntimeError(f"no stream in the answer to the call: {status} {text[:200]}")
        parameters = re.findall(r'<Parameter name="(.*?)" value="(.*?)"', text)
        url = urljoin(base_url.replace("http", "ws", 1) + "/twilio/voice", unescape(stream.group(1)))
        return url, ",".join(f'"{name}":"{unescape(value)}"' for name, value in parameters)

    @property
    def frames_sent(self) -> int:
        return self._frame_no

    def hang_up(self) -> None:
        self._leaving = True
        if self._socket is not None:
            self._sequence += 1
            self._socket.send(
                b'{"event":"stop","sequenceNumber":"%d","stop":{"callSid":"%s"},"streamSid":"%s"}'
                % (self._sequence, self._call_sid.encode(), self._stream_sid)
            )
            self._socket.leave()

    def _tick(self, due_s: float) -> bool:
        """One frame; whether there will be more."""
        socket = self._socket
        if self._leaving or socket is None:
            return False
        if socket.closed.is_set():
            self._figures.lost_calls += 1
            return False
        now = time.monotonic()
        if self._figures.measuring:
            self._figures.frame_left(now - due_s)
        self._decide(now)
        self._sequence += 1
        number = self._frame_no
        self._frame_no = number + 1
        if self._speech_at is None:
            socket.send(self._silent % (self._sequence, number + 1, 20 * number))
        else:
            socket.send(self._spoken % (self._sequence, number + 1, 20 * number) % self._next_payload(now))
        while self._marks and self._marks[0][0] <= now:
            self._return_mark(self._marks.popleft()[1])
        return True

    def _next_payload(self, now: float) -> bytes:
        assert self._speech_at is not None, "nothing is being said"
        payload = self._speech[self._speech_at]
        self._speech_at += 1
        if self._speech_at == len(self._speech):
            self._speech_at = None
            self._ended_s = now
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
        if self._answer_began_s is None:
            return
        heard = now > self._play_end_s + BETWEEN_S + self._turn_phase_s
        barge_in = self._bargein and now > self._answer_began_s + BARGE_IN_AFTER_S
        if heard:
            self.greeted.set()
        if heard or barge_in:
            self._awaits_clear = barge_in and now < self._play_end_s
            self._speak(now)

    def _speak(self, now: float) -> None:
        self._turn += 1
        self._bargein = self._turn % 3 == 2
        self._onset_s, self._speech_at, self._awaits_answer = now, 0, False

    def _take(self, text: bytes) -> None:
        now = time.monotonic()
        if b'"payload"' in text:
            self._sound(text, now)
        elif b'"mark"' in text:
            self._mark(_value(text, b'"name"'))
        elif b'"clear"' in text:
            self._cleared(now)

    def _sound(self, text: bytes, now: float) -> None:
        self.sounded.set()
        payload = _value(text, b'"payload"')
        seconds = (len(payload) * 3 // 4 - payload.count(b"=")) / 8000
        gap_s = now - self._play_end_s
        if self._answer_began_s is None and (self._awaits_answer or self._turn == 0):
            self._answer_began_s = now
            if self._awaits_answer and self._figures.measuring:
                self._figures.responses.append(now - self._ended_s - PAUSE_S)
            self._awaits_answer = False
        elif self._speech_at is not None and gap_s > LONGEST_GAP_S:
            self._figures.premature += self._figures.measuring
        elif SHORTEST_UNDERRUN_S < gap_s < LONGEST_GAP_S:
            self._figures.underruns += self._figures.measuring
        if gap_s >= LONGEST_GAP_S:
            self._gap_s = gap_s
        self._play_end_s = max(now, self._play_end_s) + seconds

    def _mark(self, name: bytes) -> None:
        """Marks are called PROMPT/NUMBER: a prompt that went on after a long silence had an underrun too."""
        self._marks.append((self._play_end_s, name))
        prompt = name.rpartition(b"/")[0]
        if self._gap_s and prompt and prompt == self._prompt:
            self._figures.underruns += self._figures.measuring
        self._gap_s, self._prompt = 0.0, prompt

    def _cleared(self, now: float) -> None:
        if self._awaits_clear:
            self._awaits_clear = False
            if self._figures.measuring:
                self._figures.silencings.append(now - self._onset_s)
        self._play_end_s = min(self._play_end_s, now)
        self._prompt = b""
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
    """The string behind a name."""
    begin = text.index(b'"', text.index(field_name) + len(field_name)) + 1
    return text[begin : text.index(b'"', begin)]
