"""Silero's voice activity detector at 8 kHz: one session for the process, one row of state a call, many rows a run."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ivr.errors import ModelUnavailable
from ivr.models.offline import sessions, weights
from ivr.units import LINE_RATE_HZ

CONTEXT_SAMPLES = 32
"""The end of the window before, which the model wants in front of each."""
_STATE = 128
_FIRST_ROWS = 64

Floats = NDArray[np.float32]


class Silero:
    """Scores windows of calls. A row scored among others gives what it would give alone. Not for several threads."""

    def __init__(self) -> None:
        """Loads the weights.

        Raises:
            SettingsError: they are missing or altered.
        """
        self._session = sessions.opened(weights.located(weights.SILERO))
        self._rate = np.array(LINE_RATE_HZ, dtype=np.int64)
        self._state: Floats = np.zeros((2, _FIRST_ROWS, _STATE), np.float32)
        self._context: Floats = np.zeros((_FIRST_ROWS, CONTEXT_SAMPLES), np.float32)
        self._free = list(range(_FIRST_ROWS))[::-1]
        self._used: set[int] = set()

    def alloc_row(self) -> int:
        """A fresh row for a call; give it back by `free_row`."""
        if not self._free:
            self._grow()
        row = self._free.pop()
        self._used.add(row)
        self.reset_row(row)
        return row

    def free_row(self, row: int) -> None:
        self._used.remove(row)
        self._free.append(row)

    def reset_row(self, row: int) -> None:
        """As if nothing had been heard."""
        self._state[:, row] = 0
        self._context[row] = 0

    @property
    def rows(self) -> int:
        """How many are in use."""
        return len(self._used)

    def score(self, windows: Floats, rows: Sequence[int]) -> Floats:
        """The probability of speech, 0 to 1, of each window [n, 256] in -1..1; its row goes on from there.

        A row may stand only once in a run: its next window needs the state that this one leaves.

        Raises:
            ModelUnavailable: the run failed; the rows are as they were.
        """
        assert len(set(rows)) == len(rows) == len(windows), "one window a row and run"
        assert self._used.issuperset(rows), "a row that no call holds"
        if not len(windows):
            return np.zeros(0, np.float32)
        at = np.asarray(rows)
        given = np.concatenate((self._context[at], windows), axis=1)
        try:
            scores, state = self._session.run(None, {"input": given, "state": self._state[:, at], "sr": self._rate})
        except sessions.FAULTS as error:
            raise ModelUnavailable("the voice activity detector failed") from error
        self._state[:, at] = state
        self._context[at] = windows[:, -CONTEXT_SAMPLES:]
        return np.asarray(scores[:, 0], np.float32)

    def _grow(self) -> None:
        held = len(self._context)
        self._state = np.concatenate((self._state, np.zeros_like(self._state)), axis=1)
        self._context = np.concatenate((self._context, np.zeros_like(self._context)))
        self._free = list(range(held, 2 * held))[::-1]
