"""python -m bench.sockets: what it costs a server to receive one media message, kernel included, by websocket.

All get the same messages at the telephone's pace and do the same with each: decode it. One server after the other,
round after round, on a core of its own; told is the server's CPU time per message. picows takes part where it is
installed (`pip install picows`; nothing of ours needs it).
"""

import argparse
import asyncio
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, MutableMapping
from importlib.util import find_spec
from statistics import median
from typing import Any, Final

import uvicorn
import uvloop

from bench import machine, process
from bench.light_socket import LightSocket
from ivr.server.websocket import WebSocket
from ivr.sim.messages import Upward
from ivr.wire import decode

ASGI, OURS, PICOWS = "uvicorn websockets-sansio", "ivr/server/websocket.py", "picows"
FRAME_S: Final = 0.02
WARMING_FRAMES: Final = 25
MULAW: Final = bytes(range(96, 256))


class Reader:
    """Who is on our socket, and the door to it."""

    def may_enter(self, target: str, headers: Mapping[str, str]) -> bool:
        return True

    def entered(self, socket: WebSocket) -> "Reader":
        return self

    def text(self, message: bytes) -> None:
        decode(message)

    def binary(self) -> None: ...
    def lost(self) -> None: ...


def our_socket(config: object, server_state: Any, app_state: object, _loop: object = None) -> WebSocket:
    return WebSocket(Reader(), server_state)


async def application(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] != "websocket.disconnect":
        decode(message["text"])


async def answer(name: str, sock: socket.socket) -> None:
    if name == PICOWS:
        await _answer_by_picows(sock)
        return
    config = uvicorn.Config(
        application,
        ws=our_socket if name == OURS else "websockets-sansio",  # type: ignore[arg-type]
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
    )
    await uvicorn.Server(config).serve(sockets=[sock])


async def _answer_by_picows(sock: socket.socket) -> None:
    import picows  # type: ignore[import-not-found]  # not a dependency

    class Listener(picows.WSListener):  # type: ignore[misc]
        def on_ws_frame(self, transport: Any, frame: Any) -> None:
            if frame.msg_type == picows.WSMsgType.TEXT:
                decode(frame.get_payload_as_bytes())

    server = await picows.ws_create_server(lambda _request: Listener(), sock=sock, use_aiofastnet=False)
    await server.serve_forever()


def cpu_us(name: str, places: machine.Places, calls: int, seconds: float) -> float:
    """Of the server for one message."""
    machine.pin(places.server)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port, handle = listening.getsockname()[1], listening.fileno()
        command = [sys.executable, "-m", "bench.sockets", "--serve", name, "--handle", str(handle)]
        server = subprocess.Popen(command, pass_fds=[handle], cwd=machine.ROOT, stderr=subprocess.DEVNULL)
    machine.pin(places.load)
    try:
        return uvloop.run(_measured(server.pid, port, calls, seconds))
    finally:
        server.kill()
        server.wait()


async def _measured(pid: int, port: int, calls: int, seconds: float) -> float:
    sockets = [await _opened(port) for _ in range(calls)]
    await _speak(sockets, WARMING_FRAMES)
    began_s = process.cpu_seconds(pid)
    sent = await _speak(sockets, round(seconds / FRAME_S))
    took_s = process.cpu_seconds(pid) - began_s
    assert not any(one.closed.is_set() for one in sockets), "a socket was lost"
    return took_s / sent * 1e6


async def _opened(port: int) -> LightSocket:
    one = LightSocket(f"ws://127.0.0.1:{port}/twilio/media", lambda _text: None)
    await asyncio.get_running_loop().create_connection(lambda: one, "127.0.0.1", port)
    async with asyncio.timeout(20):
        await one.opened.wait()
    return one


async def _speak(sockets: list[LightSocket], frames: int) -> int:
    upward = Upward(account_sid="AC" + "0" * 32, call_sid="CA" + "0" * 32, stream_sid="MZ" + "0" * 32)
    phases = sorted(random.Random(1).random() * FRAME_S for _ in sockets)
    began_s = time.monotonic()
    for number in range(frames):
        text = upward.media(MULAW, at_ms=20 * number).encode()
        for phase_s, one in zip(phases, sockets, strict=True):
            until_s = began_s + number * FRAME_S + phase_s - time.monotonic()
            if until_s > 0:
                await asyncio.sleep(until_s)
            one.send(text)
    await asyncio.sleep(0.1)
    return frames * len(sockets)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--handle", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.serve:
        uvloop.run(answer(asked.serve, socket.socket(fileno=asked.handle)))
        return 0
    names = [ASGI, OURS, *([PICOWS] if find_spec("picows") else [])]
    places = machine.placed(sorted(os.sched_getaffinity(0)), 1)
    print(f"{machine.Machine.this()}; {places}; {asked.calls} calls, {asked.rounds} rounds of {asked.seconds:g} s")
    costs: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(asked.rounds):
        for name in names:
            costs[name].append(cpu_us(name, places, asked.calls, asked.seconds))
    for name in names:
        ratios = [cost / ours for cost, ours in zip(costs[name], costs[OURS], strict=True)]
        spread = f"{min(costs[name]):.1f} to {max(costs[name]):.1f}"
        print(f"{name:26s} {median(costs[name]):6.1f} us a message ({spread}), {median(ratios):4.2f} x ours")
    return 0


if __name__ == "__main__":
    sys.exit(main())
