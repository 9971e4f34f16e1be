"""How a call's line is, measured while it runs: the caller's sound as it comes, and what others notice.

A frame costs an append and two sums; a second of sound is looked at when it is full. Seconds are those of the call.
What is wrong in a second is said here, what is wrong on the whole by `line_account`, whose fault it is by
`line_report`.
"""

from collections.abc import Iterable
from math import log10
from typing import Final

from ivr.audio import line_sound, mulaw
from ivr.audio.echo import Echo
from ivr.call.effects import KeepEntry, KeepNote, KeepTurn
from ivr.call.line_account import LOUD_DBFS, QUIET_DBFS, SNR_DB, Measures, Noted, account, note_lost
from ivr.call.line_report import LineReport, Trouble
from ivr.call.watch import Silence
from ivr.units import BYTES_PER_MS, FRAME_MS, WINDOW_SAMPLES

SECOND_BYTES: Final = 1000 * BYTES_PER_MS
HEAD_BYTES: Final = 1000
"""So much of each second tells of encoding and offset, which do not change within one."""

SPEECH_SCORE: Final = 0.5
LEAST_SPEECH_WINDOWS: Final = 32
"""A second of speech: less says nothing about the caller's level."""
LEAST_WINDOWS: Final = 6
"""A second with so many windows (0.2 s) of speech has a level of speech, one with so many of none a level of noise."""

JITTER_MS: Final = 100
"""Sound this far behind the quickest: our answer is late by as much."""
LATE_MS: Final = 60
"""Our loop this late: about three frames; the answer's own share of 60 ms is used up."""
CLIPPED_PERCENT: Final = 1.0
"""Of a second's samples: at 1 % it sounds harsh and words blur."""
ACTIVE_RATIO: Final = 18
"""25 dB: windows further below the second's loudest are the pauses in speech."""

_BINS, _BIN_SHIFT = 64, 3
"""Lateness is counted in steps of 8 ms; the last one is open."""
_RING = 64
"""Windows whose score has not come yet: two seconds."""
_SETTLED_S = 5
_NOISE_BINS = 101
_KEPT_HOLES = 500
"""Later ones are counted only."""
_ERRORS: Final = {"recogniser": Trouble.RECOGNISER, "voice": Trouble.VOICE}
_SILENCES: Final = {
    Silence.SLOW_RECOGNISER: Trouble.RECOGNISER,
    Silence.SLOW_VOICE: Trouble.VOICE,
    Silence.DEAD_STREAM: Trouble.DEAD,
    Silence.STUCK_TURN: Trouble.FAULT,
    Silence.DEAF_EAR: Trouble.FAULT,
}
"""Whose fault a silence was; of the other causes none is the line's."""


class LineQuality:
    """One stream of a call. The hot methods are `frame`, `window` and `scored`; the rest is called now and then."""

    __slots__ = (
        "_at_s",
        "_clipped",
        "_drift",
        "_head",
        "_hole_frames",
        "_holes",
        "_late",
        "_latest_ms",
        "_levels",
        "_loop_late_ms",
        "_measured",
        "_noises",
        "_noted",
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
        self._noted = Noted()

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
            self._noted.at(Trouble.CLIPPING, self._at_s)
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
            self._noted.at(Trouble.LOOP_LATE, self._at_s, largest=loop_late_ms)
        if worst - loop_late_ms > JITTER_MS:
            self._noted.at(Trouble.JITTER, self._at_s)
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
            self._noted.at(Trouble.QUIET, self._at_s)
        elif level > LOUD_DBFS:
            self._noted.at(Trouble.LOUD, self._at_s)
        if noise is not None and level - noise < SNR_DB:
            self._noted.at(Trouble.NOISE, self._at_s)

    # ---- what others notice

    def kept(self, effect: KeepTurn | KeepNote | KeepEntry) -> None:
        """What is written down of the call and tells of its engines, its receipts and its echo."""
        match effect:
            case KeepNote(kind="error") if effect.what in _ERRORS:
                self.failed(_ERRORS[effect.what], effect.at_ms)
            case KeepNote(kind="silence") if effect.what in _SILENCES:
                self.failed(_SILENCES[Silence(effect.what)], effect.at_ms)
            case KeepEntry(kind="EchoHeard"):
                self._noted.at(Trouble.ECHO, effect.at_ms // 1000)
            case KeepTurn():
                for mark in effect.marks:
                    if mark.end == "expired":
                        self.failed(Trouble.MARKS, mark.ended_ms)

    def failed(self, trouble: Trouble, at_ms: float) -> None:
        """One of those that are counted."""
        self._noted.at(trouble, int(at_ms / 1000), more=1)

    def fell_silent(self, trouble: Trouble, at_ms: float, ms: float) -> None:
        """A prompt had no sound for so long, by whom: VOICE_SLOW, MARKS_LATE or UNDERRUN."""
        self._underruns += 1
        self._noted.at(trouble, int(at_ms / 1000), more=ms)

    # ---- the account

    def report(
        self,
        *,
        began_ms: float,
        lost: Iterable[tuple[int, int]] = (),
        lost_ms: int = 0,
        encoding: str = "",
        echo: Echo | None = None,
    ) -> LineReport:
        """Of all that came. `began_ms`: call time of the stream's first sample. `lost`: where sound of the stream is
        missing by the carrier's own count, and for how long, `lost_ms` in all; `echo`: our own voice in the caller's
        sound, None: it was not heard."""
        self._loudness()
        seconds, windows = max(1, self._measured), self._speech_windows
        measures = Measures(
            heard_s=self._measured,
            speech_dbfs=_dbfs(self._speech / windows) if windows >= LEAST_SPEECH_WINDOWS else None,
            noise_dbfs=self._noise_dbfs(),
            lost_percent=self._lost_percent(lost, lost_ms, began_ms),
            clipped_percent=100 * self._clipped / max(SECOND_BYTES, windows * WINDOW_SAMPLES),
            jitter_ms=self._jitter_ms(),
            latest_ms=self._latest_ms,
            softest=self._head[0] / (seconds * HEAD_BYTES),
            softest_alaw=self._head[1] / (seconds * HEAD_BYTES),
            offset=round(self._head[2] / seconds),
            drift_ms=round(self._drift[-1] - self._drift[0]) if self._drift else 0,
            underruns=self._underruns,
            loop_late_ms=self._loop_late_ms,
            echo=echo,
            encoding=encoding,
        )
        return account(measures, self._noted)

    def _noise_dbfs(self) -> float | None:
        """The median of the seconds."""
        left = sum(self._noises) / 2
        for below, seconds in enumerate(self._noises):
            left -= seconds
            if seconds and left <= 0:
                return -float(below)
        return None

    def _lost_percent(self, lost: Iterable[tuple[int, int]], lost_ms: int, began_ms: float) -> float:
        """What the carrier's count says is missing, of all there was, and the holes it does not know of, of the speech
        in which alone they show."""
        known = note_lost(self._noted, lost, began_ms)
        unknown = [at_ms for at_ms in self._holes if at_ms // FRAME_MS not in known]
        for at_ms in unknown:
            self._noted.at(Trouble.LOSS, int((began_ms + at_ms) / 1000))
        frames = self._hole_frames - (len(self._holes) - len(unknown))
        told = 100 * lost_ms / max(1000, self._measured * 1000)
        return told + 100 * frames * FRAME_MS / max(1000, self._speech_windows * WINDOW_SAMPLES // BYTES_PER_MS)

    def _jitter_ms(self) -> int:
        """So much or less for 95 of 100 pieces."""
        left = 0.95 * sum(self._late)
        for step, count in enumerate(self._late):
            left -= count
            if left <= 0:
                return (step + 1) << _BIN_SHIFT if step else 0
        return _BINS << _BIN_SHIFT


def _dbfs(power: float) -> float:
    return max(-100.0, 10 * log10(power / 32768**2)) if power > 0 else -100.0
