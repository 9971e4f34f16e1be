"""python -m bench.soak: a steady load for a long time, and whether the server's memory and what it holds stay level.

Two thirds of the calls stay all the time, the others come and go. Every 10 s it is read what the server holds; after
the warm-up a line is laid through its memory. In the end all hang up, and what is still held is told.
"""

import argparse
import asyncio
import gc
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import uvloop

from bench import machine, process, results
from bench.level import Plan, counted, serving
from bench.load import LoadCall
from bench.soak_account import Account, Sample, as_json, picture, told
from bench.verdict import most_held
from bench.voice import line_frames
from bench.wheel import FRAME_S, Wheel
from ivr.errors import SettingsError
from ivr.sim.served import Served

EVERY_S: Final = 10.0
SHORT_SHARE: Final = 1 / 3
SHORTEST_S: Final = 2.0
LONGEST_S: Final = 40.0
AWAY_S: Final = 1.0
"""How long a short call's place stays empty."""
WARM_UPS: Final = 20
WARM_UP_SHARE: Final = 1 / 3
LONGEST_WARM_UP_S: Final = 600.0
"""The databases' page caches and the kept prompts fill up meanwhile."""
SETTLED_AFTER_S: Final = 5.0
BYTES_PER_CALL_SECOND: Final = 20_000
"""A recording is two sides of 8000; the rest is the journal and what is kept of turns."""
SPARE_BYTES: Final = 500_000_000
UNKNOWN_HELD: Final = 100
LOAD_SHARE: Final = 0.6


def main(arguments: Sequence[str] | None = None) -> int:
    """0: level; 1: it grows, something was left, or the run was too short or too late; 3: it cannot be run."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--calls", type=int, help="at once; else 60 %% of those held in bench/kept.json, or 60")
    parser.add_argument("--workers", type=int, help="processes of the server")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=results.OUT, help="folder for the JSON and the picture")
    options = parser.parse_args(arguments)
    calls = options.calls or sixty_percent()
    places = machine.placed(machine.CORES, options.workers or 1)
    plan = Plan(options.minutes * 60, options.seed, line_frames(), places, workers=options.workers)
    try:
        _room_for(calls, plan.seconds)
        print(f"{machine.Machine.this()}\n{places}; {calls} calls at once for {options.minutes:g} min", flush=True)
        account = uvloop.run(_soak(calls, plan))
    except (SettingsError, RuntimeError, OSError) as fault:
        print(fault, file=sys.stderr)
        return 3
    finally:
        machine.pin((*places.server, *places.load))
    for line in told(account):
        print(line)
    print("written to " + ", ".join(map(str, _write(account, options.out))))
    return 1 if account.faults() else 0


def sixty_percent() -> int:
    kept = results.kept()
    return round(LOAD_SHARE * (most_held(kept.levels) if kept is not None else UNKNOWN_HELD)) or 1


def _room_for(calls: int, seconds: float) -> None:
    """Raises: OSError: the recordings would not fit."""
    wanted = int(calls * seconds * BYTES_PER_CALL_SECOND) + SPARE_BYTES
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if wanted > free:
        raise OSError(
            f"the recordings take {wanted / 1e9:.1f} GB and {tempfile.gettempdir()} has {free / 1e9:.1f}:"
            " fewer calls, fewer minutes, or another TMPDIR"
        )


async def _soak(calls: int, plan: Plan) -> Account:
    async with serving(plan, calls, machine.ROOT) as served:
        return await _Soak(calls, plan, served).lasted()


class _Soak:
    def __init__(self, calls: int, plan: Plan, served: Served) -> None:
        self._plan, self._served, self._chance = plan, served, random.Random(plan.seed)
        self._wheel, self._began_s, self._stopping = Wheel(), time.monotonic(), asyncio.Event()
        warm_up_s = min(LONGEST_WARM_UP_S, plan.seconds * WARM_UP_SHARE)
        self._account = Account(calls, plan.seconds / 60, machine.commit(), machine.Machine.this(), warm_up_s)
        self._short = max(1, round(calls * SHORT_SHARE))

    async def lasted(self) -> Account:
        account = self._account
        for _ in range(WARM_UPS):
            await self._one_call(0.1)
        account.before = await self._sample(settled=True)
        gc.collect()
        gc.freeze()
        self._began_s = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for number in range(account.calls):
                stays = number >= self._short
                tasks.create_task(self._stays(number) if stays else self._comes_and_goes(number))
            await self._sampled()
            self._stopping.set()
        account.after = await self._sample(settled=True)
        self._wheel.stop()
        return account

    async def _sampled(self) -> None:
        account, number = self._account, 0
        while (due_s := number * EVERY_S) <= self._plan.seconds:
            await asyncio.sleep(max(0.0, self._began_s + due_s - time.monotonic()))
            account.figures.measuring = due_s >= account.warm_up_s
            account.samples.append(await self._sample())
            if number % 6 == 0:
                print(_row(account.samples[-1]), flush=True)
            number += 1

    async def _stays(self, number: int) -> None:
        await asyncio.sleep(number / self._plan.arrivals)
        await self._one_call(None)

    async def _comes_and_goes(self, number: int) -> None:
        await asyncio.sleep(number / self._plan.arrivals)
        while not self._stopping.is_set():
            await self._one_call(self._chance.uniform(SHORTEST_S, LONGEST_S))
            await self._stop_within(AWAY_S)

    async def _one_call(self, seconds: float | None) -> None:
        """For so long, or until all stop."""
        account, chance = self._account, self._chance
        phases = {"tick_phase_s": chance.random() * FRAME_S, "turn_phase_s": chance.random()}
        call = LoadCall(self._plan.speech, account.figures, self._wheel, **phases)
        account.made += 1
        try:
            await call.open(self._served.url)
        except (RuntimeError, OSError):
            account.refused_calls += 1
            return
        await self._stop_within(seconds)
        call.hang_up()

    async def _stop_within(self, seconds: float | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def _sample(self, *, settled: bool = False) -> Sample:
        """`settled`: once no call is left and the server has had time to put away what they held."""
        server = await counted(self._served.url)
        if settled:
            until_s = time.monotonic() + 2 * SETTLED_AFTER_S
            while server.get("ivr_calls_active") and time.monotonic() < until_s:
                await asyncio.sleep(0.2)
                server = await counted(self._served.url)
            await asyncio.sleep(SETTLED_AFTER_S)
            server = await counted(self._served.url)
        pid = self._served.pid
        return Sample(
            at_s=round(time.monotonic() - self._began_s, 2),
            resident_mb=round(process.resident_mb(pid), 3),
            cpu_s=round(process.cpu_seconds(pid), 3),
            threads=process.threads(pid),
            handles=process.handles(pid),
            tasks=int(server.get("ivr_tasks", -1)),
            rows=int(server.get("ivr_ear_rows", -1)),
            calls=int(server.get("ivr_calls_active", -1)),
            answers=len(self._account.figures.responses),
        )


def _row(sample: Sample) -> str:
    return (
        f"{sample.at_s / 60:5.1f} min {sample.resident_mb:8.1f} MB  {sample.calls} calls, {sample.tasks} tasks,"
        f" {sample.rows} rows, {sample.handles} handles, {sample.threads} threads"
    )


def _write(account: Account, folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    name = f"soak-{time.strftime('%Y-%m-%d-%H%M%S')}"
    data, drawing = folder / f"{name}.json", folder / f"{name}.svg"
    data.write_text(json.dumps(as_json(account), indent=1) + "\n")
    drawing.write_text(picture(account))
    return [data, drawing]


if __name__ == "__main__":
    raise SystemExit(main())
