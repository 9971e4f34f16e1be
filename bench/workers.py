"""kill -9 of one of several workers in mid-call: what becomes of its calls, and whether the others notice.

    python -m bench.workers --seconds 30 --calls 20 --kills 3

Callers press keys and hear answers. At each kill one worker dies, in turn; the carrier asks how its calls go on. A call
of another worker must keep its stream, and its answers must not come later than before.
"""

import argparse
import asyncio
import os
import random
import signal
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from bench.kill9 import Caller, ask, free_port, on_line, served, write_flows
from ivr.sim.messages import Upward

TRIES: Final = 2
"""How often the carrier asks a webhook whose connection failed."""
REST_S: Final = 0.1
AFTER_S: Final = 3.0
"""So long after a kill answers to calls of the others are held against those before it."""


@dataclass(slots=True)
class Line:
    """One call, over all its streams. Times are seconds of time.monotonic()."""

    caller: Caller = field(default_factory=Caller)
    rng: random.Random = field(default_factory=random.Random)
    lost: list[float] = field(default_factory=list)
    back_s: list[float] = field(default_factory=list)
    """From a lost stream to the first sound of the next."""
    again: int = 0
    """Webhooks that had to be asked twice."""
    end: str | None = None
    waits: list[tuple[float, float]] = field(default_factory=list)
    """When a key was pressed, and how long its answer took."""


@dataclass(slots=True)
class Kill:
    at: float
    its: list[Line]
    others: list[Line]


async def call(line: Line, port: int, until: float) -> None:
    """From the first webhook until the time is over, or the carrier is told to hang up."""
    document = await _asked(line, port, "/twilio/voice")
    while document is not None and "<Connect" in document:
        line.caller.sounds = 0
        try:
            async with on_line(line.caller, port, document) as (socket, upward):
                with suppress(ConnectionClosed):
                    while socket.close_code is None and time.monotonic() < until:
                        await _press(line, socket, upward)
        except (OSError, InvalidHandshake):
            pass  # as good as lost
        if time.monotonic() >= until:
            return
        line.lost.append(time.monotonic())
        document = await _asked(line, port, "/twilio/resume")
    line.end = "no answer" if document is None else "ended"


async def _press(line: Line, socket: ClientConnection, upward: Upward) -> None:
    """One key and its answer, then a little rest."""
    caller = line.caller
    if not caller.sounds:
        await asyncio.sleep(0.005)
        return
    if len(line.back_s) < len(line.lost):
        line.back_s.append(time.monotonic() - line.lost[-1])
    await asyncio.sleep(line.rng.uniform(REST_S, 1.0))
    before, caller.pressed = len(caller.answered), time.monotonic()
    await socket.send(upward.key("1"))
    with suppress(TimeoutError):
        async with asyncio.timeout(2):
            while len(caller.answered) == before and socket.close_code is None:  # noqa: ASYNC110
                await asyncio.sleep(0.002)
    if len(caller.answered) > before:
        pressed, at = caller.answered[-1]
        line.waits.append((pressed, at - pressed))


async def _asked(line: Line, port: int, path: str) -> str | None:
    for _ in range(TRIES):
        try:
            return await ask(port, path, line.caller.call_sid)
        except httpx.TransportError:
            line.again += 1
    return None


def _held_by(data: Path, pid: int) -> set[str]:
    question = "SELECT call_sid FROM calls JOIN leases ON leases.id = holder WHERE pid = ? AND ended_at IS NULL"
    with closing(sqlite3.connect(data / "ivr.db")) as database:
        return {row[0] for row in database.execute(question, (pid,))}


def workers_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def run(folder: Path, *, seconds: float, calls: int, kills: int, workers: int, seed: int) -> list[Kill]:
    write_flows(folder)
    port, done = free_port(), []
    lines = [Line(rng=random.Random(seed * 1000 + number)) for number in range(calls)]
    async with served(folder, port, "--workers", str(workers)) as server:
        while len(workers_of(server.pid)) < workers:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        until = time.monotonic() + seconds
        async with asyncio.TaskGroup() as tasks:
            for line in lines:
                tasks.create_task(call(line, port, until))
            for number in range(kills):
                await asyncio.sleep(seconds / (kills + 1))
                victim = workers_of(server.pid)[0]  # the oldest
                its = _held_by(folder / "data", victim)
                os.kill(victim, signal.SIGKILL)
                held = [[line for line in lines if (line.caller.call_sid in its) is mine] for mine in (True, False)]
                done.append(Kill(time.monotonic(), *held))
                print(f"kill {number + 1}: {len(its)} calls of {calls}", flush=True)
    return done


def judged(kills: Sequence[Kill]) -> bool:
    """Prints what became of the calls; whether all of it is well."""
    well = True
    for kill in kills:
        resumed = sum(any(lost >= kill.at for lost in line.lost) and line.end is None for line in kill.its)
        ended = sum(line.end == "ended" for line in kill.its)
        gone = sum(line.end == "no answer" for line in kill.its)
        back = sorted(line.back_s[-1] * 1000 for line in kill.its if line.back_s)
        touched = sum(any(kill.at <= lost < kill.at + AFTER_S for lost in line.lost) for line in kill.others)
        before = [wait for line in kill.others for at, wait in line.waits if kill.at - AFTER_S <= at < kill.at]
        after = [wait for line in kill.others for at, wait in line.waits if kill.at <= at < kill.at + AFTER_S]
        print(f"its calls:      {len(kill.its)}: resumed {resumed}, ended by /twilio/resume {ended}, no answer {gone}")
        if back:
            print(f"  sound again:  {statistics.median(back):.0f} ms at the median, {back[-1]:.0f} ms at most")
        print(f"others' calls:  {len(kill.others)}: streams lost {touched}")
        print(f"  answers to keys: {_median(before)} ms before, {_median(after)} ms after (median)")
        well = well and not (gone or touched) and resumed + ended == len(kill.its)
    again = sum(line.again for line in {id(one): one for kill in kills for one in (*kill.its, *kill.others)}.values())
    print(f"webhooks asked twice: {again}")
    return well


def _median(waits: Sequence[float]) -> str:
    return f"{statistics.median(waits) * 1000:.0f}" if waits else "–"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ivr-workers-bench-") as folder:
        kills = asyncio.run(
            run(
                Path(folder),
                seconds=asked.seconds,
                calls=asked.calls,
                kills=asked.kills,
                workers=asked.workers,
                seed=asked.seed,
            )
        )
    sys.exit(0 if judged(kills) else 1)


if __name__ == "__main__":
    main()
