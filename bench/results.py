"""A run on disk: JSON and a picture. What is kept for comparison is bound to the machine it was made on."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from bench.machine import Machine
from bench.picture import Panel, Series, svg
from bench.verdict import Level, faults, mb_per_call, most_held, single_of

FOLDER: Final = Path(__file__).parent
OUT: Final = FOLDER / "out"
KEPT: Final = FOLDER / "kept.json"
CPU_SHOWN_MS: Final = 15.0
RESPONSE_SHOWN_MS: Final = 300.0
"""The picture shows the range that matters: one call alone costs many times more each, an overload takes seconds."""
NOT_LEVELS: Final = ("held", "why", "refused")


@dataclass(frozen=True, slots=True)
class Run:
    date: str
    commit: str
    machine: Machine
    places: str
    apart: bool
    flow: str
    workers: int | None
    levels: tuple[Level, ...]


def as_json(run: Run) -> dict[str, Any]:
    """Each level with its verdict; `held` is null where nothing could be judged, and false for one that was refused."""
    single = single_of(run.levels)
    rows = []
    for level in run.levels:
        why = faults(level, single)
        judged = single is not None or level.refused
        held = (not why) if judged else None
        rows.append({**asdict(level), "refused": level.refused, "held": held, "why": why})
    whole = {"held": most_held(run.levels) if single else None, "mb_per_call": mb_per_call(run.levels)}
    return {**asdict(run), **whole, "levels": rows}


def from_json(row: dict[str, Any]) -> Run:
    """Raises: KeyError, TypeError: no run of ours."""
    levels = [Level(**{name: value for name, value in one.items() if name not in NOT_LEVELS}) for one in row["levels"]]
    names = ("date", "commit", "places", "apart", "flow", "workers")
    return Run(machine=Machine(**row["machine"]), levels=tuple(levels), **{name: row[name] for name in names})


def kept(path: Path = KEPT) -> Run | None:
    """The last run that was kept; None: there is none that can be read."""
    try:
        return from_json(json.loads(path.read_text()))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write(run: Run, folder: Path = OUT, *, keep: bool) -> list[Path]:
    """The files written, the JSON first."""
    folder.mkdir(parents=True, exist_ok=True)
    data, drawing = folder / f"bench-{run.date}.json", folder / f"bench-{run.date}.svg"
    text = json.dumps(as_json(run), indent=1) + "\n"
    data.write_text(text)
    drawing.write_text(picture(run, kept()))
    if keep:
        KEPT.write_text(text)
    return [data, drawing, KEPT] if keep else [data, drawing]


def picture(run: Run, before: Run | None = None) -> str:
    """CPU and response over calls. Refused levels are hollow; what was kept from another run is dashed."""
    levels = sorted(run.levels, key=lambda level: level.calls)
    hollow = frozenset(number for number, level in enumerate(levels) if level.refused)
    cpu = [Series("CPU", [(lv.calls, lv.cpu_ms_per_call_second) for lv in levels], hollow)]
    answers = [
        _response("p50", [(lv, lv.response_p50_ms) for lv in levels]),
        _response("p99", [(lv, lv.response_p99_ms) for lv in levels]),
    ]
    if before is not None:
        old = sorted(before.levels, key=lambda level: level.calls)
        name = f"kept ({before.commit})"
        cpu.append(Series(name, [(lv.calls, lv.cpu_ms_per_call_second) for lv in old], dots=False, dashed=True))
        points = [(lv.calls, lv.response_p99_ms) for lv in old if lv.response_p99_ms is not None]
        answers.append(Series(f"p99 {name}", points, dots=False, dashed=True))
    panels = [
        Panel("CPU of the server", "calls at once", "ms a call-second", cpu, most=CPU_SHOWN_MS),
        Panel("Response beyond the pause", "calls at once", "ms", answers, most=RESPONSE_SHOWN_MS),
    ]
    return svg(f"Calls at {run.commit or 'an unknown revision'}, {run.places}", str(run.machine), panels)


def _response(name: str, values: Sequence[tuple[Level, float | None]]) -> Series:
    known = [(level, value) for level, value in values if value is not None]
    hollow = frozenset(number for number, (level, _) in enumerate(known) if level.refused)
    return Series(name, [(level.calls, value) for level, value in known], hollow)
