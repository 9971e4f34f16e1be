"""One number of calls against one server: set-ups first, then the calls opened one by one, then the measured time."""

import asyncio
import gc
import os
import random
import re
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import machine, process
from bench.light_http import ask
from bench.load import Figures, LoadCall
from bench.machine import Busy, Places
from bench.verdict import Level, late_percentile_ms, percentile
from bench.wheel import FRAME_S, Wheel
from ivr.sim.served import Served

ARRIVALS: Final = 10.0
"""Calls opened a second: what a busy line sees, and no test of how a crowd is let in."""
SETUPS_A_SECOND: Final = 20
SETUPS: Final = 20
FEW_CALLS: Final = 5
LONGER: Final = 3
"""A few calls take few turns: they are measured so many times as long."""
HEALTH_EVERY_S: Final = 1.0
GREETED_WITHIN_S: Final = 20.0
ENDED_WITHIN_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What every level of a run has in common."""

    seconds: float
    seed: int
    speech: Sequence[bytes]
    """One line of the caller as base64 frames."""
    places: Places
    flow: str = "bench"
    arrivals: float = ARRIVALS
    workers: int | None = None
    """Passed on to the server; None: nothing is said."""
    flows: Path = machine.ROOT / "flows"


@asynccontextmanager
async def serving(plan: Plan, calls: int, root: Path) -> AsyncIterator[Served]:
    """The server of the sources in `root` on its cores, on an empty data folder that is gone afterwards.

    Raises: SettingsError: it did not start.
    """
    data = tempfile.mkdtemp(prefix="ivr-bench-")
    ours = {name: None for name in os.environ if name.startswith(("IVR_", "TWILIO_"))}
    environment = {**ours, "IVR_DATA_DIR": data, "IVR_MAX_CALLS": str(calls + SETUPS), "IVR_LATE_MS": None}
    arguments = ["--engines", "instant", "--project", str(plan.flows), "--flow", plan.flow]
    if plan.workers is not None:
        arguments += ["--workers", str(plan.workers)]
    served = Served(arguments, environment=environment, cwd=root)
    try:
        machine.pin(plan.places.server)
        try:
            await served.__aenter__()
        finally:
            machine.pin(plan.places.load)
        try:
            yield served
        finally:
            await served.__aexit__(None, None, None)
    finally:
        shutil.rmtree(data, ignore_errors=True)
        served.log.unlink(missing_ok=True)


async def run_level(calls: int, plan: Plan, root: Path = machine.ROOT) -> Level:
    """Raises: SettingsError, RuntimeError, OSError: the server did not start, or takes no call at all."""
    async with serving(plan, calls, root) as served:
        return await _Run(calls, plan, served).measured()


class _Run:
    def __init__(self, calls: int, plan: Plan, served: Served) -> None:
        self._plan, self._served = plan, served
        self._figures, self._wheel, chance = Figures(), Wheel(), random.Random(plan.seed)
        self._calls = [self._call(self._figures, chance.random() * FRAME_S, chance.random()) for _ in range(calls)]

    def _call(self, figures: Figures, tick_phase_s: float, turn_phase_s: float) -> LoadCall:
        return LoadCall(self._plan.speech, figures, self._wheel, tick_phase_s=tick_phase_s, turn_phase_s=turn_phase_s)

    async def measured(self) -> Level:
        calls, figures, pid = self._calls, self._figures, self._served.pid
        setup_s = await self._setup_cpu_seconds()
        before, empty_mb = await counted(self._served.url), process.resident_mb(pid)
        connected = await self._opened()
        seconds = self._plan.seconds * (LONGER if len(calls) < FEW_CALLS else 1)
        gc.collect()
        gc.freeze()
        gc.disable()
        busy, began_s = Busy.now(), time.monotonic()
        cpu_began_s, own_began_s = process.cpu_seconds(pid), time.process_time()
        figures.measuring = True
        healths = await self._healths(seconds)
        figures.measuring = False
        lasted_s, cpu_s = time.monotonic() - began_s, process.cpu_seconds(pid) - cpu_began_s
        own_s = time.process_time() - own_began_s
        others_share = busy.others(Busy.now(), cpu_s + own_s, process.TICKS_A_SECOND)
        gc.enable()
        resident_mb = process.resident_mb(pid)
        sent = sum(call.frames_sent for call in calls)
        for call in calls:
            call.hang_up()
        after = await self._after_the_calls()
        self._wheel.stop()
        late, underruns = _grown(before, after, "ivr_frames_late_total"), _grown(before, after, "ivr_underruns_total")
        return Level(
            calls=len(calls),
            seconds=round(lasted_s, 1),
            connected=connected,
            turns=len(figures.responses),
            response_p50_ms=_ms(percentile(figures.responses, 0.5)),
            response_p95_ms=_ms(percentile(figures.responses, 0.95)),
            response_p99_ms=_ms(percentile(figures.responses, 0.99)),
            barge_ins=len(figures.silencings),
            barge_in_p50_ms=_ms(percentile(figures.silencings, 0.5)),
            barge_in_p99_ms=_ms(percentile(figures.silencings, 0.99)),
            health_p50_ms=_ms(percentile(healths, 0.5)),
            health_p99_ms=_ms(percentile(healths, 0.99)),
            unanswered=figures.unanswered,
            premature=figures.premature,
            not_silenced=figures.not_silenced,
            underruns=figures.underruns,
            server_underruns=None if underruns is None else round(underruns),
            lost=figures.lost_calls,
            cpu_ms_per_call_second=round(cpu_s * 1000 / (lasted_s * len(calls)), 3),
            setup_cpu_ms_per_call=round(setup_s * 1000, 2),
            resident_mb=round(resident_mb, 1),
            mb_per_call=round((resident_mb - empty_mb) / len(calls), 3),
            frames_late_share=round(figures.frames_late / max(1, figures.frames), 5),
            frames_late_p99_ms=late_percentile_ms(figures.lateness, 0.99),
            frames_latest_ms=round(figures.latest_s * 1000, 1),
            server_late_share=None if late is None else round(late / max(1, sent), 5),
            server_cores_used=round(cpu_s / lasted_s, 3),
            load_cores_used=round(own_s / lasted_s, 3),
            others_share=round(others_share, 3),
        )

    async def _setup_cpu_seconds(self) -> float:
        """What one call costs the server that hangs up at the first sound of its greeting; the first of all is not
        counted."""
        before = 0.0
        for number in range(SETUPS + 1):
            if number == 1:
                before = process.cpu_seconds(self._served.pid)
            call = self._call(Figures(), 0.0, 0.0)
            await call.open(self._served.url)
            async with asyncio.timeout(10):
                await call.sounded.wait()
            call.hang_up()
            await asyncio.sleep(1 / SETUPS_A_SECOND)
        return (process.cpu_seconds(self._served.pid) - before) / SETUPS

    async def _opened(self) -> int:
        """Opens one call after the other at a steady pace; how many were greeted in the end."""
        opened, began_s = [], time.monotonic()
        for number, call in enumerate(self._calls):
            await asyncio.sleep(max(0.0, began_s + number / self._plan.arrivals - time.monotonic()))
            with suppress(RuntimeError, OSError):
                await call.open(self._served.url)
                opened.append(call)
        with suppress(TimeoutError):
            async with asyncio.timeout(GREETED_WITHIN_S):
                for call in opened:
                    await call.greeted.wait()
        return sum(call.greeted.is_set() for call in opened)

    async def _healths(self, seconds: float) -> list[float]:
        """How long /healthz took, over and over for so long."""
        took, until_s = [], time.monotonic() + seconds
        while (now := time.monotonic()) < until_s:
            with suppress(OSError, ValueError):
                await ask(self._served.url + "/healthz")
                took.append(time.monotonic() - now)
            await asyncio.sleep(HEALTH_EVERY_S)
        return took

    async def _after_the_calls(self) -> dict[str, float]:
        """What the server has counted once it knows that all are gone: it counts a call's frames at its end."""
        until_s = time.monotonic() + ENDED_WITHIN_S
        while (told := await counted(self._served.url)).get("ivr_calls_active"):
            if time.monotonic() > until_s:
                break
            await asyncio.sleep(0.1)
        return told


async def counted(url: str) -> dict[str, float]:
    """The server's own figures by name, those with labels added up; empty where it does not tell."""
    try:
        status, text = await ask(url + "/metrics")
    except (OSError, ValueError):
        return {}
    return sums(text) if status == 200 else {}


def sums(exposition: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in re.findall(r"^([a-z_]+)(?:\{[^}\n]*\})? (\S+)", exposition, re.MULTILINE):
        found[name] = found.get(name, 0.0) + float(value)
    return found


def _grown(before: dict[str, float], after: dict[str, float], name: str) -> float | None:
    return after[name] - before.get(name, 0.0) if name in after else None


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)
