"""The tiny server, running on a free port."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute

from tests.sim.tiny_server import CONNECT, Server


class _Uvicorn(uvicorn.Server):
    def install_signal_handlers(self) -> None:
        """None: the test's own process keeps its signals."""


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    server = Server(twiml={"/twilio/voice": CONNECT})
    app = Starlette(
        routes=[
            WebSocketRoute("/media", server.stream),
            Route("/{path:path}", server.answer, methods=["POST", "GET"]),
        ]
    )
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", ws="websockets-sansio", lifespan="off")
    config.ws_per_message_deflate = False
    running = _Uvicorn(config)
    serving = asyncio.create_task(running._serve())
    while not running.started:  # noqa: ASYNC110  it has no event to wait for
        await asyncio.sleep(0.005)
    server.url = f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    yield server
    running.should_exit = True
    running.force_exit = True
    await serving
