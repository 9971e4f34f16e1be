"""python -m bench.models: what we add to a turn with a model that hears and speaks, by a chat and over a session,
against a far end that answers at once from a process of its own. *Request*: from the end of the caller's turn, its
sound in hand as the line brought it, to the last byte of the request's having arrived. *Sound*: from the first sound's
leaving the far end to the first message for the line, decoded, resampled and cut. Both at 1 and at 25 calls at a time;
what loopback and the far end's own reading take is in them.
"""

import argparse
import asyncio
import base64
import itertools
import json
import os
import subprocess
import sys
import time
from contextlib import aclosing
from typing import Final

from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as serve_sessions

from bench.machine import Busy, Machine
from ivr.audio import mulaw
from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.flow.flow import Never, Style
from ivr.flow.state import AskModel, ModelTool, Said, voiced_name
from ivr.live.replying import respond
from ivr.live.voiced import VoicedReplies
from ivr.models.offline.instant import speech_like
from ivr.models.openai.chat import AudioChat
from ivr.models.openai.far_end import FarEnd
from ivr.models.openai.realtime import Realtime
from ivr.models.ports import Attends, Responder
from ivr.units import Millis

HEARD: Final = mulaw.encode(speech_like(3000, 8000))
"""What the caller said: 3 s are 64 kB of the request."""
LINE_PIECE: Final = base64.b64encode(mulaw.encode(speech_like(200, 8000))).decode()
PIECE: Final = base64.b64encode(speech_like(200, 24_000).samples).decode()
TOOL: Final = ModelTool("fill", "Note what was said.", {"type": "object", "properties": {"name": {"type": "string"}}})
TOLD: Final = tuple(Said("bot" if n % 2 else "caller", "Words of a turn of the talk.", Millis(n)) for n in range(20))
AT_A_TIME: Final = (1, 25)
MOST_OTHERS: Final = 0.05
"""Share of the machine that others may take before they are what is measured."""


def ask(number: int, turn_no: int) -> AskModel:
    told = (*TOLD, Said("caller", "Words of a turn of the talk.", Millis(100 + turn_no)))
    return AskModel(
        f"c{number}:{turn_no}:1", "host", "en-US", "Find out what the caller wants. " * 20, {"guests": "four"}, told,
        "Words of a turn of the talk.", (), (TOOL,), Style(2, 1), Never(), (), Millis(8000), "as_it_comes",
    )  # fmt: skip


# ---- the far end


def chunk(delta: dict[str, object], finish: str | None = None) -> bytes:
    told = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return f"data: {json.dumps(told)}\n\n".encode()


def framed(body: bytes) -> bytes:
    return f"{len(body):x}\r\n".encode() + body + b"\r\n"


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Tells when the request was there and when the sound left as the words of the answer."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            came = time.monotonic_ns()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
            sound = chunk({"audio": {"data": PIECE}})
            words = chunk({"audio": {"id": "audio_1", "transcript": f"{came} {time.monotonic_ns()}."}})
            writer.write(
                framed(words + sound) + framed(sound * 4 + chunk({}, "stop") + b"data: [DONE]\n\n") + framed(b"")
            )
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def talk(socket: ServerConnection) -> None:
    """The same over a session: the request is there when an answer is asked for."""
    await socket.send(json.dumps({"type": "session.created", "session": {}}))
    numbers = itertools.count()
    async for text in socket:
        if json.loads(text)["type"] != "response.create":
            continue
        came, name = time.monotonic_ns(), f"r{next(numbers)}"

        async def tell(kind: str, name: str = name, **more: object) -> None:
            await socket.send(json.dumps({"type": f"response.{kind}", "response_id": name, "item_id": name, **more}))

        await tell("created", response={"id": name})
        await tell("output_audio_transcript.delta", delta=f"{came} {time.monotonic_ns()}.")
        for _ in range(5):
            await tell("output_audio.delta", delta=LINE_PIECE)
        await tell("done", response={"id": name, "status": "completed"})


async def serve() -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", 0, limit=1_000_000)
    async with serve_sessions(talk, "127.0.0.1", 0, compression=None) as sessions:
        print(server.sockets[0].getsockname()[1], sessions.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


# ---- the calls


async def turn(chat: Responder, number: int, turn_no: int) -> tuple[float, float]:
    """The times of one turn, in microseconds."""
    asked, voiced, sounded = ask(number, turn_no), VoicedReplies(), list[int]()
    told, begun = list[ev.ModelSaid](), asyncio.Event()

    def happened(event: ev.Event) -> None:
        if isinstance(event, ev.ModelSaid):
            told.append(event)
            begun.set()

    async def play() -> None:
        await begun.wait()
        async with aclosing(voiced.sound(voiced_name(asked.id, 0))) as pieces:
            async for _ in pieces:
                sounded.append(time.monotonic_ns())

    began = time.monotonic_ns()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(play())
        await respond(fx.AskModel(asked, HEARD), chat, voiced, happened)
    came, left = map(int, told[0].words.rstrip(".").split())
    return (came - began) / 1000, (sounded[0] - left) / 1000


async def calls(chat: Responder, at_a_time: int, turns: int) -> list[tuple[float, float]]:
    async def one(number: int) -> list[tuple[float, float]]:
        await asyncio.sleep(number * 0.2 / at_a_time)
        found = []
        async with asyncio.TaskGroup() as tasks:
            attending = tasks.create_task(chat.attend(f"c{number}")) if isinstance(chat, Attends) else None
            await asyncio.sleep(0.2)
            for turn_no in range(turns):
                found.append(await turn(chat, number, turn_no))
                await asyncio.sleep(0.2)  # callers do not all speak at once
            if attending is not None:
                attending.cancel()
        return found

    async with asyncio.TaskGroup() as tasks:
        made = [tasks.create_task(one(number)) for number in range(at_a_time)]
    return [times for task in made for times in task.result()[1:]]


def at(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


async def measure(port: int, sessions_port: int, turns: int) -> None:
    chats, sessions = [FarEnd(f"http://127.0.0.1:{one}/v1") for one in (port, sessions_port)]
    print(f"{'by':>8} {'calls':>5} {'turns':>6} {'request p50':>12} {'p99':>8} {'sound p50':>10} {'p99':>8}  (ms)")
    await table("chat", AudioChat(chats, "model", "alloy"), turns)
    await table("session", Realtime(sessions, "model"), turns)
    for far_end in (chats, sessions):
        await far_end.close()


async def table(by: str, chat: Responder, turns: int) -> None:
    for at_a_time in AT_A_TIME:
        found = await calls(chat, at_a_time, turns if at_a_time > 1 else 4 * turns)
        request, sound = [one for one, _ in found], [other for _, other in found]
        figures = [at(of, share) / 1000 for of in (request, sound) for share in (0.5, 0.99)]
        print(
            f"{by:>8} {at_a_time:>5} {len(found):>6} "
            + " ".join(f"{one:>{w}.2f}" for one, w in zip(figures, (12, 8, 10, 8), strict=True))
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=25, help="of each call")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve())
        return

    print(Machine.this())
    before = Busy.now()
    far = subprocess.Popen([sys.executable, "-m", "bench.models", "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        assert far.stdout is not None
        port, sessions_port = map(int, far.stdout.readline().split())
        asyncio.run(measure(port, sessions_port, given.turns))
    finally:
        far.terminate()
        far.wait()
    ours_s = sum(os.times()[:4])
    others = before.others(Busy.now(), ours_s, os.sysconf("SC_CLK_TCK"))
    print(
        f"others took {others:.0%} of the machine" + ("" if others < MOST_OTHERS else ": its p99 is theirs, not ours")
    )


if __name__ == "__main__":
    main()
