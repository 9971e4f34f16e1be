"""Where speech begins and ends on the caller's side, in samples of the stream.

One score a window of 256 samples (32 ms) goes in; edges come out, at the borders of windows. Two thresholds and a
short wait keep a wavering score from chattering: speech begins at `begin` and goes on until the score has stayed below
`keep` for `pause_ms`. Whoever hears the sound itself knows the edges better than the scores do and says so by `placed`.
"""

from dataclasses import dataclass
from enum import StrEnum

from ivr.units import WINDOW_SAMPLES

SAMPLES_PER_MS = 8


@dataclass(frozen=True, slots=True)
class EndpointingSettings:
    begin: float = 0.5
    keep: float = 0.35
    onset_ms: int = 60
    """Speech this long is an onset; anything shorter is a click."""
    pause_ms: int = 96
    """Silence this long is a pause; the pause is counted from where the silence began."""


class EdgeKind(StrEnum):
    STARTED = "started"
    """Speech began (at_sample) and has lasted the onset."""
    PAUSED = "paused"
    """Some silence after speech; `at_sample` is where speech ended."""
    RESUMED = "resumed"
    """Speech again after a pause, before the utterance was taken as over."""


@dataclass(frozen=True, slots=True)
class Edge:
    kind: EdgeKind
    at_sample: int
    """Where on the stream it happened."""
    seen_at_sample: int
    """How far the stream had come when it was known."""


class Endpointing:
    """Turns one score a window into edges. `over()` is said by whoever decides that the utterance is finished."""

    def __init__(self, settings: EndpointingSettings | None = None) -> None:
        self._settings = settings or EndpointingSettings()
        self._in_utterance = False
        self._in_speech = False
        self._run_from: int | None = None
        """First sample of the run of speech windows under way, before it counts."""
        self._last_heard = 0
        """End of the last window of speech."""
        self._end_sample = 0
        self._now_sample = 0
        self._speech_samples = 0

    @property
    def now_sample(self) -> int:
        """How far the scores have come."""
        return self._now_sample

    @property
    def silence_ms(self) -> int:
        """How long the caller has been silent inside an utterance; 0 while speaking."""
        if self._in_speech or not self._in_utterance:
            return 0
        return (self._now_sample - self.end_sample) // SAMPLES_PER_MS

    @property
    def end_sample(self) -> int:
        """Where the last speech ended."""
        return self._last_heard if self._in_speech else self._end_sample

    @property
    def speech_ms(self) -> int:
        """Speech in this utterance, pauses not counted."""
        return self._speech_samples // SAMPLES_PER_MS

    @property
    def speaking(self) -> bool:
        return self._in_speech

    def feed(self, window_no: int, score: float) -> Edge | None:
        start = window_no * WINDOW_SAMPLES
        self._now_sample = start + WINDOW_SAMPLES
        if score < (self._settings.keep if self._in_speech else self._settings.begin):
            return self._quiet()
        if self._in_speech:
            self._last_heard = self._now_sample
            self._speech_samples += WINDOW_SAMPLES
            return None
        if self._run_from is None:
            self._run_from = start
        if self._now_sample - self._run_from < self._settings.onset_ms * SAMPLES_PER_MS:
            return None
        return self._onset(self._run_from)

    def placed(self, end_sample: int) -> None:
        """The pause just told began here."""
        self._end_sample = end_sample

    def waited(self, to_sample: int) -> bool:
        """The silence under way goes on to here, as far as anybody knows: the window it falls in is not scored yet.
        False where there is no silence, where speech may have begun again, and where more than a window is unknown."""
        unknown = to_sample - self._now_sample
        if self._in_speech or not self._in_utterance or self._run_from is not None or unknown > WINDOW_SAMPLES:
            return False
        self._now_sample = max(self._now_sample, to_sample)
        return True

    def over(self) -> None:
        """The utterance is finished (or dropped); the next speech begins a new one."""
        self._in_utterance = False
        self._speech_samples = 0
        if self._in_speech:
            self._in_speech, self._end_sample = False, self._last_heard
            self._run_from = None

    def _onset(self, run_from: int) -> Edge:
        self._in_speech, self._run_from, self._last_heard = True, None, self._now_sample
        self._speech_samples += self._now_sample - run_from
        resumed, self._in_utterance = self._in_utterance, True
        return Edge(EdgeKind.RESUMED if resumed else EdgeKind.STARTED, run_from, self._now_sample)

    def _quiet(self) -> Edge | None:
        self._run_from = None
        if not self._in_speech or self._now_sample - self._last_heard < self._settings.pause_ms * SAMPLES_PER_MS:
            return None
        self._in_speech, self._end_sample = False, self._last_heard
        return Edge(EdgeKind.PAUSED, self._last_heard, self._now_sample)
