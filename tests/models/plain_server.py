"""A server of which each byte is a test's."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Heard:
    """What a server saw."""

    connections: int = 0
    heads: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    """A connection was closed by the other side."""
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    """A request has come."""
    open: int = 0


Answers = Callable[[asyncio.StreamReader, asyncio.StreamWriter, Heard], Awaitable[None]]


@asynccontextmanager
async def server(answers: Answers) -> AsyncIterator[tuple[str, Heard]]:
    """Requests are read whole and answered by `answers`, on one connection after the other as long as they last."""
    heard = Heard()
    busy: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        busy.add(task)
        heard.connections += 1
        heard.open += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
                heard.bodies.append(await reader.readexactly(int(length or 0)))
                heard.heads.append(head)
                heard.asked.set()
                await answers(reader, writer, heard)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            heard.open -= 1
            heard.gone.set()
            writer.close()
            busy.discard(task)

    serving = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = serving.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/v1", heard
    finally:
        serving.close()
        for task in busy:
            task.cancel()
        if busy:
            await asyncio.wait(list(busy))


def told(body: bytes, content_type: str = "application/json", status: str = "200 OK") -> Answers:
    """The same answer to all."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n".encode()

    async def answers(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: Heard) -> None:
        writer.write(head + body)

    return answers
