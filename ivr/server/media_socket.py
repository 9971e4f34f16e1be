"""The media stream's endpoint: one websocket, one Conductor.

Frames are decoded and handed to the call right here, where the socket receives them; nothing is queued and no task is
started for one. A call has one task, from its `start` to its end.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, Protocol

import structlog

from ivr import metrics
from ivr.carrier import Proof
from ivr.errors import WireError
from ivr.live.clock import Clock, Timer
from ivr.live.ports import Line
from ivr.server.admission import Admission
from ivr.server.websocket import WebSocket
from ivr.units import BYTES_PER_MS, CallId, CallSid
from ivr.wire import (
    SILENCE,
    START_DEADLINE_MS,
    Accepted,
    Frame,
    Gap,
    KeyPressed,
    LineCounts,
    MarkReturned,
    Started,
    Stopped,
    Stream,
    binary,
)

log = structlog.get_logger("ivr.server")

MEDIA_PATH: Final = "/twilio/media"
SILENT_MS: Final = 5_000
"""Media comes every 20 ms: a socket that is silent for so long is dead."""
LOOK_EVERY_MS: Final = 1_000
LEAVE_S: Final = 5.0
"""How long calls may take to end whose sockets were closed because the server must go."""


class Party(Protocol):
    """A call, as the socket knows it."""

    @property
    def call_id(self) -> CallId: ...
    def media(self, mulaw: bytes) -> None: ...
    def key(self, digit: str) -> None: ...
    def mark_returned(self, name: str) -> None: ...
    def hung_up(self) -> None: ...
    def stream_lost(self) -> None: ...
    async def run(self) -> None: ...
    def close(self, counts: LineCounts) -> None: ...


class Switchboard(Protocol):
    """Who turns a started stream into a call."""

    async def connect(self, started: Started, line: Line) -> Party:
        """Raises: WireError when the stream has no right to the call."""
        ...


class MediaSocket:
    """The endpoint. `proof` is asked at the upgrade, `switchboard` at `start`."""

    def __init__(self, proof: Proof, switchboard: Switchboard, admission: Admission, clock: Clock) -> None:
        self._proof = proof
        self.switchboard = switchboard
        self.admission = admission
        self.clock = clock
        self._tasks: asyncio.TaskGroup
        self._calls: set[asyncio.Task[None]] = set()

    def open(self, tasks: asyncio.TaskGroup) -> None:
        """Before the first socket: in `tasks` the calls run."""
        self._tasks = tasks

    def websocket(self, config: object, server_state: Any, app_state: object, _loop: object = None) -> WebSocket:
        """For uvicorn, as the class of its websockets: each upgrade comes here, whatever its path."""
        return WebSocket(self, server_state)

    def may_enter(self, target: str, headers: Mapping[str, str]) -> bool:
        if target.partition("?")[0].rstrip("/") != MEDIA_PATH:
            return False
        if any(name.lower() == "origin" for name in headers):  # a page in a browser; the carrier sends none
            return False
        return self._proof.verify_upgrade(target, headers)

    def entered(self, socket: WebSocket) -> "Session":
        return Session(socket, self)

    def start(self, session: "Session", started: Started) -> None:
        task = self._tasks.create_task(session.call(started))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def close(self) -> None:
        """After the sockets: calls that do not end are cancelled."""
        if self._calls:
            _, left = await asyncio.wait(self._calls, timeout=LEAVE_S)
            for task in left:
                task.cancel()


class Session:
    """One socket from accept to close."""

    def __init__(self, socket: WebSocket, endpoint: MediaSocket) -> None:
        self._socket = socket
        self._endpoint = endpoint
        self._clock = endpoint.clock
        self._stream = Stream()
        self._party: Party | None = None
        self._over = False
        self._began_at_ms = self._heard_at_ms = self._clock.now_ms()
        self._watch: Timer = self._look_later(self._began_at_ms)

    def text(self, message: bytes) -> None:
        now = self._heard_at_ms = self._clock.now_ms()
        try:
            for accepted in self._stream.read(message, now):
                if type(accepted) is Frame:
                    assert self._party is not None
                    self._party.media(accepted.mulaw)
                else:
                    self._take(accepted)
        except WireError as fault:
            self._refuse(fault)
        except Exception as fault:
            self._failed(fault)
            self._lost()

    def binary(self) -> None:
        now = self._heard_at_ms = self._clock.now_ms()
        try:
            self._stream.refuse(binary(), now)
        except WireError as fault:
            self._refuse(fault)

    def lost(self) -> None:
        self._over = True
        self._watch.cancel()
        self._lost()

    async def call(self, started: Started) -> None:
        """From the stream's `start` to the end of the call on it. A fault in one call is that call's alone."""
        try:
            party = await self._endpoint.switchboard.connect(started, self._socket)
        except WireError as fault:
            self._refuse(fault)
            return
        except Exception as fault:
            self._failed(fault)
            return
        await self._run(party, CallSid(started.call_sid))

    def _take(self, accepted: Accepted) -> None:
        match accepted:
            case Started():
                self._socket.hold()  # until the call is there, which takes some ms
                self._endpoint.start(self, accepted)
            case Gap() if self._party is not None:
                self._party.media(SILENCE * (accepted.ms * BYTES_PER_MS))
            case MarkReturned() if self._party is not None:
                self._party.mark_returned(accepted.name)
            case KeyPressed() if self._party is not None:
                self._party.key(accepted.digit)
            case Stopped() if self._party is not None:
                self._party.hung_up()
            case _:
                pass

    async def _run(self, party: Party, call_sid: CallSid) -> None:
        admission = self._endpoint.admission
        self._party = party
        admission.began(call_sid)
        metrics.CALLS_ACTIVE.set(admission.calls)
        asyncio.get_running_loop().call_soon(self._go_on)  # what came meanwhile is news once the call has begun
        try:
            await party.run()
        except Exception as fault:
            self._failed(fault)
        finally:
            self._socket.close(1000)  # unless somebody said otherwise
            admission.ended(call_sid, self._clock.now_ms())
            metrics.CALLS_ACTIVE.set(admission.calls)
            party.close(self._stream.counts())

    def _go_on(self) -> None:
        self._heard_at_ms = self._clock.now_ms()
        if self._over:
            self._lost()
        else:
            self._socket.go_on()

    def _look_later(self, now_ms: int) -> Timer:
        return self._clock.call_at(now_ms + LOOK_EVERY_MS, self._look)

    def _look(self) -> None:
        """For a `start` that does not come, and a socket that died without a word."""
        now = self._clock.now_ms()
        if self._party is None:
            late = self._stream.started is None and now - self._began_at_ms > START_DEADLINE_MS
        else:
            late = now - self._heard_at_ms > SILENT_MS
        if not late:
            self._watch = self._look_later(now)
            return
        log.warning("media socket silent", started=self._party is not None)
        self._socket.close(1008 if self._party is None else 1011)
        self._lost()

    def _refuse(self, fault: WireError) -> None:
        log.warning("media stream refused", why=str(fault), code=fault.close_code)
        self._socket.close(fault.close_code)
        self._lost()

    def _failed(self, fault: Exception) -> None:
        call = None if self._party is None else self._party.call_id
        log.error("a call failed", call=call, error=type(fault).__name__, where=where(fault))
        self._socket.close(1011)  # the carrier asks how the call goes on

    def _lost(self) -> None:
        self._over = True
        if self._party is not None:
            self._party.stream_lost()


def where(fault: BaseException) -> str:
    """File and line of the innermost place, without any value."""
    place = fault.__traceback__
    if isinstance(fault, BaseExceptionGroup):
        return "; ".join(f"{type(e).__name__} {where(e)}" for e in fault.exceptions)
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return "" if place is None else f"{place.tb_frame.f_code.co_filename.rpartition('/')[2]}:{place.tb_lineno}"
