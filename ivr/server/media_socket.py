"""The media stream's websocket, as a plain ASGI endpoint: one socket, one Conductor.

Frames are decoded and handed to the call right here, in the receiving loop; nothing is queued and no task is started
for one. What leaves goes through one bounded queue to one writing task.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

import structlog

from ivr import metrics
from ivr.carrier import Proof
from ivr.errors import WireError
from ivr.live.clock import Clock
from ivr.server.admission import Admission
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

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MOST_UNSENT_BYTES = 1_000_000
"""64 KiB and 30 s of sound in base64, with room: a far end that does not read is given up."""
SEND_DEADLINE_S = 10.0
SILENT_MS = 5_000
"""Media comes every 20 ms: a socket that is silent for so long is dead."""
GOODBYE_S = 2.0
"""How long a far end may take to answer our close before it is not listened to any more."""


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

    async def connect(self, started: Started, line: "Line") -> Party:
        """Raises: WireError when the stream has no right to the call."""
        ...


class Line:
    """What leaves by one socket. `send` and `close` never wait."""

    def __init__(self) -> None:
        self._texts: deque[str] = deque()
        self._unsent = 0
        self._ready = asyncio.Event()
        self.close_code: int | None = None

    def send(self, text: str) -> None:
        if self.close_code is not None:
            return
        self._texts.append(text)
        self._unsent += len(text)
        if self._unsent > MOST_UNSENT_BYTES:
            self.close(1008)
        self._ready.set()

    def close(self, code: int) -> None:
        """Once what waits is sent."""
        if self.close_code is None:
            self.close_code = code
        self._ready.set()

    async def write(self, send: Send) -> None:
        """Sends what there is until the line is closed, then closes it."""
        while True:
            await self._ready.wait()
            self._ready.clear()
            while self._texts:
                text = self._texts.popleft()
                async with asyncio.timeout(SEND_DEADLINE_S):
                    await send({"type": "websocket.send", "text": text})
                self._unsent -= len(text)
            if self.close_code is not None:
                await send({"type": "websocket.close", "code": self.close_code})
                return


class MediaSocket:
    """The endpoint. `proof` is asked at the upgrade, `switchboard` at `start`."""

    def __init__(self, proof: Proof, switchboard: Switchboard, admission: Admission, clock: Clock) -> None:
        self._proof = proof
        self._switchboard = switchboard
        self._admission = admission
        self._clock = clock

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        if not self._may_enter(scope):
            await send({"type": "websocket.close", "code": 1008})  # before accept: the far end sees 403
            return
        await send({"type": "websocket.accept"})
        line = Line()
        try:
            async with asyncio.TaskGroup() as tasks:
                session = _Session(line, self._switchboard, self._admission, self._clock, tasks, receive)
                writing = tasks.create_task(session.write(send))
                await session.run()
                line.close(1000)
                await writing
        except* (TimeoutError, OSError):
            log.info("a media socket was given up")

    def _may_enter(self, scope: Message) -> bool:
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        if "origin" in headers:  # a page in a browser; the carrier sends none
            return False
        query = scope.get("query_string", b"").decode("latin-1")
        target = scope["raw_path"].decode("latin-1") if scope.get("raw_path") else scope["path"]
        return self._proof.verify_upgrade(f"{target}?{query}" if query else target, headers)


class _Session:
    """One socket from accept to close."""

    def __init__(
        self,
        line: Line,
        switchboard: Switchboard,
        admission: Admission,
        clock: Clock,
        tasks: asyncio.TaskGroup,
        receive: Receive,
    ) -> None:
        self._line = line
        self._switchboard = switchboard
        self._admission = admission
        self._clock = clock
        self._tasks = tasks
        self._receive = receive
        self._stream = Stream()
        self._party: Party | None = None
        self._running: asyncio.Task[None] | None = None
        self._heard_at_ms = clock.now_ms()
        self._listening = asyncio.timeout(None)

    async def write(self, send: Send) -> None:
        try:
            await self._line.write(send)
        except (TimeoutError, OSError, RuntimeError):  # the far end does not read, or is gone
            self._line.close(1011)
            self._lost()
        if self._listening.when() is None:
            self._listen_no_more()

    async def run(self) -> None:
        watching = self._tasks.create_task(self._watch())
        try:
            async with self._listening:
                await self._receive_all()
        except WireError as fault:
            log.warning("media stream refused", why=str(fault), code=fault.close_code)
            self._line.close(fault.close_code)
        except TimeoutError:
            log.info("a media socket did not answer its close")
        except Exception as fault:
            self._failed(fault)
        finally:
            watching.cancel()
            self._lost()
        if self._running is not None:
            await self._running

    async def _receive_all(self) -> None:
        receive, stream, now_ms = self._receive, self._stream, self._clock.now_ms
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            now = self._heard_at_ms = now_ms()
            if text is None:
                stream.refuse(binary(), now)
                continue
            for accepted in stream.read(text, now):
                if type(accepted) is Started:
                    await self._start(accepted)
                else:
                    self._take(accepted)

    def _take(self, accepted: Accepted) -> None:
        if type(accepted) is Frame:
            assert self._party is not None
            self._party.media(accepted.mulaw)
            return
        match accepted:
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

    async def _start(self, started: Started) -> None:
        self._party = await self._switchboard.connect(started, self._line)
        call_sid = CallSid(started.call_sid)
        self._admission.began(call_sid)
        metrics.CALLS_ACTIVE.set(self._admission.calls)
        self._running = self._tasks.create_task(self._run(self._party, call_sid))

    async def _run(self, party: Party, call_sid: CallSid) -> None:
        """A fault in one call is that call's alone."""
        try:
            await party.run()
        except Exception as fault:
            self._failed(fault)
        finally:
            self._line.close(1000)  # unless somebody said otherwise
            self._admission.ended(call_sid, self._clock.now_ms())
            metrics.CALLS_ACTIVE.set(self._admission.calls)
            party.close(self._stream.counts())

    async def _watch(self) -> None:
        """A `start` that does not come, and a socket that died without a word."""
        began = self._clock.now_ms()
        while True:
            await asyncio.sleep(1)
            now = self._clock.now_ms()
            if self._party is None:
                late = self._stream.started is None and now - began > START_DEADLINE_MS
            else:
                late = now - self._heard_at_ms > SILENT_MS
            if late:
                log.warning("media socket silent", started=self._party is not None)
                self._line.close(1008 if self._party is None else 1011)
                self._lost()
                return

    def _failed(self, fault: Exception) -> None:
        call = None if self._party is None else self._party.call_id
        log.error("a call failed", call=call, error=type(fault).__name__, where=where(fault))
        self._line.close(1011)  # the carrier asks how the call goes on

    def _listen_no_more(self) -> None:
        """Our close is sent: the far end gets a little time for its own."""
        try:
            self._listening.reschedule(asyncio.get_running_loop().time() + GOODBYE_S)
        except RuntimeError:  # nobody listens any more
            return

    def _lost(self) -> None:
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
