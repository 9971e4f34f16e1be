"""python -m bench.frame: what one 20 ms frame of the caller's sound costs on its walk, in microseconds.

First the whole walk of a call that listens, from the bytes of the websocket to the window that waits for the detector
and its score, then each step of it by itself; for frames of speech and of silence. The system's part of receiving is
not in it (bench.sockets has it), nor the detector's run, which is the last row.
"""

import asyncio
import gc
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
import uvloop

from bench.light_socket import frame as masked
from bench.voice import spoken
from ivr.call.hearing import Hearing
from ivr.call.line_quality import LineQuality
from ivr.call.settings import CallSettings
from ivr.carrier import LoopbackOnly
from ivr.catalog import Catalog
from ivr.live.clock import SystemClock, Timer
from ivr.live.conductor import Conductor
from ivr.live.ear import Ear
from ivr.live.ports import Line
from ivr.live.process import Process, ProcessSettings
from ivr.logs import configure_logging
from ivr.models.engines import Engines
from ivr.models.offline.silero import Floats, Silero
from ivr.server.admission import Admission
from ivr.server.media_socket import MEDIA_PATH, MediaSocket
from ivr.server.websocket import WebSocket
from ivr.sim.messages import Upward
from ivr.store import Answer, Connected, Recorder
from ivr.units import FRAME_BYTES, CallId, CallSid, Millis, StreamSid
from ivr.wire import Frame, Started, Stream
from ivr.wire.decode import decode

LINE_SAID: Final = "I would like to know how much is left on my account, and when the next payment is due"
ROUNDS: Final = 20
CALLS: Final = 16
"""How many calls' windows the detector is given at once, as in a tick of a busy process."""
FRAME_MS: Final = 20
CALL: Final = CallId("01JD0000000000000000000000")
ACCOUNT, SID, STREAM = "AC" + "0" * 32, "CA" + "0" * 32, "MZ" + "0" * 32
UPGRADE: Final = (
    f"GET {MEDIA_PATH} HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
).encode()


def main() -> int:
    configure_logging("ERROR")
    speech = spoken(LINE_SAID)
    speech = speech[: len(speech) // FRAME_BYTES * FRAME_BYTES]
    for name, sound in (("speech", speech), ("silence", b"\xff" * len(speech))):
        frames = [sound[at : at + FRAME_BYTES] for at in range(0, len(sound), FRAME_BYTES)] * ROUNDS
        texts = _texts(frames)
        for step, run in (
            ("the whole walk", partial(_walked, texts)),
            ("websocket", partial(_received, texts)),
            ("decode", partial(_decoded, texts)),
            ("decode, order", partial(_ordered, texts)),
            ("hearing", partial(_heard, frames)),
            ("line quality", partial(_measured, frames)),
            ("recording", partial(_recorded, frames)),
            (f"ear, {CALLS} calls a run", partial(_scored, frames)),
        ):
            print(f"{name:8s} {step:22s} {_least(run) / len(frames) * 1e6:7.2f} us a frame", flush=True)
    return 0


def _least(run: Callable[[], float]) -> float:
    """Of five: what others on the machine take only ever adds."""
    return min(run() for _ in range(5))


def _texts(frames: Sequence[bytes]) -> list[str]:
    upward = Upward(account_sid=ACCOUNT, call_sid=SID, stream_sid=STREAM)
    texts = [upward.start({})]
    return texts + [upward.media(frame, at_ms=FRAME_MS * number) for number, frame in enumerate(frames)]


# ---- the whole


class _Clock:
    """Turned by a frame's time for each frame; its timers never ring."""

    def __init__(self) -> None:
        self.ms = 0
        self.wall = SystemClock().wall

    def now_ms(self) -> int:
        return self.ms

    def call_at(self, at_ms: int, do: Callable[[], None]) -> Timer:
        return _Timer()


class _Timer:
    def cancel(self) -> None: ...


class _Transport(asyncio.Transport):
    """Takes all that is written."""

    def write(self, data: Any) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0


class _Deaf(Silero):
    """A detector that takes no time and hears nothing."""

    def score(self, windows: Floats, rows: Sequence[int]) -> Floats:
        return np.zeros(len(rows), np.float32)


class _Switchboard:
    def __init__(self, process: Process) -> None:
        self._process = process
        self.connected = asyncio.Event()

    async def connect(self, started: Started, line: Line) -> Conductor:
        process, now = self._process, self._process.clock.wall()
        bundle = Catalog(Path("flows"), os.environ).load("bench")
        await process.adopt(bundle)
        sid = CallSid(started.call_sid)
        await process.calls.open_call(
            sid,
            ACCOUNT,
            caller="+15550100199",
            dialled="+15550100100",
            now=now,
            answer=Answer("<Response/>", token="t"),
        )
        found = await process.holders.connect("t", sid, ACCOUNT, lambda _dialled: ("bench", bundle.hash), now=now)
        assert isinstance(found, Connected)
        conductor = await process.begin(found, bundle, "bench", line, StreamSid(started.stream_sid))
        self.connected.set()
        return conductor


def _walked(texts: Sequence[str]) -> float:
    return uvloop.run(_walk(texts))


async def _walk(texts: Sequence[str]) -> float:
    """One call's frames without a pause between them, on a clock of their own."""
    clock = _Clock()
    engines = replace(Engines.of("instant"), silero=_Deaf())
    with tempfile.TemporaryDirectory() as folder:
        async with Process(ProcessSettings(Path(folder), os.environ, CallSettings()), engines, clock) as process:
            switchboard = _Switchboard(process)
            endpoint = MediaSocket(LoopbackOnly(), switchboard, Admission(1), clock)
            async with asyncio.TaskGroup() as tasks:
                endpoint.open(tasks)
                socket = WebSocket(endpoint, SimpleNamespace(connections=set()))
                socket.connection_made(_Transport())
                for data in (UPGRADE, masked(texts[0].encode())):
                    socket.data_received(data)
                await switchboard.connected.wait()
                await asyncio.sleep(0.5)  # it is greeted
                frames = [masked(text.encode()) for text in texts[1:]]
                gc.collect()
                began = time.thread_time()
                for data in frames:
                    clock.ms += FRAME_MS
                    socket.data_received(data)
                    process.ear.tick()
                took = time.thread_time() - began
                socket.shutdown()
                await endpoint.close()
    return took


# ---- its steps


class _Reader:
    """Who is on the socket, and lets it in."""

    def __init__(self) -> None:
        self.read = 0

    def may_enter(self, target: str, headers: object) -> bool:
        return True

    def entered(self, socket: WebSocket) -> "_Reader":
        return self

    def text(self, message: bytes) -> None:
        self.read += 1

    def binary(self) -> None: ...
    def lost(self) -> None: ...


def _received(texts: Sequence[str]) -> float:
    async def receive() -> float:
        reader = _Reader()
        socket = WebSocket(reader, SimpleNamespace(connections=set()))
        socket.connection_made(_Transport())
        socket.data_received(UPGRADE)
        frames = [masked(text.encode()) for text in texts]
        began = time.thread_time()
        for data in frames:
            socket.data_received(data)
        took = time.thread_time() - began
        socket.connection_lost(None)
        assert reader.read == len(texts), "frames went astray"
        return took

    return uvloop.run(receive())


def _decoded(texts: Sequence[str]) -> float:
    raw = [text.encode() for text in texts]
    began = time.thread_time()
    for text in raw:
        decode(text)
    return time.thread_time() - began


def _ordered(texts: Sequence[str]) -> float:
    stream, found = Stream(), 0
    raw = [text.encode() for text in texts]
    began = time.thread_time()
    for number, text in enumerate(raw):
        for accepted in stream.read(text, number * FRAME_MS):
            found += type(accepted) is Frame
    took = time.thread_time() - began
    assert found == len(texts) - 1, "frames went astray"
    return took


def _heard(frames: Sequence[bytes]) -> float:
    hearing = Hearing()
    began = time.thread_time()
    for number, frame in enumerate(frames):
        hearing.feed_media(frame, Millis(number * FRAME_MS))
    return time.thread_time() - began


def _measured(frames: Sequence[bytes]) -> float:
    quality, full = LineQuality(), 0
    began = time.thread_time()
    for frame in frames:
        if quality.frame(frame, 0.0):
            quality.second(0.0, 0.0)
            full += 1
    took = time.thread_time() - began
    assert full == len(frames) // 50, "seconds went astray"
    return took


def _recorded(frames: Sequence[bytes]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(Path(folder))
        recording = recorder.open(CALL)
        at, began = 0, time.thread_time()
        for frame in frames:
            recording.caller(at, frame)
            at += len(frame)
            recording.advance(at)
        took = time.thread_time() - began
        recording.close(at)
        recorder.close()
    return took


def _scored(frames: Sequence[bytes]) -> float:
    """Per frame of one call: windows of several calls wait and are run together."""
    ear = Ear(Silero())
    listeners = [ear.open(lambda _no, _score: None) for _ in range(CALLS)]
    hearing = Hearing()
    windows = [hearing.feed_media(frame, Millis(number * FRAME_MS)) for number, frame in enumerate(frames)]
    began = time.thread_time()
    for full in windows:
        if full:
            for listener in listeners:
                ear.wait(listener, full)
            ear.tick()
    return (time.thread_time() - began) / CALLS


if __name__ == "__main__":
    sys.exit(main())
