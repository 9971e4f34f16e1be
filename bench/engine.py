"""python -m bench.engine: what one event costs the flow engine. Plays the tests of the projects under flows/, of the
sample line as bench.scenarios makes them, and of a line with lists, summaries, flows that run flows, facts and hours
(bench.bookings), then feeds the same events again and again and takes the time of each: the
least of all rounds, since what else the machine does is not the engine's. Told are the processor's time, which judges,
and the clock's, which a machine that does other things as well makes longer.
"""

import argparse
import gc
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import bookings, machine
from bench.scenarios import write_project
from ivr.call.made import made
from ivr.call.textrun import run_scenario, start_state
from ivr.catalog import check_folder
from ivr.cli.projects import Wanted, read_tests_of
from ivr.flow import engine
from ivr.flow import state as flow
from ivr.flow.flow import Bundle

SALT: Final = b"0123456789abcdef"
MADE: Final = "in the journal"
"""Beside the engine's events: the number of what each made."""
P99_US: Final = 200.0
"""More than this for one event in a hundred would be felt where hundreds of calls share a core."""


def calls_of(folder: Path) -> Iterator[tuple[Bundle, flow.CallState, tuple[flow.Event, ...]]]:
    """Each test of a project as the events its call was fed."""
    bundle = check_folder(folder).bundle
    if bundle is None:
        print(f"{folder} has mistakes: left out", file=sys.stderr)
        return
    for scenario in read_tests_of(Wanted(folder)).scenarios:
        report = run_scenario(bundle, scenario)
        yield bundle, start_state(bundle, scenario.flow, scenario.given), report.fed


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one event, in microseconds: on the processor, and by the clock."""

    kind: str
    busy_us: float
    clock_us: float


def timed(bundle: Bundle, state: flow.CallState, events: Sequence[flow.Event]) -> Iterator[Cost]:
    """What each event costs, and behind it the number of its effects that the journal keeps."""
    for event in events:
        clock, busy = time.perf_counter_ns(), time.thread_time_ns()
        state, effects = engine.step(bundle, state, event)
        stepped_busy, stepped = time.thread_time_ns(), time.perf_counter_ns()
        made(state, effects, SALT)
        made_busy, made_clock = time.thread_time_ns(), time.perf_counter_ns()
        yield Cost(type(event).__name__, (stepped_busy - busy) / 1000, (stepped - clock) / 1000)
        yield Cost(MADE, (made_busy - stepped_busy) / 1000, (made_clock - stepped) / 1000)


def least(same: Sequence[Cost]) -> Cost:
    """Of all rounds."""
    return Cost(same[0].kind, min(cost.busy_us for cost in same), min(cost.clock_us for cost in same))


def at(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def line(kind: str, costs: Sequence[Cost]) -> str:
    busy, clock = [cost.busy_us for cost in costs], [cost.clock_us for cost in costs]
    figures = (at(busy, 0.5), at(busy, 0.99), max(busy), at(clock, 0.5), at(clock, 0.99), max(clock))
    return f"{kind:<18}{len(costs):>7}" + "".join(f"{figure:>9.0f}" for figure in figures)


def main(arguments: Sequence[str] | None = None) -> int:
    """0; 1 if an event in a hundred costs more than it may."""
    parser = argparse.ArgumentParser(prog="python -m bench.engine", description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="tests made of each of the two")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--limit", type=float, default=P99_US, help="most microseconds on the processor at p99")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as home:
        made, booked = Path(home) / "support", Path(home) / "bookings"
        write_project(made, options.count, seed=1)
        bookings.write_project(booked, options.count, seed=1)
        folders = sorted(file.parent for file in (machine.ROOT / "flows").glob("*/project.yaml"))
        calls = [call for folder in (*folders, made, booked) for call in calls_of(folder)]
    costs: dict[str, list[Cost]] = defaultdict(list)
    gc.freeze()
    for call in calls:
        rounds = [list(timed(*call)) for _ in range(options.rounds)]
        for same in zip(*rounds, strict=True):
            costs[same[0].kind].append(least(same))
    print(machine.Machine.this())
    numbers = costs.pop(MADE)
    everything = [cost for values in costs.values() for cost in values]
    print(f"{len(calls)} calls, {len(everything)} events; microseconds an event, on the processor and by the clock")
    print(f"{'':<18}{'events':>7}" + "".join(f"{head:>9}" for head in ("p50", "p99", "worst") * 2))
    for kind, values in (*sorted(costs.items()), ("all", everything), (MADE, numbers)):
        print(line(kind, values))
    return 1 if at([cost.busy_us for cost in everything], 0.99) > options.limit else 0


if __name__ == "__main__":
    raise SystemExit(main())
