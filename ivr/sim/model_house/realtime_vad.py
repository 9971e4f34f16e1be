"""Where speech begins and ends in what comes in, by its energy: the double of server_vad."""

from collections.abc import Iterator
from dataclasses import dataclass

from ivr.audio import mulaw
from ivr.audio.pcm import Pcm

FRAME_MS = 20
ONSET_FRAMES = 3
LOUD_RMS = 400
"""At a threshold of 0.5."""


@dataclass(frozen=True, slots=True)
class Edge:
    """`at_ms`: since the session began."""

    begins: bool
    at_ms: int


class Vad:
    def __init__(self, rate_hz: int, silence_ms: int, threshold: float) -> None:
        self._frame = 2 * rate_hz * FRAME_MS // 1000
        self._quiet_frames = max(1, silence_ms // FRAME_MS)
        self._rms = LOUD_RMS * 2 * threshold
        self._rest = b""
        self._run = 0
        self.speaking = False
        self.at_ms = 0

    def feed(self, pcm: Pcm) -> Iterator[Edge]:
        data = self._rest + pcm.samples
        for at in range(0, len(data) - self._frame + 1, self._frame):
            self.at_ms += FRAME_MS
            loud = mulaw.rms(data[at : at + self._frame]) > self._rms
            self._run = self._run + 1 if loud is not self.speaking else 0
            if self._run >= (self._quiet_frames if self.speaking else ONSET_FRAMES):
                self.speaking, run, self._run = not self.speaking, self._run, 0
                yield Edge(self.speaking, self.at_ms - (run * FRAME_MS if self.speaking else 0))
        self._rest = data[len(data) - len(data) % self._frame :]
