"""How one call's line was: what was wrong with it, in which seconds, and whose side it lies on.

Side            what it answers for
carrier         sound that was lost or late before it came to us, marks that did not come back, a wrong encoding
room            the caller's end: a microphone too near or too far, noise, our own voice coming back
engine          a recogniser or voice that failed or was too slow
us              our own loop, our own mistakes
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

Span = tuple[int, int]
"""First and last second, both inside, counted from the beginning of the call."""

MOST_SPANS: Final = 12


class Side(StrEnum):
    FINE = "fine"
    CARRIER = "carrier"
    ROOM = "room"
    ENGINE = "engine"
    US = "us"


class Trouble(StrEnum):
    LOSS = "loss"
    HOLE = "hole"
    DEAD = "dead"
    JITTER = "jitter"
    MARKS = "marks"
    ENCODING = "encoding"
    OFFSET = "offset"
    DRIFT = "drift"
    CLIPPING = "clipping"
    QUIET = "quiet"
    LOUD = "loud"
    NOISE = "noise"
    ECHO = "echo"
    RECOGNISER = "recogniser"
    VOICE = "voice"
    VOICE_SLOW = "voice_slow"
    MARKS_LATE = "marks_late"
    LOOP_LATE = "loop_late"
    UNDERRUN = "underrun"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class _Kind:
    side: Side
    weight: int
    """How much a second of it harms a call, against a second of noise."""
    words: str
    """With the figure in its place."""


KINDS: Final[Mapping[Trouble, _Kind]] = {
    Trouble.LOSS: _Kind(Side.CARRIER, 3, "{:.1f} % of the caller's sound was lost on its way"),
    Trouble.HOLE: _Kind(Side.CARRIER, 3, "{:.0f} ms of the caller's sound were lost at once"),
    Trouble.DEAD: _Kind(Side.CARRIER, 10, "the caller's sound stopped coming, times: {:.0f}"),
    Trouble.JITTER: _Kind(Side.CARRIER, 1, "the caller's sound came up to {:.0f} ms late"),
    Trouble.MARKS: _Kind(Side.CARRIER, 2, "{:.0f} receipts for what was played did not come back"),
    Trouble.ENCODING: _Kind(Side.CARRIER, 10, "the caller's sound looks like A-law, read as µ-law"),
    Trouble.OFFSET: _Kind(Side.CARRIER, 1, "the sound is off its centre by {:.0f} of 32768"),
    Trouble.DRIFT: _Kind(Side.CARRIER, 1, "the carrier's clock runs {:+.0f} ms apart from ours over the call"),
    Trouble.CLIPPING: _Kind(Side.ROOM, 2, "the caller's sound was overdriven, {:.1f} % of it at full scale"),
    Trouble.QUIET: _Kind(Side.ROOM, 1, "the caller was hard to hear, speech at {:.0f} dBFS"),
    Trouble.LOUD: _Kind(Side.ROOM, 1, "the caller was too loud, speech at {:.0f} dBFS"),
    Trouble.NOISE: _Kind(Side.ROOM, 1, "noise only {:.0f} dB below the caller's speech"),
    Trouble.ECHO: _Kind(Side.ROOM, 2, "our own voice came back at {:.0f} dB"),
    Trouble.RECOGNISER: _Kind(Side.ENGINE, 10, "the recogniser failed or was slow, times: {:.0f}"),
    Trouble.VOICE: _Kind(Side.ENGINE, 10, "the voice failed or was slow to begin, times: {:.0f}"),
    Trouble.VOICE_SLOW: _Kind(Side.ENGINE, 5, "the voice did not keep up, prompts fell silent for {:.0f} ms"),
    Trouble.MARKS_LATE: _Kind(Side.CARRIER, 5, "receipts came so late that prompts fell silent for {:.0f} ms"),
    Trouble.LOOP_LATE: _Kind(Side.US, 3, "our server was up to {:.0f} ms late"),
    Trouble.UNDERRUN: _Kind(Side.US, 5, "our server was late, prompts fell silent for {:.0f} ms"),
    Trouble.FAULT: _Kind(Side.US, 10, "mistakes of ours, turns that got stuck: {:.0f}"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    trouble: Trouble
    figure: float
    """Its measure, in the unit its words say."""
    seconds: tuple[Span, ...]
    """Where, MOST_SPANS at most: near ones are joined where there are more."""

    @property
    def side(self) -> Side:
        return KINDS[self.trouble].side

    @property
    def gravity(self) -> int:
        return KINDS[self.trouble].weight * sum(last - first + 1 for first, last in self.seconds)

    @property
    def words(self) -> str:
        return KINDS[self.trouble].words.format(self.figure)


@dataclass(frozen=True, slots=True)
class LineReport:
    """What was measured, and what of it was wrong. Levels in dBFS (0: a full square wave)."""

    verdict: Side = Side.FINE
    """The side whose troubles weigh most."""
    findings: tuple[Finding, ...] = ()
    """The gravest first; of the side to blame before all others."""
    heard_s: int = 0
    """Seconds of the caller's sound that were measured."""
    lost_percent: float = 0.0
    jitter_ms: int = 0
    """95 of 100 pieces came no more than this behind the quickest."""
    latest_ms: int = 0
    speech_dbfs: float | None = None
    """None: too little speech to tell."""
    noise_dbfs: float | None = None
    clipped_percent: float = 0.0
    """Of the samples of speech."""
    echo_db: float | None = None
    """How loud our own voice came back, against how it left; None: it was not heard."""
    echo_ms: int | None = None
    offset: int = 0
    drift_ms: int = 0
    underruns: int = 0
    loop_late_ms: int = 0
    encoding: str = ""
    """What the carrier said it sends."""


def report_of(findings: list[Finding], **measured: Any) -> LineReport:
    weights: dict[Side, int] = {}
    for finding in findings:
        weights[finding.side] = weights.get(finding.side, 0) + finding.gravity
    verdict = max(weights, key=lambda side: weights[side], default=Side.FINE)
    ordered = sorted(findings, key=lambda one: (one.side is not verdict, -one.gravity))
    return LineReport(verdict, tuple(ordered), **measured)


def in_words(report: LineReport) -> list[str]:
    """The verdict in one line, with its seconds; then what else there was, a line each."""
    if not report.findings:
        return [f"fine: {_figures(report)}"]
    first, *others = report.findings
    lines = [f"{report.verdict}: {first.words} {_spans(first.seconds)}"]
    lines += [f"also {one.side}: {one.words} {_spans(one.seconds)}" for one in others]
    return [*lines, _figures(report)]


def _figures(report: LineReport) -> str:
    return ", ".join(_measured(report))


def _measured(report: LineReport) -> Iterator[str]:
    if report.speech_dbfs is not None:
        yield f"speech {report.speech_dbfs:.0f} dBFS"
    if report.noise_dbfs is not None:
        yield f"noise {report.noise_dbfs:.0f} dBFS"
    yield f"{report.lost_percent:.1f} % lost"
    yield f"jitter {report.jitter_ms} ms"
    yield f"{report.underruns} underruns"
    if report.echo_db is not None:
        yield f"echo {report.echo_db:.0f} dB after {report.echo_ms} ms"
    if report.encoding:
        yield report.encoding


def _spans(seconds: tuple[Span, ...]) -> str:
    shown = (_clock(first) + (f"-{_clock(last)}" if last > first else "") for first, last in seconds)
    return f"({', '.join(shown)})" if seconds else ""


def _clock(second: int) -> str:
    return f"{second // 60}:{second % 60:02}"


# ---- as it is kept


def as_kept(report: LineReport) -> dict[str, Any]:
    return asdict(report)


def from_kept(kept: Mapping[str, Any]) -> LineReport:
    """What an older or newer version of ours wrote: what it did not know has its default, what we do not know is left
    out."""
    known = {name: kept[name] for name in LineReport.__dataclass_fields__ if name in kept}
    known["verdict"] = Side(kept["verdict"]) if kept.get("verdict") in set(Side) else Side.FINE
    known["findings"] = tuple(
        Finding(Trouble(one["trouble"]), one["figure"], tuple((first, last) for first, last in one["seconds"]))
        for one in kept.get("findings", ())
        if one["trouble"] in set(Trouble)
    )
    return LineReport(**known)
