"""The figures of one number of calls, and whether it was held.

Held: every call connected and stayed, the p99 of the response lies within 100 ms of that of a single call, nothing
fell silent for over 20 ms for want of sound, no turn went unanswered. A level in which more than 1 % of our own frames
left over 20 ms late measures the load and not the server: it is refused and counts for nothing.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

REFUSED_ABOVE: Final = 0.01
NEAR_SINGLE_MS: Final = 100.0


@dataclass(frozen=True, slots=True)
class Level:
    """Times in ms; None: nothing was measured."""

    calls: int
    seconds: float
    connected: int
    """Calls that were greeted to the end."""
    turns: int
    response_p50_ms: float | None
    """From the caller's last frame of speech to the first sound of the answer, less the pause the flow waits for."""
    response_p95_ms: float | None
    response_p99_ms: float | None
    barge_ins: int
    barge_in_p50_ms: float | None
    """From the first frame of speech over a prompt to `clear`."""
    barge_in_p99_ms: float | None
    health_p50_ms: float | None
    """A request for /healthz, all the way: how long the server's loop keeps others waiting."""
    health_p99_ms: float | None
    unanswered: int
    premature: int
    not_silenced: int
    underruns: int
    server_underruns: int | None
    """By the server's own count over all the run, set-ups included; None: it does not say."""
    lost: int
    cpu_ms_per_call_second: float
    setup_cpu_ms_per_call: float
    """A call set up, greeted and hung up."""
    resident_mb: float
    mb_per_call: float
    frames_late_share: float
    """Ours, over 20 ms."""
    frames_late_p99_ms: float
    frames_latest_ms: float
    server_late_share: float | None
    """Frames the server calls late, of all we sent; None: it does not say."""
    server_cores_used: float
    load_cores_used: float
    others_share: float
    """What all else on the machine took of its cores meanwhile."""

    @property
    def refused(self) -> bool:
        return self.frames_late_share > REFUSED_ABOVE


def faults(level: Level, single: Level | None) -> list[str]:
    """Why a level was not held; empty: it was. `single`: the level of one call, without which none is judged."""
    if level.refused:
        return [f"REFUSED: {level.frames_late_share:.2%} of our own frames were late"]
    found = []
    if level.connected < level.calls:
        found.append(f"{level.calls - level.connected} did not connect")
    if level.lost:
        found.append(f"{level.lost} lost")
    if level.underruns:
        found.append(f"{level.underruns} underruns")
    if level.unanswered:
        found.append(f"{level.unanswered} unanswered")
    if level.response_p99_ms is None:
        found.append("no turn was measured")
    elif single is None or single.refused or single.response_p99_ms is None:
        found.append("not judged: no good run of a single call")
    elif (slower_ms := level.response_p99_ms - single.response_p99_ms) > NEAR_SINGLE_MS:
        found.append(f"p99 {slower_ms:.0f} ms above a single call's")
    return found


def single_of(levels: Iterable[Level]) -> Level | None:
    return next((level for level in levels if level.calls == 1), None)


def most_held(levels: Sequence[Level]) -> int:
    """The highest level held with all below it held too; 0: none."""
    single, most = single_of(levels), 0
    for level in sorted(levels, key=lambda level: level.calls):
        if faults(level, single):
            break
        most = level.calls
    return most


def percentile(values: Iterable[float], share: float) -> float | None:
    """The nearest rank: the least value that at least `share` of all do not exceed."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(share * len(ranked)) - 1)] if ranked else None


def late_percentile_ms(lateness: Sequence[int], share: float) -> float:
    """The same over a count for each whole ms, of which the upper end is taken."""
    wanted, passed = share * sum(lateness), 0
    for ms, count in enumerate(lateness):
        passed += count
        if count and passed >= wanted:
            return ms + 1.0
    return 0.0


def mb_per_call(levels: Sequence[Level]) -> float | None:
    """The slope of memory over calls by least squares; None: there is only one number of calls."""
    xs, ys = [level.calls for level in levels], [level.resident_mb for level in levels]
    if len(set(xs)) < 2:
        return None
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - mean_x) ** 2 for x in xs)
    return sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread
