"""From one rate to another: as a stream without seams and 2 ms late, or a whole sound with no delay.

Both are polyphase FIR filters with a Kaiser window. Their coefficients are whole multiples of 2**-30, so every sum of
products with 16-bit samples is exact in float64: the order of adding, and with it the size of the pieces fed, cannot
change a sample.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from math import gcd

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ivr.audio.pcm import Pcm

STREAM_SIDE = 16
"""Samples of the lower rate on each side of the stream's filter: 2 ms at 8000 Hz."""
STREAM_EDGE = 0.92
"""Half-gain point of the stream's filter, as a share of half the lower rate."""
STREAM_BETA = 7.5
"""Kaiser's beta. With 2 ms there is a choice: this loses 0.9 dB at 3400 Hz and is 49 dB down at 4200 Hz, 83 dB or more
from 4400 Hz on; 9.0 would lose 1.1 dB, and let 9 dB more in at 4200 Hz."""
WHOLE_SIDE = 64
WHOLE_EDGE = 0.95
WHOLE_BETA = 9.0
"""90 dB or more down from 4100 Hz on."""

_GRAIN = 2.0**30
_BLOCK = 2048
"""Outputs reckoned at once where phases are many; bounds the memory a long sound takes."""
_FEW_PHASES = 8
_TURNS = 32
"""Where phases are few, so many outputs of each are reckoned by one row of a product of matrices, which is five times
as quick as one after the other although most of the matrix is zeros."""
_PRODUCTS = 250_000
"""The largest product at once: more is shared out to threads, and calls share the cores by themselves."""

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Filter:
    """A filter at the common rate, `up` times the one rate and `down` times the other, kept as `up` phases."""

    up: int
    down: int
    lag: int
    """How late the output is, in steps of the common rate."""
    phases: _Floats
    """[up, taps], the factor of the oldest input first."""
    tables: dict[int, _Floats] = field(default_factory=dict)

    @property
    def taps(self) -> int:
        return int(self.phases.shape[1])

    def outputs(self, inputs: _Floats, first: int, count: int) -> _Floats:
        """`count` outputs from step `first` on; step 0 is the moment of input number taps - 1."""
        if self.up > _FEW_PHASES:
            out = np.empty(count)
            self._gather(sliding_window_view(inputs, self.taps), first, out)
            return out
        row, phase = divmod(first, self.up)
        table = self._table(phase)
        reach, width = table.shape
        blocks = -(-count // width)
        missing = row + (blocks - 1) * _TURNS * self.down + reach - len(inputs)
        if missing > 0:
            inputs = np.concatenate((inputs, np.zeros(missing)))
        windows = sliding_window_view(inputs[row:], reach)[:: _TURNS * self.down][:blocks]
        wide = np.empty((blocks, width))
        rows = max(1, _PRODUCTS // table.size)
        for begin in range(0, blocks, rows):
            end = min(blocks, begin + rows)
            np.matmul(np.ascontiguousarray(windows[begin:end]), table, out=wide[begin:end])
        return wide.reshape(-1)[:count]

    def _table(self, phase: int) -> _Floats:
        """[inputs, outputs] of a block whose first output has this phase."""
        table = self.tables.get(phase)
        if table is None:
            steps = [divmod(phase + turn * self.down, self.up) for turn in range(_TURNS * self.up)]
            table = np.zeros((steps[-1][0] + self.taps, len(steps)))
            for turn, (row, of_phase) in enumerate(steps):
                table[row : row + self.taps, turn] = self.phases[of_phase]
            self.tables[phase] = table
        return table

    def _gather(self, windows: _Floats, first: int, out: _Floats) -> None:
        for begin in range(0, len(out), _BLOCK):
            block = out[begin : begin + _BLOCK]
            rows, phases = np.divmod(first + np.arange(begin, begin + len(block)) * self.down, self.up)
            np.einsum("ij,ij->i", windows[rows], self.phases[phases], out=block)


@lru_cache(maxsize=32)
def _filter(from_hz: int, to_hz: int, side: int, edge: float, beta: float) -> _Filter:
    assert from_hz > 0 and to_hz > 0, "a rate is positive"
    common = gcd(from_hz, to_hz)
    up, down = to_hz // common, from_hz // common
    lag = side * max(up, down)
    prototype = np.sinc(np.arange(-lag, lag + 1) * edge / max(up, down)) * np.kaiser(2 * lag + 1, beta)
    taps = -(-len(prototype) // up)
    phases = np.concatenate((prototype, np.zeros(taps * up - len(prototype)))).reshape(taps, up).T[:, ::-1]
    phases = phases / phases.sum(axis=1, keepdims=True)  # each phase passes a constant unchanged
    return _Filter(up, down, lag, np.ascontiguousarray(np.rint(phases * _GRAIN) / _GRAIN))


class Resampler:
    """A stream from one rate to another, 2 ms late, the same samples however it is cut. What is too loud saturates."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self.from_hz = from_hz
        self.to_hz = to_hz
        self._filter = _filter(from_hz, to_hz, STREAM_SIDE, STREAM_EDGE, STREAM_BETA)
        self.reset()

    def reset(self) -> None:
        """Forgets what was fed: a new stream begins."""
        self._inputs: _Floats = np.zeros(self._filter.taps - 1)
        self._step = 0

    def feed(self, pcm: Pcm) -> Pcm:
        """What can be told of the sound by now; empty when that is nothing."""
        assert pcm.rate_hz == self.from_hz, "a stream keeps its rate"
        filt = self._filter
        self._inputs = np.concatenate((self._inputs, pcm.array()))
        reach = (len(self._inputs) - filt.taps + 1) * filt.up
        count = -(-(reach - self._step) // filt.down)
        if count <= 0:
            return Pcm(b"", self.to_hz)
        out = filt.outputs(self._inputs, self._step, count)
        following = self._step + count * filt.down
        spent = min(following // filt.up, len(self._inputs) - filt.taps + 1)
        self._inputs = self._inputs[spent:]
        self._step = following - spent * filt.up
        return Pcm.of(out, self.to_hz)

    def flush(self) -> Pcm:
        """The 2 ms still inside; then a new stream begins."""
        tail = self.feed(Pcm(bytes(2 * -(-self._filter.lag // self._filter.up)), self.from_hz))
        self.reset()
        return tail


def resample_whole(pcm: Pcm, to_hz: int) -> Pcm:
    """A whole utterance or sentence at another rate: sharper than the stream, not delayed, silence around it."""
    if pcm.rate_hz == to_hz:
        return pcm
    filt = _filter(pcm.rate_hz, to_hz, WHOLE_SIDE, WHOLE_EDGE, WHOLE_BETA)
    count = -(-len(pcm) * filt.up // filt.down)
    if count == 0:
        return Pcm(b"", to_hz)
    after = (filt.lag + (count - 1) * filt.down) // filt.up + 1 - len(pcm)
    inputs: _Floats = np.concatenate((np.zeros(filt.taps - 1), pcm.array(), np.zeros(max(0, after))))
    return Pcm.of(filt.outputs(inputs, filt.lag, count), to_hz)
