"""A company's back end that can be told how to answer."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Told:
    status: int = 200
    body: bytes = b"{}"
    after_s: float = 0.0
    headers: str = ""


@dataclass(slots=True)
class BackEnd:
    url: str = ""
    answers: dict[str, Told] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    left: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def answer(
        self, path: str, *, status: int = 200, body: bytes = b"{}", after_s: float = 0.0, headers: str = ""
    ) -> None:
        self.answers[path] = Told(status, body, after_s, headers)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = head.split(" ", 2)[1]
            self.asked[path] += 1
            told = self.answers.get(path, Told(404))
            with suppress(TimeoutError):
                async with asyncio.timeout(told.after_s):
                    await self.over.wait()
            length = f"content-length: {len(told.body)}\r\n\r\n"
            kind = "content-type: application/json\r\nconnection: close\r\n"
            writer.write(f"HTTP/1.1 {told.status} X\r\n{kind}{told.headers}{length}".encode() + told.body)
            await writer.drain()
        writer.close()
        self.left += 1


@asynccontextmanager
async def back_end() -> AsyncIterator[BackEnd]:
    desk = BackEnd()
    server = await asyncio.start_server(desk.serve, "127.0.0.1", 0)
    desk.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield desk
    finally:
        server.close()
        desk.over.set()
        while desk.left < desk.asked.total():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
