"""How a call's line is, measured while it runs: the caller's sound as it comes, and what others notice.

A frame costs an append and two sums; a second of sound is looked at when it is full. Seconds are those of the call.
What is wrong, and from when on, is said by the constants here; whose side it lies on, by `line_report`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import log10
from typing import Final

from ivr.audio import line_sound, mulaw
from ivr.call.effects import KeepNote, KeepTurn
from ivr.call.line_report import Finding, LineReport, Trouble, report_of
from ivr.call.seconds import Seconds
from ivr.units import BYTES_PER_MS, FRAME_MS, WINDOW_SAMPLES

SECOND_BYTES: Final = 1000 * BYTES_PER_MS
HEAD_BYTES: Final = 1000
"""So much of each second tells of encoding and offset, which do not change within one."""

SPEECH_SCORE: Final = 0.5
LEAST_SPEECH_WINDOWS: Final = 32
"""A second of speech: less says nothing about the caller's level."""
LEAST_WINDOWS: Final = 6
"""A second with so many windows (0.2 s) of speech has a level of speech, one with so many of none a level of noise."""

LOST_PERCENT: Final = 1.0
"""Lost sound is heard from about 1 % on; at 3 % the recogniser makes a fifth more mistakes."""
LOST_AT_ONCE_MS: Final = 200
"""A hole of this length takes a word, however seldom it comes."""
JITTER_MS: Final = 100
"""Sound this far behind the quickest: our answer is late by as much."""
JITTER_SECONDS: Final = 0.05
"""In so many of the call's seconds, or"""
JITTER_P95_MS: Final = 60
LATE_MS: Final = 60
"""Our loop this late: about three frames; the answer's own share of 60 ms is used up."""
CLIPPED_PERCENT: Final = 1.0
"""Of a second's samples: at 1 % it sounds harsh and words blur."""
CLIPPED_SECONDS: Final = 2
ACTIVE_RATIO: Final = 18
"""25 dB: windows further below the second's loudest are the pauses in speech."""
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

SLOW_WORDS_MS: Final = 1200
"""Words this long after the turn was over: the caller heard that we are thinking."""
SLOW_VOICE_MS: Final = 1500
"""A sentence whose sound begins this long after it was asked for."""

_ENGINES: Final = {"recogniser": Trouble.RECOGNISER, "voice": Trouble.VOICE}
_BINS, _BIN_SHIFT = 64, 3
"""Lateness is counted in steps of 8 ms; the last one is open."""
_RING = 64
"""Windows whose score has not come yet: two seconds."""
_SETTLED_S = 5
_NOISE_BINS = 101
_KEPT_HOLES = 500
"""Later ones are counted only."""

COUNTED: Final = (
    Trouble.HOLE,
    Trouble.MARKS,
    Trouble.RECOGNISER,
    Trouble.VOICE,
    Trouble.FAULT,
    Trouble.LOOP_LATE,
    Trouble.VOICE_SLOW,
    Trouble.MARKS_LATE,
    Trouble.UNDERRUN,
)
"""Once is enough."""


@dataclass(frozen=True, slots=True)
class _Measured:
    """The line as a whole. Levels in dBFS; None: too little to tell."""

    speech: float | None
    noise: float | None
    lost_percent: float
    clipped_percent: float
    jitter_ms: int
    offset: int
    drift_ms: int


class LineQuality:
    """One stream of a call. The hot methods are `frame`, `window` and `scored`; the rest is called now and then."""

    __slots__ = (
        "_at_s",
        "_clipped",
        "_concerned",
        "_drift",
        "_figures",
        "_head",
        "_hole_frames",
        "_holes",
        "_late",
        "_latest_ms",
        "_levels",
        "_loop_late_ms",
        "_measured",
        "_noises",
        "_quiet",
        "_sound",
        "_speech",
        "_speech_windows",
        "_spoken",
        "_underruns",
        "_worst_ms",
    )

    def __init__(self) -> None:
        self._sound = bytearray()
        """The second under way."""
        self._at_s = 0
        self._measured = 0
        self._worst_ms = self._latest_ms = self._loop_late_ms = 0.0
        self._late = [0] * _BINS
        self._levels = [0] * _RING
        self._speech = 0.0
        """Power of speech, over `_speech_windows`."""
        self._noises = [0] * _NOISE_BINS
        """How many seconds had this much noise, in dB below full scale."""
        self._speech_windows = self._clipped = self._hole_frames = self._underruns = 0
        self._spoken: list[int] = []
        self._quiet: list[int] = []
        self._head = [0, 0, 0]
        self._holes: list[int] = []
        self._drift: list[float] = []
        self._concerned: dict[Trouble, Seconds] = {}
        self._figures: dict[Trouble, float] = {}

    # ---- the hot ones

    def frame(self, mulaw: bytes, late_ms: float) -> bool:
        """A piece of the caller's sound, so far behind the quickest. True: a second is full, call `second`."""
        sound = self._sound
        sound += mulaw
        if late_ms > self._worst_ms:
            self._worst_ms = late_ms
        step = int(late_ms) >> _BIN_SHIFT
        self._late[step if step < _BINS else -1] += 1
        return len(sound) >= SECOND_BYTES

    def window(self, no: int, level: int) -> None:
        """A window was cut; `level` is its rms. Its score follows."""
        self._levels[no % _RING] = level

    def scored(self, no: int, score: float) -> None:
        if score >= SPEECH_SCORE:
            self._spoken.append(self._levels[no % _RING])
        else:
            self._quiet.append(self._levels[no % _RING])

    # ---- once a second

    def second(self, began_ms: float, loop_late_ms: float) -> None:
        """Looks at the sound of the second that is full. `began_ms`: call time of the stream's first sample as it is
        reckoned now; `loop_late_ms`: how late our own loop was at worst lately."""
        sound, self._sound = self._sound[:SECOND_BYTES], self._sound[SECOND_BYTES:]
        self._at_s = int(began_ms / 1000) + self._measured
        self._sounds(sound)
        self._arrived(loop_late_ms)
        self._loudness()
        if self._measured >= _SETTLED_S:
            self._drift.append(began_ms)
            if len(self._drift) > 2:
                del self._drift[1]
        self._measured += 1

    def _sounds(self, sound: bytearray) -> None:
        clipped = line_sound.clipped(sound)
        if clipped > SECOND_BYTES * CLIPPED_PERCENT / 100:
            self._note(Trouble.CLIPPING)
        self._clipped += clipped
        for frame in line_sound.holes(sound):
            self._hole_frames += 1
            if len(self._holes) < _KEPT_HOLES:
                self._holes.append(self._measured * 1000 + frame * FRAME_MS)
        head = sound[:HEAD_BYTES]
        softest, softest_alaw = line_sound.zeros(head)
        self._head[0] += softest
        self._head[1] += softest_alaw
        self._head[2] += mulaw.mean(mulaw.samples(bytes(head)))

    def _arrived(self, loop_late_ms: float) -> None:
        """Late sound is the carrier's, unless our loop was late as well: then it lay at our door."""
        worst, self._worst_ms = self._worst_ms, 0.0
        self._latest_ms = max(self._latest_ms, worst)
        if loop_late_ms > LATE_MS:
            self._note(Trouble.LOOP_LATE, largest=loop_late_ms)
        if worst - loop_late_ms > JITTER_MS:
            self._note(Trouble.JITTER, largest=worst)
        self._loop_late_ms = max(self._loop_late_ms, loop_late_ms)

    def _loudness(self) -> None:
        spoken, quiet = self._spoken, self._quiet
        self._spoken, self._quiet = [], []
        noise = None
        if len(quiet) >= LEAST_WINDOWS:
            noise = _dbfs(float(sorted(quiet)[len(quiet) // 4] ** 2))
            self._noises[round(-noise)] += 1
        if not spoken:
            return
        softest = max(spoken) / ACTIVE_RATIO
        spoken = [level for level in spoken if level > softest]
        power = float(sum(level * level for level in spoken))
        self._speech += power
        self._speech_windows += len(spoken)
        if len(spoken) < LEAST_WINDOWS:
            return
        level = _dbfs(power / len(spoken))
        if level < QUIET_DBFS:
            self._note(Trouble.QUIET)
        elif level > LOUD_DBFS:
            self._note(Trouble.LOUD)
        if noise is not None and level - noise < SNR_DB:
            self._note(Trouble.NOISE)

    # ---- what others notice

    def kept(self, effect: KeepTurn | KeepNote) -> None:
        """What is written down of the call and tells of its engines and its receipts."""
        if isinstance(effect, KeepNote):
            if effect.kind == "error" and effect.what in _ENGINES:
                self.failed(_ENGINES[effect.what], effect.at_ms)
            return
        for mark in effect.marks:
            if mark.end == "expired":
                self.failed(Trouble.MARKS, mark.ended_ms)
        took = effect.latency_ms
        if took.get("text", 0) - took.get("turn_over", 0) > SLOW_WORDS_MS:
            self.failed(Trouble.RECOGNISER, effect.at_ms)

    def failed(self, trouble: Trouble, at_ms: float) -> None:
        """One of those that are counted: RECOGNISER, VOICE, FAULT, MARKS."""
        self._note(trouble, at_ms=at_ms)
        self._figures[trouble] = self._figures.get(trouble, 0) + 1

    def fell_silent(self, trouble: Trouble, at_ms: float, ms: float) -> None:
        """A prompt had no sound for so long, by whom: VOICE_SLOW, MARKS_LATE or UNDERRUN."""
        self._underruns += 1
        self._note(trouble, at_ms=at_ms)
        self._figures[trouble] = self._figures.get(trouble, 0) + ms

    def _note(self, trouble: Trouble, *, at_ms: float | None = None, largest: float = 0.0) -> None:
        second = self._at_s if at_ms is None else max(0, int(at_ms / 1000))
        self._concerned.setdefault(trouble, Seconds()).add(second)
        if largest > self._figures.get(trouble, 0.0):
            self._figures[trouble] = largest

    # ---- the account

    def report(
        self,
        *,
        began_ms: float,
        lost: Iterable[tuple[int, int]] = (),
        lost_ms: int = 0,
        encoding: str = "",
        echo: tuple[float, int] | None = None,
    ) -> LineReport:
        """Of all that came. `began_ms`: call time of the stream's first sample. `lost`: where sound of the stream is
        missing by the carrier's own count, and for how long, `lost_ms` in all; `echo`: dB and delay in ms of our own
        voice in the caller's sound, None: it was not heard."""
        self._loudness()
        lost_percent = self._lost_percent(list(lost), lost_ms, began_ms)
        measured = _Measured(
            speech=_dbfs(self._speech / self._speech_windows) if self._speech_windows >= LEAST_SPEECH_WINDOWS else None,
            noise=self._noise_dbfs(),
            lost_percent=lost_percent,
            clipped_percent=100 * self._clipped / max(SECOND_BYTES, self._speech_windows * WINDOW_SAMPLES),
            jitter_ms=self._jitter_ms(),
            offset=round(self._head[2] / max(1, self._measured)),
            drift_ms=round(self._drift[-1] - self._drift[0]) if self._drift else 0,
        )
        findings = [
            Finding(trouble, round(figure, 1), self._spans(trouble))
            for trouble, figure in (*self._line_troubles(measured, echo), *self._counted_troubles())
        ]
        return report_of(
            findings,
            heard_s=self._measured,
            lost_percent=round(measured.lost_percent, 1),
            jitter_ms=measured.jitter_ms,
            latest_ms=round(self._latest_ms),
            speech_dbfs=None if measured.speech is None else round(measured.speech, 1),
            noise_dbfs=None if measured.noise is None else round(measured.noise, 1),
            clipped_percent=round(measured.clipped_percent, 1),
            echo_db=None if echo is None else round(echo[0], 1),
            echo_ms=None if echo is None else echo[1],
            offset=measured.offset,
            drift_ms=measured.drift_ms,
            underruns=self._underruns,
            loop_late_ms=round(self._loop_late_ms),
            encoding=encoding,
        )

    def _line_troubles(self, line: "_Measured", echo: tuple[float, int] | None) -> Iterator[tuple[Trouble, float]]:
        """With the figure of each."""
        if line.lost_percent >= LOST_PERCENT:
            yield Trouble.LOSS, line.lost_percent
        if self._is_jittery(line.jitter_ms):
            yield Trouble.JITTER, self._latest_ms
        if self._count(Trouble.CLIPPING) >= CLIPPED_SECONDS:
            yield Trouble.CLIPPING, line.clipped_percent
        if line.speech is not None and line.speech < QUIET_DBFS:
            yield Trouble.QUIET, line.speech
        if line.speech is not None and line.speech > LOUD_DBFS:
            yield Trouble.LOUD, line.speech
        if line.speech is not None and line.noise is not None and line.speech - line.noise < SNR_DB:
            yield Trouble.NOISE, line.speech - line.noise
        if echo is not None and echo[0] > ECHO_DB:
            yield Trouble.ECHO, echo[0]
        if self._is_alaw():
            yield Trouble.ENCODING, 0.0
        elif abs(line.offset) > OFFSET:
            yield Trouble.OFFSET, line.offset
        if abs(line.drift_ms) > max(DRIFT_MS, DRIFT_PPM * self._measured / 1000):
            yield Trouble.DRIFT, line.drift_ms

    def _counted_troubles(self) -> Iterator[tuple[Trouble, float]]:
        for trouble in COUNTED:
            if self._count(trouble):
                yield trouble, self._figures.get(trouble, 0.0)

    def _noise_dbfs(self) -> float | None:
        """The median of the seconds."""
        left = sum(self._noises) / 2
        for below, seconds in enumerate(self._noises):
            left -= seconds
            if seconds and left <= 0:
                return -float(below)
        return None

    def _lost_percent(self, lost: list[tuple[int, int]], lost_ms: int, began_ms: float) -> float:
        """What the carrier's count says is missing, of all there was, and the holes it does not know of, of the speech
        in which alone they show."""
        for at_ms, ms in lost:
            for late_ms in range(0, ms, FRAME_MS):
                self._note(Trouble.LOSS, at_ms=began_ms + at_ms + late_ms)
                if ms >= LOST_AT_ONCE_MS:
                    self._note(Trouble.HOLE, at_ms=began_ms + at_ms + late_ms, largest=ms)
        known = {(at_ms + late_ms) // FRAME_MS for at_ms, ms in lost for late_ms in range(0, ms, FRAME_MS)}
        unknown = [at_ms for at_ms in self._holes if at_ms // FRAME_MS not in known]
        for at_ms in unknown:
            self._note(Trouble.LOSS, at_ms=began_ms + at_ms)
        frames = self._hole_frames - (len(self._holes) - len(unknown))
        told = 100 * lost_ms / max(1000, self._measured * 1000)
        return told + 100 * frames * FRAME_MS / max(1000, self._speech_windows * WINDOW_SAMPLES // BYTES_PER_MS)

    def _is_alaw(self) -> bool:
        softest, softest_alaw, _ = self._head
        many = softest_alaw > ALAW_SHARE * self._measured * HEAD_BYTES
        return self._measured >= ALAW_SECONDS and many and softest_alaw > ALAW_TIMES * softest

    def _jitter_ms(self) -> int:
        """So much or less for 95 of 100 pieces."""
        left = 0.95 * sum(self._late)
        for step, count in enumerate(self._late):
            left -= count
            if left <= 0:
                return (step + 1) << _BIN_SHIFT if step else 0
        return _BINS << _BIN_SHIFT

    def _is_jittery(self, jitter_ms: int) -> bool:
        """Where our own loop was late, the pieces' lateness says nothing of the carrier."""
        often = self._count(Trouble.JITTER) > max(1, JITTER_SECONDS * self._measured)
        return often or (jitter_ms >= JITTER_P95_MS and not self._count(Trouble.LOOP_LATE))

    def _count(self, trouble: Trouble) -> int:
        return len(self._concerned.get(trouble, ()))

    def _spans(self, trouble: Trouble) -> tuple[tuple[int, int], ...]:
        concerned = self._concerned.get(trouble)
        if concerned:
            return concerned.spans()
        return ((0, max(0, self._measured - 1)),)


def _dbfs(power: float) -> float:
    return max(-100.0, 10 * log10(power / 32768**2)) if power > 0 else -100.0
