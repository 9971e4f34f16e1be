"""A websocket client reduced to what a load generator needs: text frames, no extensions, a mask of zeros."""

import asyncio
import base64
import secrets
import struct
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

ZERO_MASK = b"\0\0\0\0"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def frame(text: bytes, opcode: int = TEXT) -> bytes:
    """A client's frame. A mask of zeros is a lawful mask and leaves the text as it is."""
    head = bytes([0x80 | opcode])
    if len(text) < 126:
        return head + bytes([0x80 | len(text)]) + ZERO_MASK + text
    if len(text) < 65536:
        return head + b"\xfe" + struct.pack("!H", len(text)) + ZERO_MASK + text
    return head + b"\xff" + struct.pack("!Q", len(text)) + ZERO_MASK + text


class LightSocket(asyncio.Protocol):
    """`on_text` gets each whole text message; `opened` is set after the upgrade, `closed` when the line is gone."""

    def __init__(self, url: str, on_text: Callable[[bytes], None]) -> None:
        self._url, self._on_text = url, on_text
        self._waiting = b""
        self._upgraded = False
        self._parts: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self.opened = asyncio.Event()
        self.closed = asyncio.Event()
        self.refused: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = opened = cast(asyncio.Transport, transport)  # uvloop's is of another family
        parts = urlsplit(self._url)
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        opened.write(
            (
                f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
            ).encode()
        )

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()
        self.opened.set()

    def data_received(self, data: bytes) -> None:
        self._waiting = self._waiting + data if self._waiting else data
        if not self._upgraded:
            self._read_upgrade()
        if self._upgraded:
            self._read_frames()

    def send(self, text: bytes) -> None:
        if self._transport is not None and not self.closed.is_set():
            self._transport.write(frame(text))

    def leave(self) -> None:
        """A normal close; the connection is not waited for."""
        if self._transport is not None and not self.closed.is_set():
            self._transport.write(frame(struct.pack("!H", 1000), CLOSE))
            self._transport.close()

    def _read_upgrade(self) -> None:
        head, ended, rest = self._waiting.partition(b"\r\n\r\n")
        if not ended:
            return
        self._waiting = rest
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            self.refused = head.split(b"\r\n", 1)[0].decode(errors="replace")
            if self._transport is not None:
                self._transport.close()
            return
        self._upgraded = True
        self.opened.set()

    def _read_frames(self) -> None:
        data, at = self._waiting, 0
        while len(data) - at >= 2:
            length, head = data[at + 1] & 0x7F, 2
            if length == 126:
                head = 4
                length = int.from_bytes(data[at + 2 : at + 4]) if len(data) - at >= 4 else 1 << 62
            elif length == 127:
                head = 10
                length = int.from_bytes(data[at + 2 : at + 10]) if len(data) - at >= 10 else 1 << 62
            if len(data) - at < head + length:
                break
            self._take(data[at], data[at + head : at + head + length])
            at += head + length
        self._waiting = data[at:]

    def _take(self, first: int, body: bytes) -> None:
        opcode = first & 0x0F
        if opcode == PING and self._transport is not None:
            self._transport.write(frame(body, PONG))
        elif opcode == CLOSE:
            self.leave()
        elif opcode in (0, TEXT):
            self._parts.append(body)
            if first & 0x80:
                whole, self._parts = b"".join(self._parts), []
                self._on_text(whole)
