"""One media stream as the carrier runs it: the upgrade, 20 ms up at a time, the server's sound down, the end.

Frame k holds the sound of [20k, 20k + 20) ms of the stream and leaves at 20k + 20, when that sound exists: deadlines
are absolute on the monotonic clock and never drift. Our own lateness is kept, so that a run on a machine too busy to
be a telephone can be told from a fault of the server.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidURI

from ivr.audio import mulaw
from ivr.sim import faults, strict
from ivr.sim.faults import Fault
from ivr.sim.line import Line
from ivr.sim.messages import Upward
from ivr.sim.mouth import Mouth
from ivr.sim.playback import Playback
from ivr.units import BYTES_PER_MS, FRAME_BYTES, FRAME_MS

OPEN_TIMEOUT_S: Final = 5.0
LATE_MS: Final = 20.0
NORMAL: Final = 1000


class CallClock:
    """Milliseconds since the call was placed."""

    def __init__(self) -> None:
        self._answered = time.monotonic()

    def now(self) -> float:
        return (time.monotonic() - self._answered) * 1000


@dataclass(slots=True)
class Ledger:
    """What is known of a call, over all its streams."""

    clock: CallClock = field(default_factory=CallClock)
    playback: Playback = field(default_factory=Playback)
    faults: list[Fault] = field(default_factory=list)
    sent: list[tuple[float, bytes]] = field(default_factory=list)
    """What the caller's side sent, frame by frame, with where it begins on the call's clock."""
    frames_sent: int = 0
    frames_late: int = 0
    latest_ms: float = 0.0
    marks_returned: int = 0

    def fault(self, code: int | None, text: str) -> None:
        self.faults.append(Fault(round(self.clock.now()), code, text))


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """`by`: caller (hung up), server (closed the socket), dropped (cut without a word), refused (never opened)."""

    by: str
    close_code: int | None


class Stream:
    """A stream that can be run once. `url` is the ws(s) address that is dialled, `signature` its signature."""

    def __init__(
        self,
        url: str,
        *,
        upward: Upward,
        stream_sid: str,
        parameters: Mapping[str, str],
        ledger: Ledger,
        mouth: Mouth,
        line: Line,
        signature: str | None,
        on_started: Callable[[], None] = lambda: None,
    ) -> None:
        self._url, self._upward, self._stream_sid, self._parameters = url, upward, stream_sid, parameters
        self._ledger, self._mouth, self._line, self._signature = ledger, mouth, line, signature
        self._on_started = on_started
        self._leaving: str | None = None
        self._started = False
        self._closed = asyncio.Event()
        self._marks_changed = asyncio.Event()
        self._socket: ClientConnection | None = None

    def hang_up(self) -> None:
        """The caller hangs up: `stop`, then close 1000."""
        self._leaving = "caller"

    def drop(self) -> None:
        """The connection is lost: no `stop`, no close."""
        self._leaving = "dropped"

    async def run(self) -> StreamEnd:
        """Until somebody ends it; what the server did wrong is in the ledger."""
        headers = {"x-twilio-signature": self._signature} if self._signature is not None else {}
        try:
            socket = await connect(
                self._url,
                additional_headers=headers,
                user_agent_header="ivr-telephone",
                compression=None,
                origin=None,
                proxy=None,
                open_timeout=OPEN_TIMEOUT_S,
                ping_interval=None,
                close_timeout=2,
                max_queue=None,
                max_size=None,
            )
        except (InvalidHandshake, InvalidMessage) as error:
            self._ledger.fault(faults.UPGRADE_REFUSED, f"the media socket's upgrade was refused: {error}")
            return StreamEnd("refused", None)
        except InvalidURI:
            self._ledger.fault(faults.BAD_URL, "the media socket's address cannot be read")
            return StreamEnd("refused", None)
        except (OSError, TimeoutError):
            self._ledger.fault(faults.CONNECT_REFUSED, "the media socket cannot be reached")
            return StreamEnd("refused", None)
        self._socket = socket
        try:
            return await self._talk(socket)
        finally:
            self._ledger.playback.stop(self._ledger.clock.now())
            socket.transport.abort()

    async def _talk(self, socket: ClientConnection) -> StreamEnd:
        async with asyncio.TaskGroup() as tasks:
            receiving = tasks.create_task(self._receive(socket))
            echoing = tasks.create_task(self._return_marks(socket))
            try:
                with suppress(ConnectionClosed):
                    await self._send(socket)
                await self._leave(socket)
            finally:
                receiving.cancel()
                echoing.cancel()
        if self._leaving is not None:
            return StreamEnd(self._leaving, None)
        return self._server_left(socket)

    async def _leave(self, socket: ClientConnection) -> None:
        if self._leaving == "caller":
            with suppress(ConnectionClosed):
                await socket.send(self._upward.stop())
            await socket.close(NORMAL)
        elif self._leaving == "dropped":
            socket.transport.abort()
        else:
            await socket.wait_closed()

    def _server_left(self, socket: ClientConnection) -> StreamEnd:
        code = socket.close_code
        if code != NORMAL:
            self._ledger.fault(faults.SOCKET_CLOSED, f"the server ended the stream with {code} {socket.close_reason}")
        return StreamEnd("server", code)

    async def _send(self, socket: ClientConnection) -> None:
        await socket.send(self._upward.connected())
        await socket.send(self._upward.start(self._parameters))
        self._started = True
        self._on_started()
        began_ms = self._ledger.clock.now()
        frame_no = 0
        while self._leaving is None and not self._closed.is_set():
            due_ms = began_ms + FRAME_MS * (frame_no + 1)
            await self._until(due_ms + self._line.late_by_ms())
            if self._leaving is not None or self._closed.is_set():
                break
            self._note_lateness(due_ms)
            await self._send_frame(socket, frame_no, began_ms)
            frame_no += 1

    async def _send_frame(self, socket: ClientConnection, frame_no: int, began_ms: float) -> None:
        at_ms = began_ms + FRAME_MS * frame_no
        out = self._mouth.next_frame(at_ms)
        sound = self._line.frame(out.sound, self._echo(at_ms))
        self._ledger.sent.append((at_ms, sound or mulaw.SILENCE * FRAME_BYTES))
        if out.key is not None:
            self._ledger.playback.caller_acted()
            await socket.send(self._upward.key(out.key))
        if sound is None:
            self._upward.skip_media()
        else:
            await socket.send(self._upward.media(sound, FRAME_MS * frame_no))

    def _echo(self, at_ms: float) -> bytes:
        if self._line.settings.echo_db is None:
            return b""
        since = at_ms - self._line.settings.echo_delay_ms
        frame = bytearray(mulaw.SILENCE * FRAME_BYTES)
        for piece in self._ledger.playback.played(since + FRAME_MS, since_ms=since):
            at = int((piece.at_ms - since) * BYTES_PER_MS)
            frame[at : at + len(piece.payload)] = piece.payload
        return bytes(frame[:FRAME_BYTES])

    def _note_lateness(self, due_ms: float) -> None:
        late_ms = self._ledger.clock.now() - due_ms - self._line.settings.jitter_ms
        self._ledger.frames_sent += 1
        self._ledger.frames_late += late_ms > LATE_MS
        self._ledger.latest_ms = max(self._ledger.latest_ms, late_ms)

    async def _until(self, moment_ms: float) -> None:
        if (wait_ms := moment_ms - self._ledger.clock.now()) > 0:
            await asyncio.sleep(wait_ms / 1000)

    async def _receive(self, socket: ClientConnection) -> None:
        try:
            async for message in socket:
                now = self._ledger.clock.now()
                if not self._started:
                    self._ledger.fault(faults.MESSAGE_REFUSED, "a message came before start was sent")
                await self._take(strict.read(message, self._stream_sid), now, socket)
        except ConnectionClosed:
            pass
        finally:
            self._closed.set()

    async def _take(self, received: strict.Received, now: float, socket: ClientConnection) -> None:
        playback = self._ledger.playback
        match received:
            case strict.Sound(payload, container):
                if container:
                    self._ledger.fault(None, f"the payload begins with a {container} header: the caller hears noise")
                if not playback.add(payload, now) and not any(
                    f.code == faults.BUFFER_FULL for f in self._ledger.faults
                ):
                    self._ledger.fault(faults.BUFFER_FULL, "more than ten minutes of sound wait: the rest is dropped")
            case strict.Mark(name):
                await self._echo_marks(playback.mark(name, now), socket)
                self._marks_changed.set()
            case strict.Clear():
                await self._echo_marks(playback.clear(now), socket)
                self._marks_changed.set()
            case strict.Refused(code, reason):
                self._ledger.fault(code, reason)

    async def _return_marks(self, socket: ClientConnection) -> None:
        playback = self._ledger.playback
        while True:
            self._marks_changed.clear()
            due = playback.next_mark_ms()
            with suppress(TimeoutError):
                async with asyncio.timeout(None if due is None else max(0.0, due - self._ledger.clock.now()) / 1000):
                    await self._marks_changed.wait()
            await self._echo_marks(playback.due_marks(self._ledger.clock.now()), socket)

    async def _echo_marks(self, names: list[str], socket: ClientConnection) -> None:
        for name in names:
            self._ledger.marks_returned += 1
            with suppress(ConnectionClosed):
                await socket.send(self._upward.mark(name))
