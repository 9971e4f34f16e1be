"""The media socket's websocket by itself, against bytes made by hand."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from ivr.server import websocket
from ivr.server.websocket import MOST_UNSENT_BYTES, WebSocket

TEXT, BINARY, CONT, CLOSE, PING, PONG = 0x81, 0x82, 0x80, 0x88, 0x89, 0x8A
WHOLE = 0x7F
"""Taken off the first byte of a message that goes on in another piece."""
UPGRADE = (
    b"GET /twilio/media HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\nX-Own: 1\r\n\r\n"
)


class Ear:
    """The door, and who is behind it."""

    def __init__(self) -> None:
        self.open = True
        self.asked: list[tuple[str, Mapping[str, str]]] = []
        self.socket: WebSocket | None = None
        self.heard: list[bytes | str] = []
        self.news = asyncio.Event()
        self.holds_at: bytes | None = None
        self.server = SimpleNamespace(connections=set())

    def may_enter(self, target: str, headers: Mapping[str, str]) -> bool:
        self.asked.append((target, headers))
        return self.open

    def entered(self, socket: WebSocket) -> "Ear":
        self.socket = socket
        return self

    def text(self, message: bytes) -> None:
        self._tell(message)
        if message == self.holds_at and self.socket is not None:
            self.socket.hold()

    def binary(self) -> None:
        self._tell("binary")

    def lost(self) -> None:
        self._tell("lost")

    def _tell(self, news: bytes | str) -> None:
        self.heard.append(news)
        self.news.set()

    async def heard_all(self, *expected: bytes | str) -> None:
        async with asyncio.timeout(5):
            while len(self.heard) < len(expected):
                self.news.clear()
                await self.news.wait()
        assert self.heard == list(expected)


class Far:
    """The other end: raw bytes both ways."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, first: int, payload: bytes = b"", mask: bytes = b"\x07\x70\xaa\x01") -> None:
        self.writer.write(frame(first, payload, mask))

    async def upgraded(self) -> bytes:
        self.writer.write(UPGRADE)
        return await self.reader.readuntil(b"\r\n\r\n")

    async def frame(self) -> tuple[int, bytes]:
        async with asyncio.timeout(5):
            first, length = await self.reader.readexactly(2)
            if length >= 126:
                length = int.from_bytes(await self.reader.readexactly(2 if length == 126 else 8))
            return first, await self.reader.readexactly(length)

    async def close_code(self) -> int:
        first, payload = await self.frame()
        assert first == CLOSE
        return int.from_bytes(payload[:2])

    async def end(self) -> bytes:
        """What still comes until the connection is over."""
        async with asyncio.timeout(5):
            return await self.reader.read()


def frame(first: int, payload: bytes, mask: bytes = b"\x07\x70\xaa\x01") -> bytes:
    length = len(payload)
    if length < 126:
        head = bytes((first, 0x80 | length))
    elif length < 65536:
        head = bytes((first, 0x80 | 126)) + length.to_bytes(2)
    else:
        head = bytes((first, 0x80 | 127)) + length.to_bytes(8)
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


@asynccontextmanager
async def connected(ear: Ear) -> AsyncIterator[Far]:
    server = await asyncio.get_running_loop().create_server(lambda: WebSocket(ear, ear.server), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    try:
        yield Far(reader, writer)
    finally:
        writer.transport.abort()
        server.close()
        async with asyncio.timeout(5):
            while ear.server.connections:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
async def far(ear: Ear) -> AsyncIterator[Far]:
    async with connected(ear) as far:
        assert b" 101 " in await far.upgraded()
        yield far


async def test_the_door_is_asked_and_may_say_no(ear: Ear) -> None:
    ear.open = False
    async with connected(ear) as far:
        assert b" 403 " in await far.upgraded()
        await far.end()
    [(target, headers)] = ear.asked
    assert target == "/twilio/media" and headers["X-Own"] == "1"
    assert ear.heard == []


@pytest.mark.parametrize(
    ("instead", "status"), [((b"Version: 13", b"Version: 8"), b" 400 "), ((b"keep-alive, Upgrade", b"close"), b" 426 ")]
)
async def test_what_is_no_upgrade_is_told_so(ear: Ear, instead: tuple[bytes, bytes], status: bytes) -> None:
    async with connected(ear) as far:
        far.writer.write(UPGRADE.replace(*instead))
        assert status in await far.reader.readuntil(b"\r\n\r\n")
        await far.end()


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65535, 65536])
async def test_texts_of_any_length_come_and_go(ear: Ear, far: Far, length: int) -> None:
    text = b"x" * length
    far.send(TEXT, text)
    await ear.heard_all(text)
    assert ear.socket is not None
    ear.socket.send(text.decode())
    assert await far.frame() == (TEXT, text)


async def test_many_texts_at_once_and_texts_in_drops_are_the_same(ear: Ear, far: Far) -> None:
    texts = [b"a" * 10, b"b" * 200, "für".encode(), b"", b"d"]
    stream = b"".join(frame(TEXT, text) for text in texts)
    far.writer.write(stream)
    await ear.heard_all(*texts)
    for at in range(len(stream)):
        far.writer.write(stream[at : at + 1])
        await far.writer.drain()
        await asyncio.sleep(0)
    await ear.heard_all(*texts, *texts)


async def test_a_text_in_pieces_with_a_ping_between(ear: Ear, far: Far) -> None:
    far.send(TEXT & WHOLE, b"one ")
    far.send(PING, b"are you there")
    far.send(CONT & WHOLE, b"two ")
    far.send(CONT, b"three")
    far.send(TEXT, b"four")
    assert await far.frame() == (PONG, b"are you there")
    await ear.heard_all(b"one two three", b"four")


async def test_a_binary_message_is_told_without_its_content(ear: Ear, far: Far) -> None:
    far.send(BINARY, b"\xff\x00")
    far.send(BINARY & WHOLE, b"\xff")
    far.send(CONT, b"\x00")
    far.send(TEXT, b"still here")
    await ear.heard_all("binary", "binary", b"still here")


BROKEN = {
    "a text over 64 KiB": (frame(TEXT, b"x" * 65537), 1009),
    "pieces over 64 KiB": (frame(TEXT & WHOLE, b"x" * 40_000) + frame(CONT, b"x" * 40_000), 1009),
    "no mask": (b"\x81\x05hello", 1002),
    "an unknown kind": (frame(0x83, b"hello"), 1002),
    "a reserved bit": (frame(0xC1, b"hello"), 1002),
    "a piece of nothing": (frame(CONT, b"hello"), 1002),
    "a new text inside one": (frame(TEXT & WHOLE, b"hel") + frame(TEXT, b"lo"), 1002),
    "no UTF-8": (frame(TEXT, b"hell\xff"), 1007),
    "no UTF-8 over pieces": (frame(TEXT & WHOLE, b"hell\xc3") + frame(CONT, b"o"), 1007),
}


@pytest.mark.parametrize(("sent", "code"), BROKEN.values(), ids=BROKEN)
async def test_broken_rules_close_with_their_code(ear: Ear, far: Far, sent: bytes, code: int) -> None:
    far.writer.write(sent + frame(TEXT, b"too late") * 1000)
    assert await far.close_code() == code
    assert await far.end() == b""
    await ear.heard_all("lost")


async def test_our_close_comes_behind_what_was_sent(ear: Ear, far: Far) -> None:
    assert ear.socket is not None
    ear.socket.send("the last word")
    ear.socket.close(1008)
    ear.socket.send("and one more")
    ear.socket.close(1000)
    far.send(TEXT, b"not heard any more")
    assert await far.frame() == (TEXT, b"the last word")
    assert await far.close_code() == 1008
    far.send(CLOSE, (1008).to_bytes(2))
    assert await far.end() == b""
    await ear.heard_all("lost")


async def test_a_far_end_that_does_not_answer_our_close_is_cut_off(
    ear: Ear, far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "GOODBYE_S", 0.05)
    assert ear.socket is not None
    ear.socket.close(1000)
    assert await far.close_code() == 1000
    assert await far.end() == b""
    await ear.heard_all("lost")


async def test_a_close_of_the_far_end_is_answered(ear: Ear, far: Far) -> None:
    far.send(CLOSE, (1001).to_bytes(2) + b"bye")
    assert await far.close_code() == 1001
    assert await far.end() == b""
    await ear.heard_all("lost")


async def test_a_far_end_that_is_gone_is_told(ear: Ear, far: Far) -> None:
    far.writer.transport.abort()
    await ear.heard_all("lost")


async def test_while_we_hold_nothing_is_told_and_then_all_in_order(ear: Ear, far: Far) -> None:
    ear.holds_at = b"start"
    far.writer.write(b"".join(frame(TEXT, text) for text in (b"start", b"one", b"two")))
    far.send(PING)
    far.send(TEXT, b"three")
    await ear.heard_all(b"start")
    assert ear.socket is not None
    ear.socket.send("meanwhile")
    assert await far.frame() == (TEXT, b"meanwhile")
    assert ear.heard == [b"start"]
    ear.socket.go_on()
    await ear.heard_all(b"start", b"one", b"two", b"three")
    assert await far.frame() == (PONG, b"")


async def test_a_close_while_we_hold_still_hears_the_answer(ear: Ear, far: Far) -> None:
    ear.holds_at = b"start"
    far.writer.write(frame(TEXT, b"start") + frame(TEXT, b"one"))
    await ear.heard_all(b"start")
    assert ear.socket is not None
    ear.socket.close(1008)
    assert await far.close_code() == 1008
    far.send(CLOSE, (1008).to_bytes(2))
    assert await far.end() == b""
    await ear.heard_all(b"start", "lost")


async def test_a_far_end_that_does_not_read_is_given_up_at_a_megabyte(ear: Ear, far: Far) -> None:
    assert ear.socket is not None
    far.writer.transport.pause_reading()  # type: ignore[attr-defined]
    sent = 0
    while ear.heard == [] and sent < 100 * MOST_UNSENT_BYTES:
        ear.socket.send("x" * 50_000)
        sent += 50_000
    await ear.heard_all("lost")
    assert sent > MOST_UNSENT_BYTES


async def test_a_far_end_that_takes_nothing_for_long_is_given_up(
    ear: Ear, far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "UNSENT_S", 0.05)
    monkeypatch.setattr(websocket, "MOST_UNSENT_BYTES", 1 << 40)
    assert ear.socket is not None
    far.writer.transport.pause_reading()  # type: ignore[attr-defined]
    for _ in range(300):
        ear.socket.send("x" * 60_000)
    await ear.heard_all("lost")


async def test_a_far_end_that_takes_it_slowly_is_not_given_up(
    ear: Ear, far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "UNSENT_S", 0.3)
    monkeypatch.setattr(websocket, "MOST_UNSENT_BYTES", 1 << 40)
    assert ear.socket is not None
    for _ in range(300):
        ear.socket.send("x" * 60_000)
    for _ in range(300):
        assert (await far.frame())[0] == TEXT
        await asyncio.sleep(0.002)
    assert ear.heard == []


async def test_who_answers_pings_stays_and_who_does_not_is_given_up(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "PING_S", 0.05)
    async with connected(ear) as far:
        await far.upgraded()
        for _ in range(3):
            first, payload = await far.frame()
            assert first == PING
            far.send(PONG, payload)
        assert (await far.frame())[0] == PING
        assert await far.close_code() == 1011
        await ear.heard_all("lost")


async def test_the_end_of_the_server_is_told(ear: Ear, far: Far) -> None:
    [socket] = ear.server.connections
    socket.shutdown()
    await ear.heard_all("lost")
    assert await far.close_code() == 1012
    far.send(CLOSE, (1012).to_bytes(2))
    assert await far.end() == b""
    assert not ear.server.connections
