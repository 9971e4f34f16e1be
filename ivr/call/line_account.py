"""What was measured of a line, made into a report: what is wrong with it as a whole, and in which seconds."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from ivr.audio.echo import Echo
from ivr.call.line_report import Finding, LineReport, Trouble, report_of
from ivr.call.seconds import Seconds
from ivr.units import FRAME_MS

LOST_PERCENT: Final = 1.0
"""Lost sound is heard from about 1 % on; at 3 % the recogniser makes a sixth more mistakes."""
LOST_AT_ONCE_MS: Final = 200
"""A hole of this length takes a word, however seldom it comes."""
OFTEN: Final = 0.05
"""In more than so many of the call's seconds, and more than one: what is late now and then is."""
JITTER_P95_MS: Final = 60
"""Sound late by this much all the time."""
LOOP_LATE_MS: Final = 200
"""Our loop that late once is heard; less, like late sound, in a twentieth of the seconds."""
CLIPPED_SECONDS: Final = 2
QUIET_DBFS: Final = -38.0
"""12 dB below the -26 at which telephone speech is meant to stand (ITU-T P.56 levels): the detector misses onsets."""
LOUD_DBFS: Final = -10.0
SNR_DB: Final = 15.0
"""At 20 dB a recogniser makes half more mistakes than on a clean line, at 10 dB three to five times as many."""
ECHO_DB: Final = -30.0
"""Our own voice this loud in the caller's sound can be taken for the caller."""
OFFSET: Final = 600
"""Of 32768: -35 dBFS, above soft speech."""
DRIFT_MS: Final = 100
DRIFT_PPM: Final = 200
ALAW_SHARE: Final = 0.05
"""So many samples of the softest kind as A-law has them, and"""
ALAW_TIMES: Final = 5
"""so many times more than as µ-law has them, over"""
ALAW_SECONDS: Final = 5

ONCE_IS_ENOUGH: Final = (
    Trouble.HOLE,
    Trouble.DEAD,
    Trouble.MARKS,
    Trouble.RECOGNISER,
    Trouble.VOICE,
    Trouble.FAULT,
    Trouble.VOICE_SLOW,
    Trouble.MARKS_LATE,
    Trouble.UNDERRUN,
)


ADDED_UP: Final = frozenset(ONCE_IS_ENOUGH) - {Trouble.HOLE}


@dataclass(frozen=True, slots=True)
class Measures:
    """The line as a whole. Levels in dBFS; None: too little to tell."""

    heard_s: int
    speech_dbfs: float | None
    noise_dbfs: float | None
    lost_percent: float
    clipped_percent: float
    jitter_ms: int
    latest_ms: float
    softest: float
    """Share of the samples that are the softest there are in µ-law,"""
    softest_alaw: float
    """and in A-law."""
    offset: int
    drift_ms: int
    underruns: int
    loop_late_ms: float
    echo: Echo | None
    encoding: str


class Noted:
    """What was wrong when, and how much of it."""

    def __init__(self) -> None:
        self._seconds: dict[Trouble, Seconds] = {}
        self._figures: dict[Trouble, float] = {}

    def at(self, trouble: Trouble, second: int, *, more: float = 0.0, largest: float = 0.0) -> None:
        """`more` is added up, of `largest` the largest is kept."""
        self._seconds.setdefault(trouble, Seconds()).add(max(0, second))
        self._figures[trouble] = max(self._figures.get(trouble, 0.0) + more, largest)

    def figure(self, trouble: Trouble) -> float:
        return self._figures.get(trouble, 0.0)

    def count(self, trouble: Trouble) -> int:
        """Seconds."""
        return len(self._seconds.get(trouble, ()))

    def spans(self, trouble: Trouble) -> tuple[tuple[int, int], ...]:
        """Empty: nobody knows when, or always."""
        concerned = self._seconds.get(trouble)
        return concerned.spans() if concerned is not None else ()


def account(line: Measures, noted: Noted) -> LineReport:
    always = ((0, max(0, line.heard_s - 1)),)
    findings = [
        Finding(trouble, round(figure, 1), noted.spans(trouble) or always)
        for trouble, figure in (*_of_the_whole(line, noted), *_of_moments(noted))
    ]
    return report_of(
        findings,
        heard_s=line.heard_s,
        lost_percent=round(line.lost_percent, 1),
        jitter_ms=line.jitter_ms,
        latest_ms=round(line.latest_ms),
        speech_dbfs=_rounded(line.speech_dbfs),
        noise_dbfs=_rounded(line.noise_dbfs),
        clipped_percent=round(line.clipped_percent, 1),
        echo_db=None if line.echo is None else round(line.echo.gain_db, 1),
        echo_ms=None if line.echo is None else round(line.echo.lag_ms),
        offset=line.offset,
        drift_ms=line.drift_ms,
        underruns=line.underruns,
        loop_late_ms=round(line.loop_late_ms),
        encoding=line.encoding,
    )


def joined(one: LineReport, other: LineReport) -> LineReport:
    """The report of a call from those of its streams."""
    longer, shares = (one, other) if one.heard_s > other.heard_s else (other, one), max(1, one.heard_s + other.heard_s)

    def mean(first: float, second: float) -> float:
        return round((first * one.heard_s + second * other.heard_s) / shares, 1)

    troubles = dict.fromkeys(finding.trouble for report in (one, other) for finding in report.findings)
    return report_of(
        [_joined_finding(trouble, one, other) for trouble in troubles],
        heard_s=one.heard_s + other.heard_s,
        lost_percent=mean(one.lost_percent, other.lost_percent),
        jitter_ms=max(one.jitter_ms, other.jitter_ms),
        latest_ms=max(one.latest_ms, other.latest_ms),
        speech_dbfs=longer[0].speech_dbfs if longer[0].speech_dbfs is not None else longer[1].speech_dbfs,
        noise_dbfs=longer[0].noise_dbfs if longer[0].noise_dbfs is not None else longer[1].noise_dbfs,
        clipped_percent=mean(one.clipped_percent, other.clipped_percent),
        echo_db=other.echo_db if other.echo_db is not None else one.echo_db,
        echo_ms=other.echo_ms if other.echo_ms is not None else one.echo_ms,
        offset=longer[0].offset,
        drift_ms=one.drift_ms + other.drift_ms,
        underruns=one.underruns + other.underruns,
        loop_late_ms=max(one.loop_late_ms, other.loop_late_ms),
        encoding=other.encoding or one.encoding,
    )


def _joined_finding(trouble: Trouble, *reports: LineReport) -> Finding:
    """What is counted is added up, of what is a measure the graver one is told."""
    both = [finding for report in reports for finding in report.findings if finding.trouble is trouble]
    seconds = Seconds()
    for finding in both:
        for first, last in finding.seconds:
            seconds.add_span(first, last)
    summed = sum(finding.figure for finding in both)
    graver = max(both, key=lambda finding: finding.gravity).figure
    return Finding(trouble, summed if trouble in ADDED_UP else graver, seconds.spans())


def note_lost(noted: Noted, lost: Iterable[tuple[int, int]], began_ms: float) -> set[int]:
    """`lost`: where sound is missing and for how long, in ms of the stream. Gives the frames of it."""
    frames: set[int] = set()
    for at_ms, ms in lost:
        for part_ms in range(at_ms, at_ms + ms, FRAME_MS):
            frames.add(part_ms // FRAME_MS)
            second = int((began_ms + part_ms) / 1000)
            noted.at(Trouble.LOSS, second)
            if ms >= LOST_AT_ONCE_MS:
                noted.at(Trouble.HOLE, second, largest=ms)
    return frames


def _of_the_whole(line: Measures, noted: Noted) -> Iterator[tuple[Trouble, float]]:
    """With the figure of each."""
    speech, noise = line.speech_dbfs, line.noise_dbfs
    if line.lost_percent >= LOST_PERCENT:
        yield Trouble.LOSS, line.lost_percent
    if _is_jittery(line, noted):
        yield Trouble.JITTER, line.latest_ms
    if _often(Trouble.LOOP_LATE, line, noted) or line.loop_late_ms >= LOOP_LATE_MS:
        yield Trouble.LOOP_LATE, line.loop_late_ms
    if noted.count(Trouble.CLIPPING) >= CLIPPED_SECONDS:
        yield Trouble.CLIPPING, line.clipped_percent
    if speech is not None and speech < QUIET_DBFS:
        yield Trouble.QUIET, speech
    if speech is not None and speech > LOUD_DBFS:
        yield Trouble.LOUD, speech
    if speech is not None and noise is not None and speech - noise < SNR_DB:
        yield Trouble.NOISE, speech - noise
    if line.echo is not None and line.echo.gain_db > ECHO_DB:
        yield Trouble.ECHO, line.echo.gain_db
    if _is_alaw(line):
        yield Trouble.ENCODING, 0.0
    elif abs(line.offset) > OFFSET:
        yield Trouble.OFFSET, line.offset
    if abs(line.drift_ms) > max(DRIFT_MS, DRIFT_PPM * line.heard_s / 1000):
        yield Trouble.DRIFT, line.drift_ms


def _of_moments(noted: Noted) -> Iterator[tuple[Trouble, float]]:
    for trouble in ONCE_IS_ENOUGH:
        if noted.count(trouble):
            yield trouble, noted.figure(trouble)


def _is_jittery(line: Measures, noted: Noted) -> bool:
    """Where our own loop was late, the pieces' lateness says nothing of the carrier."""
    always = line.jitter_ms >= JITTER_P95_MS and not noted.count(Trouble.LOOP_LATE)
    return always or _often(Trouble.JITTER, line, noted)


def _often(trouble: Trouble, line: Measures, noted: Noted) -> bool:
    return noted.count(trouble) > max(1, OFTEN * line.heard_s)


def _is_alaw(line: Measures) -> bool:
    many = line.softest_alaw > ALAW_SHARE and line.softest_alaw > ALAW_TIMES * line.softest
    return many and line.heard_s >= ALAW_SECONDS


def _rounded(level: float | None) -> float | None:
    return None if level is None else round(level, 1)
