"""python -m bench: how the server carries calls, with instant engines, server and load each on a core of its own.

Response beyond the pause: from the caller's last frame of speech to the first sound of the answer, less the pause the
flow waits for. A run in which more than 1 % of our own frames left over 20 ms late is refused: it measures us.
"""

import argparse
import asyncio
import base64
import json
import os
import random
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
import py_nanotts
import uvloop

from bench import process
from bench.load import Figures, LoadCall
from ivr.audio.pcm import Pcm
from ivr.errors import SettingsError
from ivr.sim import caller_speech
from ivr.sim.served import Served

LINE = "I would like to know how much is left"
SERVER_CORE, LOAD_CORE = 0, 1
CALLS_A_SECOND = 20
SETUPS = 20
REFUSED_ABOVE = 0.01
FEW_CALLS, LONGER = 5, 3
"""A few calls take few turns: they are measured three times as long."""
HEALTH_EVERY_S = 0.25
OUT = Path(__file__).parent / "out"


@dataclass(slots=True)
class Level:
    """The figures of one number of calls. Times in ms; None: nothing was measured."""

    calls: int
    turns: int
    response_p50_ms: float | None
    response_p99_ms: float | None
    barge_ins: int
    barge_in_p50_ms: float | None
    barge_in_p99_ms: float | None
    health_p50_ms: float | None
    """A request for /healthz, all the way: how long the server's loop keeps others waiting."""
    health_p99_ms: float | None
    unanswered: int
    premature: int
    not_silenced: int
    underruns: int
    lost_calls: int
    cpu_ms_per_call_second: float
    setup_cpu_ms_per_call: float
    resident_mb: float
    own_frames_late_share: float
    own_latest_ms: float
    refused: bool


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--levels", default="1,50", help="numbers of calls at once, one run each")
    parser.add_argument("--seconds", type=float, default=30, help="measured time of each run")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bench-cached", action="store_true", help="the same answer each time, its sound kept")
    options = parser.parse_args()
    wanted = [int(level) for level in options.levels.split(",")]
    pinned = _pin_load()
    speech = _speech()
    levels = []
    for calls in wanted:
        try:
            level = uvloop.run(_run(calls, options, speech, pinned=pinned))
        except (SettingsError, RuntimeError, OSError) as error:
            print(f"{calls} calls: {error}", file=sys.stderr)
            return 3
        levels.append(level)
        print(_row(level), flush=True)
    print(_summary(levels, pinned=pinned))
    OUT.mkdir(exist_ok=True)
    path = OUT / f"bench-{int(time.time())}.json"
    rows = [asdict(level) for level in levels]
    path.write_text(json.dumps({"seconds": options.seconds, "pinned": pinned, "levels": rows}, indent=1))
    print(f"written to {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}")
    return 1 if any(level.refused for level in levels) else 0


async def _run(calls: int, options: argparse.Namespace, speech: list[bytes], *, pinned: bool) -> Level:
    data = tempfile.mkdtemp(prefix="ivr-bench-")
    environment = {"IVR_DATA_DIR": data, "IVR_MAX_CALLS": str(calls + 10), "TWILIO_AUTH_TOKEN": None}
    arguments = ["--engines", "instant", "--flow", "bench/cached" if options.bench_cached else "bench"]
    try:
        async with Served(arguments, environment=environment) as served:
            if pinned:
                for pid in process.family(served.pid):
                    _pin(pid, SERVER_CORE)
            return await _measure(calls, options, speech, served)
    finally:
        shutil.rmtree(data, ignore_errors=True)


async def _measure(calls: int, options: argparse.Namespace, speech: list[bytes], served: Served) -> Level:
    chance, figures = random.Random(options.seed), Figures()
    load = [
        LoadCall(speech, figures, tick_phase_s=chance.random() * 0.02, turn_phase_s=chance.random())
        for _ in range(calls)
    ]
    setup_s = await _setup_cpu_seconds(speech, served)
    async with httpx.AsyncClient(timeout=15, trust_env=False) as client:
        for call in load:
            await call.open(client, served.url)
            await asyncio.sleep(1 / CALLS_A_SECOND)
    async with asyncio.timeout(60):
        for call in load:
            await call.greeted.wait()
    began_s, cpu_began = time.monotonic(), process.cpu_seconds(served.pid)
    figures.measuring = True
    seconds = options.seconds * (LONGER if calls < FEW_CALLS else 1)
    healths = await _healths(served.url, seconds)
    figures.measuring = False
    lasted_s, cpu_ended = time.monotonic() - began_s, process.cpu_seconds(served.pid)
    resident_mb = process.resident_mb(served.pid)
    for call in load:
        call.hang_up()
    per_call_second = (cpu_ended - cpu_began) / (lasted_s * calls)
    late = figures.frames_late / max(1, figures.frames)
    return Level(
        calls=calls,
        turns=len(figures.responses),
        response_p50_ms=_share(figures.responses, 0.5),
        response_p99_ms=_share(figures.responses, 0.99),
        barge_ins=len(figures.silencings),
        barge_in_p50_ms=_share(figures.silencings, 0.5),
        barge_in_p99_ms=_share(figures.silencings, 0.99),
        health_p50_ms=_share(healths, 0.5),
        health_p99_ms=_share(healths, 0.99),
        unanswered=figures.unanswered,
        premature=figures.premature,
        not_silenced=figures.not_silenced,
        underruns=figures.underruns,
        lost_calls=figures.lost_calls,
        cpu_ms_per_call_second=round(per_call_second * 1000, 2),
        setup_cpu_ms_per_call=round(setup_s * 1000, 1),
        resident_mb=round(resident_mb, 1),
        own_frames_late_share=round(late, 4),
        own_latest_ms=round(figures.latest_s * 1000, 1),
        refused=late > REFUSED_ABOVE,
    )


async def _healths(url: str, seconds: float) -> list[float]:
    """How long /healthz took, over and over for so long."""
    took, until_s = [], time.monotonic() + seconds
    async with httpx.AsyncClient(timeout=15, trust_env=False) as client:
        while (now := time.monotonic()) < until_s:
            await client.get(url + "/healthz")
            took.append(time.monotonic() - now)
            await asyncio.sleep(HEALTH_EVERY_S)
    return took


async def _setup_cpu_seconds(speech: list[bytes], served: Served) -> float:
    """What one call costs the server that hangs up at the first sound of its greeting; the first of all is not
    counted."""
    before = 0.0
    async with httpx.AsyncClient(timeout=15, trust_env=False) as client:
        for number in range(SETUPS + 1):
            if number == 1:
                before = process.cpu_seconds(served.pid)
            call = LoadCall(speech, Figures(), tick_phase_s=0.0, turn_phase_s=0.0)
            await call.open(client, served.url)
            async with asyncio.timeout(10):
                await call.sounded.wait()
            call.hang_up()
            await asyncio.sleep(1 / CALLS_A_SECOND)
    return (process.cpu_seconds(served.pid) - before) / SETUPS


def _speech() -> list[bytes]:
    """One line of the offline voice, telephone-like, as base64 frames; the same in every call."""
    sound = caller_speech(Pcm(py_nanotts.NanoTTS().speak(LINE, voice="en-US"), 16_000))
    frames = [sound[at : at + 160].ljust(160, b"\xff") for at in range(0, len(sound), 160)]
    return [base64.b64encode(frame) for frame in frames]


def _pin_load() -> bool:
    """The load on one core, the server on another, where there are two."""
    if not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2:
        return False
    _pin(0, LOAD_CORE)
    return True


def _pin(pid: int, core: int) -> None:
    tasks = Path(f"/proc/{pid}/task")
    for thread in tasks.iterdir() if pid else ():
        os.sched_setaffinity(int(thread.name), {core})
    if not pid:
        os.sched_setaffinity(0, {core})


def _share(seconds: list[float], share: float) -> float | None:
    if not seconds:
        return None
    return round(sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * share))] * 1000, 1)


def _row(level: Level) -> str:
    refused = "   REFUSED: our own frames were late" if level.refused else ""
    return (
        f"{level.calls:4d} calls"
        f"  response beyond the pause {_ms(level.response_p50_ms)} / {_ms(level.response_p99_ms)} ms"
        f" ({level.turns})  barge-in to clear {_ms(level.barge_in_p50_ms)} / {_ms(level.barge_in_p99_ms)} ms"
        f" ({level.barge_ins})\n"
        f"            CPU {level.cpu_ms_per_call_second} ms a call-second, {level.setup_cpu_ms_per_call} ms a set-up"
        f" with hang-up;  {level.resident_mb} MB in all;  underruns {level.underruns}, unanswered {level.unanswered},"
        f" premature {level.premature}, not silenced {level.not_silenced}, lost {level.lost_calls}\n"
        f"            /healthz {_ms(level.health_p50_ms)} / {_ms(level.health_p99_ms)} ms,"
        f"  own frames late {level.own_frames_late_share:.2%}, worst {level.own_latest_ms} ms{refused}"
    )


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _summary(levels: list[Level], *, pinned: bool) -> str:
    few, many = min(levels, key=lambda level: level.calls), max(levels, key=lambda level: level.calls)
    where = f"server on core {SERVER_CORE}, load on core {LOAD_CORE}" if pinned else "not pinned: one core for both"
    if few is many:
        return f"p50 / p99; {where}"
    each = (many.resident_mb - few.resident_mb) / (many.calls - few.calls)
    return f"p50 / p99; memory per call {each:.2f} MB; {where}"


if __name__ == "__main__":
    raise SystemExit(main())
