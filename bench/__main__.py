"""python -m bench: how many calls the server carries, with instant engines, server and load on cores of their own.

Each number of calls gets a fresh server. Held are calls that all connect and stay, whose p99 of the response lies
within 100 ms of a single call's, without underruns over 20 ms or unanswered turns. A level in which more than 1 % of
our own frames left over 20 ms late is refused: it measures us. Results go to bench/out/; --keep makes one the
reference.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import uvloop

from bench import machine, results, table
from bench.against import checked_out
from bench.level import ARRIVALS, Plan, run_level
from bench.verdict import Level, most_held, single_of
from bench.voice import line_frames
from ivr.errors import SettingsError

LEVELS: Final = "1,10,25,50,100,150,200,250"
LEVELS_A_WORKER: Final = "50,100,150,200"
"""Of several workers: so many for each, and a single call."""
LEVELS_AGAINST: Final = "25,100,150"


def main(arguments: Sequence[str] | None = None) -> int:
    """0; 1 if a level was refused; 2 for wrong options; 3 if the server cannot be tried."""
    options = _options(arguments)
    plan = Plan(
        seconds=options.seconds,
        seed=options.seed,
        speech=line_frames(),
        places=machine.placed(machine.CORES, options.workers or 1),
        arrivals=options.arrivals,
        flow="bench/cached" if options.bench_cached else "bench",
        workers=options.workers,
    )
    print(machine.Machine.this())
    print(f"{plan.places}; {plan.seconds:g} s a level, {'cached' if options.bench_cached else 'fresh'} answers")
    if not plan.places.apart:
        print("the server cannot be pinned beside the load here: what is held is a lower bound")
    try:
        if options.against:
            return _compare(plan, options.levels or _numbers(LEVELS_AGAINST), options.against, options.rounds)
        refused = _bench(plan, sorted(options.levels or _usual(options.workers or 1)), options.out, keep=options.keep)
    except (SettingsError, RuntimeError, OSError) as fault:
        print(fault, file=sys.stderr)
        return 3
    finally:
        machine.pin((*plan.places.server, *plan.places.load))
    if not options.no_frame:
        print("\none frame's walk", flush=True)
        subprocess.run([sys.executable, "-m", "bench.frame"], cwd=machine.ROOT)
    return 1 if refused else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--levels", type=_numbers, help=f"numbers of calls at once ({LEVELS})")
    parser.add_argument("--seconds", type=float, default=20, help="measured time of each level")
    parser.add_argument("--arrivals", type=float, default=ARRIVALS, help="calls opened a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, help="processes of the server, a core each where there are enough")
    parser.add_argument("--bench-cached", action="store_true", help="the same answer each time, its sound kept")
    parser.add_argument("--out", type=Path, default=results.OUT, help="folder for the JSON and the picture")
    parser.add_argument("--keep", action="store_true", help="make this run the reference, bench/kept.json")
    parser.add_argument("--no-frame", action="store_true", help="leave out the walk of one frame")
    parser.add_argument(
        "--against", metavar="REV", help=f"run another revision too, in turns ({LEVELS_AGAINST}); kept: the reference's"
    )
    parser.add_argument("--rounds", type=int, default=2, help="of --against: how often each level is run")
    return parser.parse_args(arguments)


def _numbers(text: str) -> list[int]:
    found = [int(word) for word in text.split(",")]
    if min(found) < 1:
        raise argparse.ArgumentTypeError("a level is one call or more")
    return found


def _usual(workers: int) -> list[int]:
    return _numbers(LEVELS) if workers == 1 else [1, *(calls * workers for calls in _numbers(LEVELS_A_WORKER))]


def _bench(plan: Plan, wanted: Sequence[int], out: Path, *, keep: bool) -> bool:
    """Whether a level was refused."""
    levels: list[Level] = []
    _print(*table.head())
    for calls in wanted:
        level = uvloop.run(run_level(calls, plan))
        levels.append(level)
        _print(table.row(level, single_of(levels)))
    for level in levels:
        _print(*table.remarks(level))
    _print(*table.summary(levels, workers=plan.workers, apart=plan.places.apart))
    run = results.Run(
        date=time.strftime("%Y-%m-%d-%H%M%S"),
        commit=machine.commit(),
        machine=machine.Machine.this(),
        places=str(plan.places),
        apart=plan.places.apart,
        flow=plan.flow,
        workers=plan.workers,
        levels=tuple(levels),
    )
    _beside_kept(run)
    _print("written to " + ", ".join(_told(path) for path in results.write(run, out, keep=keep)))
    return any(level.refused for level in levels)


def _beside_kept(run: results.Run) -> None:
    kept = results.kept()
    if kept is None:
        return
    other = "" if kept.machine == run.machine else ", on ANOTHER MACHINE"
    other += "" if kept.places == run.places else f", {kept.places}"
    one, several = most_held(kept.levels), most_held(run.levels)
    if (run.workers or 1) > 1 and (kept.workers or 1) == 1 and one:
        bound = "" if run.apart else ", at least: the load took its share of their cores"
        print(
            f"{run.workers} workers held ×{several / one:.2f} of the {one} calls one worker held in the kept run{bound}"
        )
    print(f"\nbeside another run, kept {kept.date} at {kept.commit}{other}: machines are noisy, --against kept is fair")
    before = {level.calls: level for level in kept.levels}
    pairs = [(level, before[level.calls]) for level in run.levels if level.calls in before]
    _print(*table.ratios(pairs))


def _compare(plan: Plan, wanted: Sequence[int], revision: str, rounds: int) -> int:
    if revision == "kept":
        kept = results.kept()
        if kept is None or not kept.commit:
            raise RuntimeError("no run was kept: make one with --keep, or name a revision")
        revision = kept.commit.removesuffix("+")
    pairs: list[tuple[Level, Level]] = []
    with checked_out(revision) as tree:
        print(f"this revision ({machine.commit()}) against {revision} ({machine.commit(tree)}), in turns")
        _print(*table.ratios(()))
        for number in range(rounds):
            for calls in wanted:
                pairs.append(_pair(plan, calls, tree, present_first=(number + len(pairs)) % 2 == 0))
                _print(*list(table.ratios(pairs[-1:]))[1:])
    _print("all rounds, the middle of each:", *list(table.middles(pairs)))
    return 1 if any(level.refused for pair in pairs for level in pair) else 0


def _pair(plan: Plan, calls: int, tree: Path, *, present_first: bool) -> tuple[Level, Level]:
    if present_first:
        present = uvloop.run(run_level(calls, plan))
        return present, uvloop.run(run_level(calls, plan, tree))
    other = uvloop.run(run_level(calls, plan, tree))
    return uvloop.run(run_level(calls, plan)), other


def _told(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _print(*lines: str) -> None:
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
