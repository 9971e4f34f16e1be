"""The process's ear: one detector session, one batched run every 10 ms for the windows of all calls.

Scores go back to each call in stream order. A gated window (near silence) is not worth a run and scores 0.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ivr import metrics
from ivr.audio.windows import Window
from ivr.errors import ModelError
from ivr.units import WINDOW_SAMPLES

TICK_S = 0.010
FULL_BATCH = 32
"""So many windows do not wait for the tick."""
FULL_SCALE = 16384
"""What the detector is given as 1: twice as loud as the line is, since it notices soft voices late and loud ones no
worse."""

Floats = NDArray[np.float32]


class Detector(Protocol):
    """A voice activity detector with a row of state a call; a row may stand only once in a run."""

    def alloc_row(self) -> int: ...
    def free_row(self, row: int) -> None: ...
    def reset_row(self, row: int) -> None: ...
    def score(self, windows: Floats, rows: Sequence[int]) -> Floats: ...


class Listener:
    """One call's place in the ear."""

    __slots__ = ("row", "scored", "waiting")

    def __init__(self, row: int, scored: Callable[[int, float], None]) -> None:
        self.row = row
        self.scored = scored
        self.waiting: deque[Window] = deque()


class Ear:
    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._listeners: set[Listener] = set()
        self._busy: set[Listener] = set()
        """Those with windows that wait."""
        self._wake = asyncio.Event()
        self._full = asyncio.Event()
        self.failures = 0

    def open(self, scored: Callable[[int, float], None]) -> Listener:
        """`scored(window_no, score)` is called for each window, in stream order."""
        listener = Listener(self._detector.alloc_row(), scored)
        self._listeners.add(listener)
        metrics.EAR_ROWS.inc()
        return listener

    def close(self, listener: Listener) -> None:
        self._listeners.discard(listener)
        self._busy.discard(listener)
        self._detector.free_row(listener.row)
        metrics.EAR_ROWS.dec()

    def wait(self, listener: Listener, windows: Sequence[Window]) -> None:
        for window in windows:
            if window.gated and not listener.waiting:
                listener.scored(window.no, 0.0)
            else:
                listener.waiting.append(window)
                self._busy.add(listener)
        if self._busy:
            self._wake.set()
            if len(self._busy) >= FULL_BATCH:
                self._full.set()

    async def run(self) -> None:
        """One run a tick at most, for as long as the process lives; after a rest the first window is run at once."""
        loop = asyncio.get_running_loop()
        ticked_s = loop.time()
        while True:
            await self._wake.wait()
            due = loop.call_at(ticked_s + TICK_S, self._full.set)
            await self._full.wait()
            due.cancel()
            self._wake.clear()
            self._full.clear()
            ticked_s = loop.time()
            self.tick()

    def tick(self) -> None:
        """Scores all that waits; a call with several windows takes several rounds."""
        while self._busy:
            self._round(list(self._busy))

    def _round(self, listeners: list[Listener]) -> None:
        heads = [(li, li.waiting.popleft()) for li in listeners]
        for listener, _ in heads:
            if not listener.waiting:
                self._busy.discard(listener)
        loud = [(li, w) for li, w in heads if not w.gated]
        for listener, window in loud:
            if window.fresh:
                self._detector.reset_row(listener.row)
        self._score([(li, w.before) for li, w in loud if w.before is not None])
        scores = dict(zip((li for li, _ in loud), self._score([(li, w.samples) for li, w in loud]), strict=True))
        for listener, window in heads:
            if listener in self._listeners:
                listener.scored(window.no, scores.get(listener, 0.0))

    def _score(self, windows: list[tuple[Listener, bytes]]) -> list[float]:
        if not windows:
            return []
        joined = np.frombuffer(b"".join(w for _, w in windows), "<i2").reshape(-1, WINDOW_SAMPLES)
        try:
            scores = self._detector.score(
                joined.astype(np.float32) / np.float32(FULL_SCALE), [li.row for li, _ in windows]
            )
        except ModelError:
            self.failures += 1
            metrics.MODEL_ERRORS.labels("detector").inc()
            return [0.0] * len(windows)
        return [float(s) for s in scores]
