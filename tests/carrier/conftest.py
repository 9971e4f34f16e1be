"""A server of a test's own on a port of its own."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
import uvicorn
from starlette.types import ASGIApp

Serve = Callable[[ASGIApp], AbstractAsyncContextManager[str]]


@pytest.fixture(scope="session")
def serve() -> Serve:
    @asynccontextmanager
    async def serving(app: ASGIApp) -> AsyncIterator[str]:
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(server.serve(sockets=[listening]))
                try:
                    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
                finally:
                    server.should_exit = True
            await asyncio.sleep(0)  # one turn of the loop, in which the connections it closed are let go

    return serving
