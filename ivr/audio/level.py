"""How loud a sound is, in dB below full scale (dBFS: a square wave of full swing is 0), and how to set it."""

from math import log10

import numpy as np
from numpy.typing import NDArray

from ivr.audio.pcm import Pcm

FULL_SCALE = 32768
SILENT_DBFS = -100.0
PROMPT_DBFS = -20.0
"""The active level at which prompts leave."""
ACTIVE_RANGE_DB = 25.0
"""20 ms pieces further below the loudest one are pauses, not speech."""
SOFT_FROM = 0.7
"""Where the soft limit begins to bend, as a share of full scale: -3 dBFS."""


def dbfs(pcm: Pcm) -> float:
    """The level of the whole sound, -100 for silence."""
    values = pcm.array().astype(np.float64)
    return _db(float(np.mean(values**2))) if len(values) else SILENT_DBFS


def active_dbfs(pcm: Pcm) -> float:
    """The level of the speech in the sound, its pauses left out; -100 for silence."""
    powers = _powers(pcm)
    if not len(powers) or powers.max() == 0:
        return SILENT_DBFS
    return _db(float(powers[powers >= powers.max() * 10 ** (-ACTIVE_RANGE_DB / 10)].mean()))


def clipped(pcm: Pcm) -> int:
    """How many samples stand at the end of the scale."""
    values = pcm.array()
    return int(np.count_nonzero((values == 32767) | (values == -32768)))


def gained(pcm: Pcm, db: float) -> Pcm:
    """Louder or softer; peaks that would clip are bent below full scale instead, quiet samples are scaled exactly."""
    values = pcm.array().astype(np.float64) * (10 ** (db / 20) / FULL_SCALE)
    return Pcm.of(_bent(values) * FULL_SCALE, pcm.rate_hz)


def levelled(pcm: Pcm, active: float = PROMPT_DBFS) -> Pcm:
    """Speech set to this active level without clipping; silence stays silence."""
    now = active_dbfs(pcm)
    return pcm if now <= SILENT_DBFS else gained(pcm, active - now)


def _bent(values: NDArray[np.float64]) -> NDArray[np.float64]:
    room = 1 - SOFT_FROM - 2 / FULL_SCALE  # the last steps stay free, so that nothing counts as clipped
    over = np.abs(values) > SOFT_FROM
    bent = values.copy()
    bent[over] = np.sign(values[over]) * (SOFT_FROM + room * np.tanh((np.abs(values[over]) - SOFT_FROM) / room))
    return bent


def _powers(pcm: Pcm) -> NDArray[np.float64]:
    """Mean power of each 20 ms; the rest of the last piece counts with the piece before, if there is one."""
    values = pcm.array().astype(np.float64)
    piece = max(1, pcm.rate_hz // 50)
    if len(values) < piece:
        return np.array([np.mean(values**2)]) if len(values) else values
    whole = len(values) - len(values) % piece
    return np.asarray(np.mean(values[:whole].reshape(-1, piece) ** 2, axis=1))


def _db(power: float) -> float:
    return max(SILENT_DBFS, 10 * log10(power / FULL_SCALE**2)) if power > 0 else SILENT_DBFS
