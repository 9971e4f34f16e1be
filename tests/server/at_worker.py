"""Which worker a connection is dealt to is the system's choice; these tests must know it. What the kernel tells of its
sockets says who accepted one, and a door of the test's own leads to one worker only."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import httpx

from tests.server.carrier import WITHIN_S, Carrier

LOOPBACK = "0100007F"


@asynccontextmanager
async def at_worker(url: str, pid: int) -> AsyncIterator[Carrier]:
    """A carrier all of whose connections are this worker's."""
    port = httpx.URL(url).port
    assert port is not None

    inside: set[asyncio.Task[None]] = set()

    async def enter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        inside.add(task)
        try:
            await _lead_through(reader, writer, pid, port)
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            inside.discard(task)

    door = await asyncio.start_server(enter, "127.0.0.1", 0)
    async with door:
        carrier = Carrier(f"http://127.0.0.1:{door.sockets[0].getsockname()[1]}")
        try:
            yield carrier
        finally:
            await carrier.client.aclose()
            while inside:
                for task in inside:
                    task.cancel()
                await asyncio.wait(inside)


async def _lead_through(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pid: int, port: int) -> None:
    with suppress(OSError), closing_at_once(writer):
        inner_reader, inner_writer = await asyncio.open_connection(sock=await _accepted_by(pid, port))
        with closing_at_once(inner_writer):
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_pass_on(reader, inner_writer))
                tasks.create_task(_pass_on(inner_reader, writer))


@contextmanager
def closing_at_once(writer: asyncio.StreamWriter) -> Iterator[None]:
    try:
        yield
    finally:
        writer.transport.abort()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    with suppress(OSError):
        writer.close()
        await writer.wait_closed()


async def _accepted_by(pid: int, port: int) -> socket.socket:
    async with asyncio.timeout(WITHIN_S):
        while True:
            ours = socket.create_connection(("127.0.0.1", port))
            try:
                inode = 0
                while not inode:
                    await asyncio.sleep(0.002)
                    inode = _inode(port, ours.getsockname()[1])
            except BaseException:
                ours.close()
                raise
            if inode in _sockets_of(pid):
                ours.setblocking(False)
                return ours
            ours.close()


def _inode(port: int, peer: int) -> int:
    """Of the socket at `port` that faces `peer`; 0 while nobody has accepted it."""
    here, there = f"{LOOPBACK}:{port:04X}", f"{LOOPBACK}:{peer:04X}"
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if (fields[1], fields[2]) == (here, there):
            return int(fields[9])
    return 0


def _sockets_of(pid: int) -> set[int]:
    found = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            link = str(file.readlink())
            if link.startswith("socket:["):
                found.add(int(link[8:-1]))
    return found


def workers_of(pid: int) -> list[int]:
    """The supervisor's children, in the order of their start."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
