"""The caller's side as sound: what was said since when, and where speech begins and ends.

Positions are samples of the stream (8 a millisecond), the only clock of the caller's sound. Sound is kept from a
pre-roll before the onset, so that no first syllable is lost, until the turn is over.
"""

from dataclasses import dataclass, field, replace

from ivr.audio.contour import ContourSettings, Noise, begin_of_speech, end_of_speech
from ivr.audio.windows import Window, Windows
from ivr.turn.endpointing import Edge, EdgeKind, Endpointing, EndpointingSettings
from ivr.units import BYTES_PER_MS, Millis


@dataclass(frozen=True, slots=True)
class HearingSettings:
    pre_roll_ms: int = 100
    """Taken along before an onset that stands out clearly; more only makes the recogniser guess."""
    pre_roll_in_noise_ms: int = 240
    """The same where noise may hide the onset's soft part."""
    kept_ms: int = 1600
    """Sound kept while nobody speaks: the pre-roll, the onset, and speech that waits for a protected prompt to end."""
    longest_ms: int = 30_000
    measured_ms: int = 3000
    """How much of an utterance, from its end, tells how loud the voice is."""
    endpointing: EndpointingSettings = field(default_factory=EndpointingSettings)
    contour: ContourSettings = field(default_factory=ContourSettings)


class Hearing:
    """Frames and scores in, edges and utterances out."""

    def __init__(self, settings: HearingSettings | None = None) -> None:
        self._settings = settings = settings or HearingSettings()
        self._windows = Windows()
        self._sound = bytearray()
        self._base = 0
        """Sample at which `_sound` begins."""
        self._hold_from: int | None = None
        self._began = 0
        """Where the speech under way began."""
        self._noise: Noise | None = None
        """The line before it."""
        self._hidden = False
        """Its very beginning may lie under the noise."""
        self.endpointing = Endpointing(settings.endpointing)
        self._epoch_ms: float | None = None
        self._fed_at_ms = 0
        self.late_ms = 0.0
        """How far the latest frame came behind the quickest ones."""
        self._most_kept = 2 * settings.kept_ms * BYTES_PER_MS

    @property
    def position(self) -> int:
        """Samples that have come."""
        return self._base + len(self._sound)

    @property
    def epoch_ms(self) -> float:
        """Call time of sample 0: the quickest frame tells; it creeps with the carrier's clock, 0.2 ms a second."""
        return self._epoch_ms or 0.0

    def call_ms(self, sample: int) -> Millis:
        return Millis(max(0, int(self.epoch_ms + sample / BYTES_PER_MS)))

    def feed_media(self, mulaw: bytes, now: Millis) -> list[Window]:
        self._sound += mulaw
        kept = len(self._sound)
        shown = now - (self._base + kept) / BYTES_PER_MS
        if self._epoch_ms is None:
            self._epoch_ms = shown
        else:
            crept = self._epoch_ms + (now - self._fed_at_ms) * 0.0002
            self._epoch_ms = shown if shown < crept else crept
        self.late_ms = shown - self._epoch_ms
        self._fed_at_ms = now
        if kept > self._most_kept and self._hold_from is None:
            self._trim(self.position - self._settings.kept_ms * BYTES_PER_MS)
        return self._windows.feed(mulaw)

    def feed_score(self, window_no: int, score: float) -> Edge | None:
        """An edge's `at_sample` is where the sound itself rises and falls, which the detector tells only roughly."""
        ended = self.endpointing.end_sample
        edge = self.endpointing.feed(window_no, score)
        if edge is None:
            return None
        at = self._end(edge) if edge.kind is EdgeKind.PAUSED else self._begin(edge, not_before=ended)
        return replace(edge, at_sample=at)

    def _begin(self, edge: Edge, *, not_before: int) -> int:
        base = max(self._base, edge.seen_at_sample - self._settings.kept_ms * BYTES_PER_MS)
        begin = begin_of_speech(
            self._between(base, edge.seen_at_sample),
            edge.at_sample - base,
            self._settings.contour,
            not_before=max(0, not_before - base),
            known=self._noise,
        )
        self._began, self._noise, self._hidden = base + begin.sample, begin.noise, begin.hidden
        return self._began

    def _end(self, edge: Edge) -> int:
        base = max(self._base, self._began, edge.seen_at_sample - self._settings.measured_ms * BYTES_PER_MS)
        sound = self._between(base, edge.seen_at_sample)
        noise = self._noise or Noise()
        end = max(self._began, base + end_of_speech(sound, edge.at_sample - base, noise, self._settings.contour))
        self.endpointing.placed(end)
        return end

    def hold(self, from_sample: int) -> None:
        """A turn began at `from_sample`: keep everything since its pre-roll."""
        if self._hold_from is None:
            settings = self._settings
            pre_roll_ms = settings.pre_roll_in_noise_ms if self._hidden else settings.pre_roll_ms
            self._hold_from = max(self._base, from_sample - pre_roll_ms * BYTES_PER_MS)

    def hold_anew(self, from_sample: int) -> None:
        """What was held before `from_sample` was not the caller's."""
        self._hold_from = max(self._base, from_sample)
        self._trim(max(self._base, self._hold_from - self._settings.kept_ms * BYTES_PER_MS))

    @property
    def noise_rms(self) -> float:
        """Of the line before the latest speech, in differences of neighbouring samples."""
        return 0.0 if self._noise is None else self._noise.sharp

    def latest(self, ms: int) -> bytes:
        """The last so many ms, or what is kept of them."""
        return bytes(self._sound[-ms * BYTES_PER_MS :])

    def utterance(self) -> bytes:
        """The turn's sound up to now, pre-roll first."""
        assert self._hold_from is not None, "no turn is held"
        return bytes(self._sound[self._hold_from - self._base :])

    @property
    def held_ms(self) -> int:
        return 0 if self._hold_from is None else (self.position - self._hold_from) // BYTES_PER_MS

    @property
    def too_long(self) -> bool:
        return self.held_ms >= self._settings.longest_ms

    def release(self) -> None:
        """The turn is over or dropped."""
        self._hold_from = None
        self.endpointing.over()

    def _trim(self, to_sample: int) -> None:
        del self._sound[: to_sample - self._base]
        self._base = to_sample

    def _between(self, from_sample: int, to_sample: int) -> bytes:
        return bytes(self._sound[from_sample - self._base : to_sample - self._base])
