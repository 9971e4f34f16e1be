"""kill -9 in mid-call, at seeded random moments: what journal and recording still hold, and whether calls go on.

    python -m bench.kill9 --times 20 [--seed 1]

Each time three callers press keys and hear answers, the server is killed, and what the callers know is held against
what was kept. Then a new server takes over the port and the folder; the carrier asks how the calls go on.
"""

import argparse
import asyncio
import io
import json
import os
import random
import re
import secrets
import signal
import socket
import sys
import tempfile
import time
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from ivr.sim.messages import Upward
from ivr.store import CallRow, Calls, Entry, Turns, open_database, open_recording, read_journal
from ivr.units import CallSid

CALLERS: Final = 3
COMMIT_MS: Final = 20
"""What is younger at the kill may be lost."""
BEHIND_MS: Final = 1000
"""How far a recording may be behind the line."""
ACCOUNT: Final = "AC" + "0" * 31 + "1"
SILENCE: Final = b"\xff" * 160
PROJECT: Final = """\
schema: callflow/1
project: keys
zone: Etc/UTC
entry: {default: keys}
limits: {call: none, silence: none, turns: none, tries_per_question: none}
"""
FLOW: Final = """\
schema: callflow/1
flow: keys
start: greeting
slots: {wish: {type: choice, options: {more: {hear: [more], key: "1"}}, ask: What do you wish?}}
nodes:
  greeting: [{say: Hello there.}, {goto: question}]
  question: [{ask: wish}, {say: Very well.}, {forget: wish}, {goto: question}]
"""


@dataclass(slots=True)
class Caller:
    """One call, and what its far end knows. Times are seconds of time.monotonic()."""

    call_sid: str = field(default_factory=lambda: "CA" + secrets.token_hex(16))
    answered: list[tuple[float, float]] = field(default_factory=list)
    """When each key was pressed, and when the first sound of its answer came: what was sent before the key had been
    taken by then."""
    waiting: dict[str, int] = field(default_factory=dict)
    """Prompts with marks that are not played yet."""
    heard: dict[str, float] = field(default_factory=dict)
    """Prompt to when its last mark so far was sent back."""
    frames: int = 0
    sounds: int = 0
    pressed: float | None = None
    """When, a key that was not answered yet."""
    resumed: bool = False


@dataclass(slots=True)
class Figures:
    times: int = 0
    calls: int = 0
    answers: int = 0
    answers_lost: int = 0
    prompts: int = 0
    prompts_lost: int = 0
    recordings_broken: int = 0
    audio_lost_ms: list[int] = field(default_factory=list)
    resumed: int = 0

    @property
    def well(self) -> bool:
        whole = not (self.answers_lost or self.prompts_lost or self.recordings_broken)
        return whole and max(self.audio_lost_ms) <= BEHIND_MS and self.resumed == self.calls


async def kill_once(folder: Path, seed: int, figures: Figures, longest_s: float = 3.0) -> None:
    """One server, one kill within `longest_s` of the last greeting, one successor."""
    rng = random.Random(seed)
    write_flows(folder)
    port = free_port()
    callers = [Caller() for _ in range(CALLERS)]
    async with served(folder, port) as process, asyncio.TaskGroup() as tasks:
        calls = [tasks.create_task(_call(caller, port, random.Random(rng.random()))) for caller in callers]
        while any(caller.sounds == 0 for caller in callers):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await asyncio.sleep(rng.uniform(0.1, longest_s))
        killed_at = time.monotonic()
        process.send_signal(signal.SIGKILL)
        frames = [caller.frames for caller in callers]
        await process.wait()
        await asyncio.wait(calls)
    figures.times += 1
    for caller, sent in zip(callers, frames, strict=True):
        await _judge(folder / "data", caller, sent, killed_at, figures)
    async with served(folder, port):
        async with asyncio.TaskGroup() as tasks:
            going = [tasks.create_task(_goes_on(folder / "data", caller, port)) for caller in callers]
        figures.resumed += sum(one.result() for one in going)


def write_flows(folder: Path) -> None:
    """One question that is asked for ever."""
    (folder / "flows" / "keys").mkdir(parents=True)
    (folder / "flows" / "keys" / "project.yaml").write_text(PROJECT)
    (folder / "flows" / "keys" / "keys.flow.yaml").write_text(FLOW)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def served(folder: Path, port: int, *more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A server on `folder` at `port`, once it is ready. `more`: further arguments."""
    given = ["--project", str(folder / "flows"), "--flow", "keys", "--engines", "instant", "--port", str(port)]
    environment = {**os.environ, "IVR_DATA_DIR": str(folder / "data"), "IVR_PUBLIC_URL": "", "IVR_LATE_MS": "60000"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ivr", "serve", *given, *more),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
    )
    try:
        async with asyncio.timeout(30), httpx.AsyncClient(trust_env=False) as client:
            while True:
                with suppress(httpx.TransportError):
                    if (await client.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200:
                        break
                await asyncio.sleep(0.02)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def ask(port: int, path: str, call_sid: str) -> str:
    fields = {"CallSid": call_sid, "AccountSid": ACCOUNT, "From": "+15550100199", "To": "+15550100100"}
    async with httpx.AsyncClient(trust_env=False, timeout=15, verify=False) as client:
        return (await client.post(f"http://127.0.0.1:{port}{path}", data=fields)).text


async def _call(caller: Caller, port: int, rng: random.Random) -> None:
    """Until the line is cut."""
    twiml = await ask(port, "/twilio/voice", caller.call_sid)
    async with on_line(caller, port, twiml) as (socket, upward):
        with suppress(ConnectionClosed):
            while socket.close_code is None:
                await asyncio.sleep(rng.uniform(0.1, 0.5))
                if caller.pressed is None and caller.sounds:
                    caller.pressed = time.monotonic()
                    await socket.send(upward.key("1"))


@asynccontextmanager
async def on_line(caller: Caller, port: int, twiml: str) -> AsyncIterator[tuple[ClientConnection, Upward]]:
    token = re.findall(r'name="token" value="([^"]+)"', twiml)[0]
    upward = Upward(account_sid=ACCOUNT, call_sid=caller.call_sid, stream_sid="MZ" + secrets.token_hex(16))
    url = f"ws://127.0.0.1:{port}/twilio/media"
    async with connect(url, compression=None, proxy=None, ping_interval=None, close_timeout=1) as socket:
        await socket.send(upward.connected())
        await socket.send(upward.start({"token": token}))
        async with asyncio.TaskGroup() as tasks:
            talking = [tasks.create_task(one(caller, socket, upward)) for one in (_speak, _hear)]
            try:
                yield socket, upward
            finally:
                for task in talking:
                    task.cancel()


async def _speak(caller: Caller, socket: ClientConnection, upward: Upward) -> None:
    began = time.monotonic()
    with suppress(ConnectionClosed):
        for number in range(100_000):
            await asyncio.sleep(max(0.0, began + 0.02 * (number + 1) - time.monotonic()))
            await socket.send(upward.media(SILENCE, 20 * number))
            caller.frames += 1


async def _hear(caller: Caller, socket: ClientConnection, upward: Upward) -> None:
    """Marks go back at once, as if all were played in no time."""
    with suppress(ConnectionClosed):
        async for text in socket:
            message = json.loads(text)
            if message["event"] == "media":
                caller.sounds += 1
                if caller.pressed is not None:
                    caller.answered.append((caller.pressed, time.monotonic()))
                    caller.pressed = None
            elif message["event"] == "mark":
                name = message["mark"]["name"]
                await socket.send(upward.mark(name))
                caller.heard[name.rpartition("/")[0]] = time.monotonic()


async def _kept(data: Path, caller: Caller) -> tuple[CallRow, list[Entry]]:
    database = open_database(data)
    try:
        row = await Calls(database).by_sid(CallSid(caller.call_sid))
        assert row is not None, "the call's row is gone"
        return row, read_journal(data, row.id, await Calls(database).key(row.id))
    finally:
        await database.close()


async def _judge(data: Path, caller: Caller, frames: int, killed_at: float, figures: Figures) -> None:
    row, entries = await _kept(data, caller)
    bodies = [(entry.kind, entry.body if isinstance(entry.body, dict) else {}) for entry in entries]
    taken = [pressed for pressed, at in caller.answered if at < killed_at - COMMIT_MS / 1000]
    answered = len(taken)
    kept = sum(kind == "flow.KeysEntered" for kind, _ in bodies)
    # The latest prompt's last mark may not be its last.
    heard = {say for say, at in caller.heard.items() if at < max(taken, default=0.0)}
    heard -= set(list(caller.heard)[-1:])
    done = {body.get("id") for kind, body in bodies if kind == "flow.PromptDone"}
    figures.calls += 1
    figures.answers += answered
    figures.answers_lost += max(0, answered - kept)
    figures.prompts += len(heard)
    figures.prompts_lost += len(heard - done)
    try:
        recording = open_recording(data, row.id)
        whole = recording.wav()
        if whole[:4] != b"RIFF" or len(whole) < recording.samples * 2:
            raise ValueError("its length is not what it says")
        if _frames_of(recording.pcm16_wav()) != recording.samples:
            raise ValueError("its export is not as long")
        figures.audio_lost_ms.append(max(0, frames * 20 - recording.ms))
    except Exception as fault:
        figures.audio_lost_ms.append(frames * 20)
        if frames * 20 > BEHIND_MS:  # a younger call has no recording yet
            figures.recordings_broken += 1
            print(f"a recording does not open: {fault}", file=sys.stderr)


def _frames_of(wav: bytes) -> int:
    with wave.open(io.BytesIO(wav)) as file:
        assert file.getnchannels() == 2 and file.getsampwidth() == 2
        return len(file.readframes(file.getnframes())) // 4


async def _goes_on(data: Path, caller: Caller, port: int) -> bool:
    """The new server opens the call again, says so and takes the next answer."""
    twiml = await ask(port, "/twilio/resume", caller.call_sid)
    if "<Connect" not in twiml:
        return False
    caller.sounds, caller.pressed, before = 0, None, len(caller.answered)
    async with on_line(caller, port, twiml) as (socket, upward):
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                while caller.sounds < 2:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
                await asyncio.sleep(0.2)
                caller.pressed = time.monotonic()
                await socket.send(upward.key("1"))
                while len(caller.answered) == before:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
                await asyncio.sleep(0.1)
        if len(caller.answered) == before:
            return False
    row, entries = await _kept(data, caller)
    database = open_database(data)
    try:
        said = [turn.heard for turn in await Turns(database).turns(row.id) if turn.who == "bot"]
    finally:
        await database.close()
    return "Sorry, I lost you for a moment." in said and any(entry.kind == "flow.Resumed" for entry in entries)


async def kill_times(times: int, seed: int) -> Figures:
    figures = Figures()
    for number in range(times):
        with tempfile.TemporaryDirectory(prefix="ivr-kill9-") as folder:
            await kill_once(Path(folder), seed * 1000 + number, figures)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    figures = asyncio.run(kill_times(asked.times, asked.seed))
    lost_ms = sorted(figures.audio_lost_ms)
    print(f"{figures.times} kills, {figures.calls} calls (seed {asked.seed})")
    print(f"answers given:      {figures.answers}, lost {figures.answers_lost}")
    print(f"prompts heard:      {figures.prompts}, lost {figures.prompts_lost}")
    print(f"recordings broken:  {figures.recordings_broken} of {figures.calls} (WAV and PCM16)")
    print(f"sound lost:         {lost_ms[len(lost_ms) // 2]} ms at the median, {lost_ms[-1]} ms at most")
    print(f"calls that went on: {figures.resumed} of {figures.calls}")
    sys.exit(0 if figures.well else 1)


if __name__ == "__main__":
    main()
