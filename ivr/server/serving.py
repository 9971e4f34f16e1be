"""The server as a process: it serves at a socket, says when it does, and drains before it goes.

On SIGTERM (or Ctrl-C) it is unready and refuses new calls; it goes on listening for those in progress, whose carrier
still has to ask how each ends, until the last is over or the drain time is up. A second signal means now.
"""

import asyncio
import socket
from collections.abc import Callable
from types import FrameType
from typing import Protocol

import structlog
import uvicorn

from ivr.live.clock import Clock
from ivr.server.admission import Admission
from ivr.server.media_socket import MediaSocket
from ivr.wire import MESSAGE_BYTES

log = structlog.get_logger("ivr.server")

LOOK_EVERY_S = 0.1


class Orders(Protocol):
    """Who else may end the server: a supervisor, whose word for `now` then stands alone."""

    def follow(self, drain: Callable[[], None], now: Callable[[], None]) -> None:
        """Called in the event loop once the server can be ended. Both may be called more than once."""
        ...


class DrainingServer(uvicorn.Server):
    """`supervised`: a signal only makes it drain, however often it comes, since a service manager may signal both the
    supervisor and its workers."""

    def __init__(
        self, config: uvicorn.Config, admission: Admission, clock: Clock, drain_s: float, *, supervised: bool
    ) -> None:
        super().__init__(config)
        self._admission = admission
        self._clock = clock
        self._drain_s = drain_s
        self._supervised = supervised

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Does not tell uvicorn of the signal, which would end the process by it: we end well, with 0."""
        if self._admission.draining and not self._supervised:
            self.end_now()
        else:
            self.begin_draining()

    def begin_draining(self) -> None:
        if not self._admission.draining:
            self._admission.draining = True
            log.info("draining", calls=self._admission.calls, seconds=self._drain_s)

    def end_now(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True

    async def drain(self) -> None:
        """Ends the server once it drains and no call would notice, or the time is over."""
        while not self._admission.draining and not self.should_exit:  # noqa: ASYNC110 (set by a signal)
            await asyncio.sleep(LOOK_EVERY_S)
        until_ms = self._clock.now_ms() + self._drain_s * 1000
        while not self.should_exit and self._clock.now_ms() < until_ms:
            if not self._admission.busy(self._clock.now_ms()):
                break
            await asyncio.sleep(LOOK_EVERY_S)
        self.should_exit = True


async def serve(
    application: object,
    media: MediaSocket,
    sock: socket.socket,
    admission: Admission,
    *,
    clock: Clock,
    drain_s: float,
    ready: Callable[[], None],
    orders: Orders | None = None,
) -> None:
    """Until a signal or `orders` end it. `ready` is called once connections are taken."""
    config = uvicorn.Config(
        application,  # type: ignore[arg-type]
        ws=media.websocket,  # type: ignore[arg-type]  # uvicorn asks for a class and only calls it
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=MESSAGE_BYTES,
        server_header=False,
    )
    server = DrainingServer(config, admission, clock, drain_s, supervised=orders is not None)
    if orders is not None:
        orders.follow(server.begin_draining, server.end_now)
    async with asyncio.TaskGroup() as tasks:
        media.open(tasks)
        tasks.create_task(server.drain())
        serving = tasks.create_task(server.serve(sockets=[sock]))
        while not server.started and not serving.done():  # noqa: ASYNC110 (uvicorn has no event for it)
            await asyncio.sleep(0.01)
        if server.started:
            ready()
        await serving
        await media.close()
