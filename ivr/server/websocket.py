"""One websocket, as a protocol of the event loop: whole messages in, text out, and nothing in it ever waits.

The frame that comes fifty times a second, a short text in one piece, is read right here. Everything else (handshake,
ping, pong, pieces, closing, what breaks the rules) goes to the websockets library, which is given whole frames only.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, Protocol, cast

import structlog
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import CONNECTING, OPEN
from websockets.server import ServerProtocol

from ivr.wire import MESSAGE_BYTES

try:
    from websockets.speedups import apply_mask
except ImportError:  # a machine for which the library has no compiled part: 50 times slower, and right
    from websockets.utils import apply_mask

log = structlog.get_logger("ivr.server")

MOST_UNSENT_BYTES: Final = 1_000_000
"""64 KiB and 30 s of sound in base64, with room: a far end that does not read is given up."""
UNSENT_S: Final = 10.0
"""How long a far end may take nothing of what waits for it."""
PING_S: Final = 20.0
"""Between pings, and how long the answer to one may take."""
GOODBYE_S: Final = 2.0
"""How long a far end may take to answer our close before it is cut off."""

WHOLE_TEXT: Final = 0x81
MASKED: Final = 0x80
LEAST_HEAD: Final = 6
LONGEST_HEAD: Final = 14


class Receiver(Protocol):
    """Who is on the socket. Called in the loop; nothing may wait."""

    def text(self, message: bytes) -> None:
        """A whole text message, which is UTF-8."""
        ...

    def binary(self) -> None: ...

    def lost(self) -> None:
        """Once: nothing more comes, and nothing can be sent."""
        ...


class Door(Protocol):
    def may_enter(self, target: str, headers: Mapping[str, str]) -> bool: ...
    def entered(self, socket: "WebSocket") -> Receiver: ...


class Connections(Protocol):
    """The HTTP server's record of what is open: it calls `shutdown` on each at its end."""

    connections: set[Any]


class WebSocket(asyncio.Protocol):
    """From the upgrade to the end of the connection. `send` and `close` never wait."""

    def __init__(self, door: Door, server: Connections) -> None:
        self._door = door
        self._connections = server.connections
        self._library = ServerProtocol(max_size=MESSAGE_BYTES)
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._receiver: Receiver | None = None
        self._open = False
        """Between handshake and the first close, of either side."""
        self._holding = False
        self._waiting = b""
        """The beginning of a frame, or frames while we hold."""
        self._pieces: list[bytes] = []
        self._pieces_are_text = False
        self._unanswered_ping = False
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._given = 0
        """Bytes of text handed to the transport so far."""

    # ---- for who is on the socket

    def send(self, text: str) -> None:
        if not self._open:
            return
        data = text.encode()
        self._transport.write(_head(len(data)) + data)
        self._given += len(data)
        if self._transport.get_write_buffer_size() > MOST_UNSENT_BYTES:
            self._give_up()

    def close(self, code: int) -> None:
        """Once what waits is sent."""
        if self._open:
            self._library.send_close(code)
            self._pass_on()
            self._say_goodbye()
            if self._holding:
                self.go_on()

    def hold(self) -> None:
        """Nothing is read any more until `go_on`."""
        self._holding = True
        self._transport.pause_reading()

    def go_on(self) -> None:
        self._holding = False
        waiting, self._waiting = self._waiting, b""
        self._read(waiting)
        if not self._holding and not self._transport.is_closing():
            self._transport.resume_reading()

    # ---- for the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is of another family
        self._connections.add(self)

    def data_received(self, data: bytes) -> None:
        if self._waiting:
            data = self._waiting + data
            self._waiting = b""
        self._read(data)

    def eof_received(self) -> None:
        """The transport closes itself."""

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        self._open = False
        for timer in self._timers.values():
            timer.cancel()
        self._gone()

    def pause_writing(self) -> None:
        self._watch_unsent(self._taken())

    def resume_writing(self) -> None:
        self._stop("unsent")

    def shutdown(self) -> None:
        """The server ends."""
        if self._receiver is None:
            self._transport.close()
        self.close(1012)
        self._gone()

    # ---- frames

    def _read(self, data: bytes) -> None:
        at, end = 0, len(data)
        while self._open and end - at >= LEAST_HEAD and not self._holding:
            length, body = data[at + 1] & 0x7F, at + LEAST_HEAD
            if length == 126:
                length, body = data[at + 2] << 8 | data[at + 3], body + 2
            elif length == 127:
                if end - at < LONGEST_HEAD:
                    break
                length, body = int.from_bytes(data[at + 2 : at + 10]), body + 8
            if length > MESSAGE_BYTES or data[at + 1] < MASKED:
                self._ask_library(data[at:])  # which says no
                return
            if end < body + length:
                break
            if data[at] == WHOLE_TEXT and not self._pieces:
                self._tell(apply_mask(data[body : body + length], data[body - 4 : body]))
            else:
                self._ask_library(data[at : body + length])
            at = body + length
        if self._open:
            self._waiting = data[at:]
        elif at < end:
            self._ask_library(data[at:])

    def _ask_library(self, data: bytes) -> None:
        self._library.receive_data(data)
        for event in self._library.events_received():
            if isinstance(event, Request):
                self._enter(event)
            else:
                self._take(cast(Frame, event))
        self._pass_on()

    def _take(self, frame: Frame) -> None:
        if frame.opcode is Opcode.PONG:
            self._unanswered_ping = False
        elif frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT) and self._open:
            if frame.opcode is not Opcode.CONT:
                self._pieces_are_text = frame.opcode is Opcode.TEXT
            self._pieces.append(bytes(frame.data))
            if frame.fin:
                self._take_whole()

    def _take_whole(self) -> None:
        message, self._pieces = b"".join(self._pieces), []
        if self._pieces_are_text:
            self._tell(message)
        else:
            assert self._receiver is not None
            self._receiver.binary()

    def _tell(self, text: bytes) -> None:
        if not text.isascii() and not _is_utf8(text):
            self._library.fail(1007)
            self._pass_on()
            return
        assert self._receiver is not None
        self._receiver.text(text)

    def _enter(self, request: Request) -> None:
        headers = dict(request.headers.raw_items())
        if not self._door.may_enter(request.path, headers):
            response = self._library.reject(403, "")
        else:
            response = self._library.accept(request)
        self._library.send_response(response)
        if response.status_code == 101:
            self._open = True
            self._receiver = self._door.entered(self)
            self._timers["ping"] = self._loop.call_later(PING_S, self._ping)

    def _pass_on(self) -> None:
        """What the library wants to be written, and its opinion on whether we are still talking."""
        library, ends = self._library, False
        for data in library.data_to_send():
            if data:
                self._transport.write(data)
            else:
                ends = True
        was_open, self._open = self._open, self._open and library.state is OPEN
        if was_open and not self._open:
            self._stop("ping")
        if not ends:
            return
        self._gone()
        if library.close_rcvd is not None or library.state is CONNECTING:  # closed by both, or not let in
            self._transport.close()
        elif not self._transport.is_closing():
            # What still comes is read, and dropped: a connection closed upon unread bytes would take our close back.
            self._transport.write_eof()
            self._say_goodbye()

    # ---- time

    def _ping(self) -> None:
        if self._unanswered_ping:
            log.info("a media socket was given up")
            self._library.fail(1011)
            self._pass_on()
            self._transport.close()
            return
        self._unanswered_ping = True
        self._library.send_ping(b"")
        self._pass_on()
        self._timers["ping"] = self._loop.call_later(PING_S, self._ping)

    def _taken(self) -> int:
        """So many bytes of text have left."""
        return self._given - self._transport.get_write_buffer_size()

    def _watch_unsent(self, taken: int) -> None:
        def look() -> None:
            now_taken = self._taken()
            if now_taken <= taken:
                self._give_up()
            else:
                self._watch_unsent(now_taken)

        self._timers["unsent"] = self._loop.call_later(UNSENT_S, look)

    def _say_goodbye(self) -> None:
        if "goodbye" not in self._timers:
            self._timers["goodbye"] = self._loop.call_later(GOODBYE_S, self._transport.abort)

    def _stop(self, timer: str) -> None:
        if timer in self._timers:
            self._timers.pop(timer).cancel()

    def _give_up(self) -> None:
        log.info("a media socket was given up")
        self._open = False
        self._transport.abort()
        self._gone()

    def _gone(self) -> None:
        if self._receiver is not None:
            receiver, self._receiver = self._receiver, None
            receiver.lost()


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _head(length: int) -> bytes:
    """A whole text's, from a server: without a mask."""
    if length < 126:
        return bytes((WHOLE_TEXT, length))
    if length < 1 << 16:
        return bytes((WHOLE_TEXT, 126, length >> 8, length & 0xFF))
    return bytes((WHOLE_TEXT, 127)) + length.to_bytes(8)
