"""The figures of a run as lines of a terminal."""

from collections.abc import Iterable, Sequence
from math import nan
from statistics import median
from typing import Final

from bench.verdict import Level, faults, mb_per_call, most_held, single_of

WIDTHS: Final = (5, 23, 12, 8, 9, 7, 10, 8, 6, 15, 17)
HEADS: Final = (
    ("", "response ms", "barge-in ms", "CPU ms", "CPU ms", "MB", "under-", "unan-", "", "frames late", "cores used"),
    (
        "calls",
        "p50   p95   p99 turns",
        "p50   p99",
        "a call-s",
        "a set-up",
        "a call",
        "runs o/s",
        "swered",
        "lost",
        "ours server",
        "server load other",
    ),
)


def head() -> Iterable[str]:
    for row in HEADS:
        yield _line(row)


def row(level: Level, single: Level | None) -> str:
    """`o/s`: as we heard them and as the server counts them, the latter over all the run."""
    response = f"{ms(level.response_p50_ms)} {ms(level.response_p95_ms)} {ms(level.response_p99_ms)} {level.turns:5d}"
    cells = (
        str(level.calls),
        response,
        f"{ms(level.barge_in_p50_ms)} {ms(level.barge_in_p99_ms)}",
        f"{level.cpu_ms_per_call_second:.2f}",
        f"{level.setup_cpu_ms_per_call:.1f}",
        f"{level.mb_per_call:.2f}",
        f"{level.underruns}/{'-' if level.server_underruns is None else level.server_underruns}",
        str(level.unanswered),
        str(level.lost),
        f"{level.frames_late_share:.2%} {_share(level.server_late_share)}",
        f"{level.server_cores_used:.2f} {level.load_cores_used:.2f} {level.others_share:4.0%}",
    )
    found = faults(level, single)
    return _line(cells) + "  " + ("; ".join(found) if found else "held")


def remarks(level: Level) -> Iterable[str]:
    """What the table has no column for, where it is not as it should be."""
    if level.premature or level.not_silenced:
        early, went_on = f"{level.premature} answers came too early", f"{level.not_silenced} went on over the caller"
        yield f"{level.calls} calls: {early}, {went_on}"
    if level.others_share > 0.05:
        yield f"{level.calls} calls: the machine was not quiet, others took {level.others_share:.0%} of its cores"


def summary(levels: Sequence[Level], *, workers: int | None, apart: bool) -> Iterable[str]:
    yield "response: to the first sound, beyond the pause the flow waits for; barge-in: from the caller's onset"
    most, each = most_held(levels), mb_per_call(levels)
    on = f"{workers} workers" if workers else "one core" if apart else "this machine"
    if single_of(levels) is None:
        yield "held: not judged, there was no run of a single call"
    elif most:
        yield f"held on {on}: {most} calls" + (
            ", the most that were tried" if most == max(lv.calls for lv in levels) else ""
        )
    else:
        yield f"held on {on}: none"
    if each is not None:
        yield f"memory: {each:.2f} MB a call over all levels"
    healths = [level.health_p99_ms for level in levels if level.health_p99_ms is not None]
    latest = max(level.frames_latest_ms for level in levels)
    if healths:
        yield f"/healthz p99 at worst {max(healths):.1f} ms; our own latest frame {latest:.1f} ms"
    if not apart:
        yield "server and load shared cores: the calls held are a lower bound"


def ratios(pairs: Sequence[tuple[Level, Level]]) -> Iterable[str]:
    """Each level of the present beside one of another revision: (present, other)."""
    heads = ("CPU a call-s", "CPU a set-up", "MB in all", "response p50", "response p99")
    yield "calls" + "".join(f"{name:>{width}}" for name, width in zip(heads, (16, 16, 16, 18, 18), strict=True))
    for present, other in pairs:
        refused = "  REFUSED" if present.refused or other.refused else ""
        yield (
            f"{present.calls:5d}"
            + f"{_ratio(present.cpu_ms_per_call_second, other.cpu_ms_per_call_second):>16}"
            + f"{_ratio(present.setup_cpu_ms_per_call, other.setup_cpu_ms_per_call):>16}"
            + f"{_ratio(present.resident_mb, other.resident_mb):>16}"
            + f"{_moved(present.response_p50_ms, other.response_p50_ms):>18}"
            + f"{_moved(present.response_p99_ms, other.response_p99_ms):>18}"
            + refused
        )


def middles(pairs: Sequence[tuple[Level, Level]]) -> Iterable[str]:
    """The median over all rounds of a level: of ratios for what is paid, of differences for the response."""
    for calls in dict.fromkeys(present.calls for present, _ in pairs):
        good = [pair for pair in pairs if pair[0].calls == calls and not (pair[0].refused or pair[1].refused)]
        if not good:
            yield f"{calls:5d} calls: REFUSED"
            continue
        cpu = [a.cpu_ms_per_call_second / b.cpu_ms_per_call_second for a, b in good]
        setup = [a.setup_cpu_ms_per_call / b.setup_cpu_ms_per_call for a, b in good]
        p50 = [_less(a.response_p50_ms, b.response_p50_ms) for a, b in good]
        p99 = [_less(a.response_p99_ms, b.response_p99_ms) for a, b in good]
        yield (
            f"{calls:5d} calls: CPU a call-second ×{median(cpu):.2f} (×{min(cpu):.2f} to ×{max(cpu):.2f}),"
            f" a set-up ×{median(setup):.2f}; response p50 {median(p50):+.1f} ms, p99 {median(p99):+.1f} ms"
            f" ({len(good)} rounds)"
        )


def _less(present: float | None, other: float | None) -> float:
    return nan if present is None or other is None else present - other


def ms(value: float | None) -> str:
    return "    -" if value is None else f"{value:5.0f}" if abs(value) >= 1000 else f"{value:5.1f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2%}"


def _ratio(present: float, other: float) -> str:
    return f"{present:.2f} ×{present / other:.2f}" if other else f"{present:.2f}"


def _moved(present: float | None, other: float | None) -> str:
    if present is None or other is None:
        return "-"
    return f"{present:.1f} {present - other:+.1f} ms"


def _line(cells: Sequence[str]) -> str:
    return " ".join(f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True))
