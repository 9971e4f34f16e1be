"""A sound in figures, before it is let near callers: how long, how loud, how much of it clipped or silent."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ivr.audio.level import active_dbfs, clipped
from ivr.audio.pcm import Pcm

QUIET_DBFS: Final = -50.0
"""A piece of 20 ms below it is silence on a telephone."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Shares are 0 to 1. `lead_ms`, `tail_ms`: silence before the first and after the last sound."""

    rate_hz: int
    ms: int
    active_dbfs: float
    clipped: float
    silent: float
    lead_ms: int
    tail_ms: int


def judged(pcm: Pcm) -> Judged:
    piece = max(1, pcm.rate_hz // 50)
    values = pcm.array().astype(np.float64)
    whole = len(values) - len(values) % piece
    powers = np.mean(values[:whole].reshape(-1, piece) ** 2, axis=1) if whole else np.zeros(0)
    loud = np.flatnonzero(powers > (10 ** (QUIET_DBFS / 20) * 32768) ** 2)
    lead, tail = (int(loud[0]), len(powers) - 1 - int(loud[-1])) if len(loud) else (len(powers), 0)
    return Judged(
        pcm.rate_hz,
        pcm.ms,
        active_dbfs(pcm),
        clipped(pcm) / len(values) if len(values) else 0.0,
        1 - len(loud) / len(powers) if len(powers) else 1.0,
        lead * 20,
        tail * 20,
    )
