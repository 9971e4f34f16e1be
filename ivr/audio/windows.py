"""The line's µ-law re-blocked to the voice activity detector's windows, behind an energy gate.

A window of near silence is not worth a run of the detector: it is passed on as gated, and whoever scores it gives 0.
The gate opens at once and closes late, so that the detector hears the end of speech itself. Two things follow for the
one who runs the detector, and a window carries both: after ten gated windows in a row the row's state is worthless
and must begin anew (`fresh`), and the window just before an opening, which holds the first breath of a word, must be
run first (`before`); that one has had its score, the second one is dropped.
"""

from dataclasses import dataclass
from typing import NamedTuple

from ivr.audio.mulaw import rms, samples
from ivr.units import WINDOW_SAMPLES

WINDOW_BYTES = 2 * WINDOW_SAMPLES


class Window(NamedTuple):
    """256 samples, signed 16-bit; the first is sample `no * 256` of the stream."""

    no: int
    samples: bytes
    gated: bool
    level: int = 0
    """Its rms, 0 to 32768."""
    fresh: bool = False
    """The detector's state for this call is to be reset before this window (and before `before`) is run."""
    before: bytes | None = None
    """The samples of window `no - 1`, to be run before this one because it was gated."""


@dataclass(frozen=True, slots=True)
class GateSettings:
    """When the gate opens and closes; an rms of 104 is -50 dBFS, 33 is -60 dBFS."""

    open_rms: int = 48
    close_rms: int = 32
    close_after: int = 8
    """Quiet windows in a row before the gate closes: 256 ms."""
    stale_after: int = 10
    """Gated windows in a row after which the detector's state is reset."""


class Windows:
    """Frames in, full windows out, in order. The gate begins closed and the detector's state fresh."""

    __slots__ = ("_gate", "_gated_run", "_last", "_no", "_open", "_quiet_run", "_rest")

    def __init__(self, gate: GateSettings | None = None) -> None:
        self._gate = gate or GateSettings()
        self._rest = b""
        self._last: bytes | None = None
        self._no = 0
        self._open = False
        self._quiet_run = 0
        self._gated_run = 0

    def feed(self, mulaw: bytes) -> list[Window]:
        """The windows that are now full; any number of bytes may come."""
        rest = self._rest + samples(mulaw)
        full: list[Window] = []
        at = 0
        while len(rest) - at >= WINDOW_BYTES:
            full.append(self._window(rest[at : at + WINDOW_BYTES]))
            at += WINDOW_BYTES
        self._rest = rest[at:] if at else rest
        return full

    def _window(self, sound: bytes) -> Window:
        no, last = self._no, self._last
        self._no, self._last = no + 1, sound
        level = rms(sound)
        if not self._passes(level):
            self._gated_run += 1
            return Window(no, sound, True, level)
        gated_run, self._gated_run = self._gated_run, 0
        if not gated_run:
            return Window(no, sound, False, level)
        return Window(no, sound, False, level, gated_run >= self._gate.stale_after, last)

    def _passes(self, level: int) -> bool:
        if level >= self._gate.open_rms:
            self._open, self._quiet_run = True, 0
        elif level >= self._gate.close_rms:
            self._quiet_run = 0
        elif self._open:
            self._quiet_run += 1
            self._open = self._quiet_run < self._gate.close_after
        return self._open
