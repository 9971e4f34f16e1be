"""The caller's side as sound: what was said since when, and where speech begins and ends.

Positions are samples of the stream (8 a millisecond), the only clock of the caller's sound. Sound is kept from a
pre-roll before the onset, so that no first syllable is lost, until the turn is over.
"""

from dataclasses import dataclass, field

from ivr.audio.windows import Window, Windows
from ivr.turn.endpointing import Edge, Endpointing, EndpointingSettings
from ivr.units import BYTES_PER_MS, WINDOW_SAMPLES, Millis


@dataclass(frozen=True, slots=True)
class HearingSettings:
    pre_roll_ms: int = 240
    reach_back_ms: int = 1000
    """The detector may miss a first word that the energy gate has let through: so far back the sound is taken along."""
    kept_ms: int = 1600
    """Sound kept while nobody speaks: the pre-roll, the onset, and speech that waits for a protected prompt to end."""
    longest_ms: int = 30_000
    endpointing: EndpointingSettings = field(default_factory=EndpointingSettings)


class Hearing:
    """Frames and scores in, edges and utterances out."""

    def __init__(self, settings: HearingSettings | None = None) -> None:
        self._settings = settings = settings or HearingSettings()
        self._windows = Windows()
        self._sound = bytearray()
        self._base = 0
        """Sample at which `_sound` begins."""
        self._hold_from: int | None = None
        self._loud_from: int | None = None
        """Since when, without a break, there is more than near silence."""
        self.endpointing = Endpointing(settings.endpointing)
        self._epoch_ms: float | None = None
        self._fed_at_ms = 0

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
        shown = now - self.position / BYTES_PER_MS
        if self._epoch_ms is None:
            self._epoch_ms = shown
        else:
            self._epoch_ms = min(shown, self._epoch_ms + (now - self._fed_at_ms) * 0.0002)
        self._fed_at_ms = now
        if len(self._sound) > 2 * self._settings.kept_ms * BYTES_PER_MS and self._hold_from is None:
            self._trim(self.position - self._settings.kept_ms * BYTES_PER_MS)
        windows = self._windows.feed(mulaw)
        for window in windows:
            if window.gated:
                self._loud_from = None
            elif self._loud_from is None:
                self._loud_from = window.no * WINDOW_SAMPLES
        return windows

    def feed_score(self, window_no: int, score: float) -> Edge | None:
        return self.endpointing.feed(window_no, score)

    def hold(self, from_sample: int) -> None:
        """A turn began at `from_sample`: keep everything since its pre-roll."""
        if self._hold_from is None:
            reach = from_sample - self._settings.reach_back_ms * BYTES_PER_MS
            begin = from_sample if self._loud_from is None else min(from_sample, max(reach, self._loud_from))
            self._hold_from = max(self._base, begin - self._settings.pre_roll_ms * BYTES_PER_MS)

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
