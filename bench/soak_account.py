"""What a soak found: what the server held at each sample, the line through its memory, and what was left behind."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from bench.load import Figures
from bench.machine import Machine
from bench.picture import Panel, Series, svg
from bench.trend import Trend, Verdict, trend
from bench.verdict import REFUSED_ABOVE, late_percentile_ms, percentile

LEFT_ALLOWED: Final = {"tasks": 2, "rows": 0, "handles": 16, "threads": 16}
"""Pools fill up to a limit of their own; what calls leave behind has none."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the server holds. Tasks, rows and calls are its own account; -1: it does not say."""

    at_s: float
    resident_mb: float
    cpu_s: float
    threads: int
    handles: int
    tasks: int
    rows: int
    calls: int
    answers: int
    """Responses measured so far."""


@dataclass(slots=True)
class Account:
    calls: int
    minutes: float
    commit: str
    machine: Machine
    warm_up_s: float
    samples: list[Sample] = field(default_factory=list)
    before: Sample | None = None
    after: Sample | None = None
    made: int = 0
    refused_calls: int = 0
    figures: Figures = field(default_factory=Figures)

    @property
    def settled(self) -> list[Sample]:
        return [sample for sample in self.samples if sample.at_s >= self.warm_up_s]

    @property
    def memory(self) -> Trend:
        settled = self.settled
        return trend([sample.at_s for sample in settled], [sample.resident_mb for sample in settled])

    @property
    def left(self) -> dict[str, int]:
        """How much more of each is held after the calls than before them."""
        if self.before is None or self.after is None:
            return {}
        names = [name for name in LEFT_ALLOWED if getattr(self.before, name) >= 0]
        return {name: getattr(self.after, name) - getattr(self.before, name) for name in names}

    def faults(self) -> list[str]:
        """What speaks against the server, or against the run."""
        found = [f"{name}: {more} left behind" for name, more in self.left.items() if more > LEFT_ALLOWED[name]]
        if self.memory.verdict is not Verdict.FLAT:
            found.append(f"memory: {self.memory.verdict}")
        if self.figures.lost_calls or self.refused_calls:
            found.append(f"{self.figures.lost_calls} calls were lost, {self.refused_calls} refused")
        if self.figures.frames_late > REFUSED_ABOVE * self.figures.frames:
            found.append("our own frames were late: what was answered, and when, says nothing")
        return found


def told(account: Account) -> list[str]:
    memory, figures, settled = account.memory, account.figures, account.settled
    lines = [
        f"memory: {memory.per_hour:+.1f} MB an hour, give or take {memory.uncertain:.1f}: {memory.verdict}"
        f" ({len(settled)} samples after {account.warm_up_s:.0f} s of warm-up)",
        f"calls: {account.made} made, {figures.lost_calls} lost, {account.refused_calls} refused;"
        f" underruns {figures.underruns}, unanswered {figures.unanswered}, premature {figures.premature}",
    ]
    if len(settled) > 1:
        used_s, lasted_s = settled[-1].cpu_s - settled[0].cpu_s, settled[-1].at_s - settled[0].at_s
        lines.append(f"CPU: {used_s * 1000 / (lasted_s * account.calls):.2f} ms a call-second")
    quarter = len(figures.responses) // 4
    if quarter:
        first, last = (_response(part) for part in (figures.responses[:quarter], figures.responses[-quarter:]))
        lines.append(f"response p50 / p99: {first} ms in the first quarter, {last} ms in the last")
    late = figures.frames_late / max(1, figures.frames)
    lines.append(f"our own frames late: {late:.2%}, the latest {figures.latest_s * 1000:.1f} ms")
    if account.before and account.after:
        more = ", ".join(f"{name} {count:+d}" for name, count in account.left.items())
        lines.append(f"after the last call, against before the first: {more}")
        before_mb, after_mb = account.before.resident_mb, account.after.resident_mb
        lines.append(f"memory then: {after_mb:.1f} MB, against {before_mb:.1f} MB")
    return [*lines, "; ".join(account.faults()) or "level"]


def _response(seconds: Sequence[float]) -> str:
    return " / ".join(f"{(percentile(seconds, share) or 0.0) * 1000:.1f}" for share in (0.5, 0.99))


def as_json(account: Account) -> dict[str, Any]:
    whole = asdict(account)
    figures = whole.pop("figures")
    for name in ("responses", "silencings"):
        seconds = figures.pop(name)
        figures[f"{name}_ms"] = [round((percentile(seconds, share) or 0.0) * 1000, 1) for share in (0.5, 0.95, 0.99)]
    figures["frames_late_p99_ms"] = late_percentile_ms(figures.pop("lateness"), 0.99)
    memory = asdict(account.memory)
    if not account.settled or len(account.settled) < 4:
        memory["uncertain"] = None  # JSON has no infinity
    return {**whole, "figures": figures, "memory": memory, "left": account.left, "faults": account.faults()}


def picture(account: Account) -> str:
    memory, settled = account.memory, account.settled
    resident = [Series("resident", [(s.at_s / 60, s.resident_mb) for s in account.samples], dots=False)]
    if len(settled) > 1:
        ends = [(s.at_s / 60, memory.at_start + memory.per_hour * (s.at_s - settled[0].at_s) / 3600) for s in settled]
        resident.append(Series(f"{memory.per_hour:+.1f} MB/h", [ends[0], ends[-1]], dots=False, dashed=True))
    held = [
        Series(name, [(s.at_s / 60, float(getattr(s, name))) for s in account.samples], dots=False)
        for name in ("tasks", "handles", "calls", "rows", "threads")
    ]
    panels = [
        Panel("Memory of the server", "minutes", "MB", resident, from_zero=False),
        Panel("What it holds", "minutes", "of each", held),
    ]
    title = f"{account.calls} calls for {account.minutes:g} min at {account.commit or 'an unknown revision'}"
    return svg(title, f"{account.machine}; memory: {memory.verdict}", panels)
