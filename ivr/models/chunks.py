"""An utterance as heard on the line to a chunk a model can take: its rate, its length, its encoding."""

import numpy as np

from ivr.audio import mulaw
from ivr.audio.pcm import Pcm
from ivr.audio.resample import resample_whole

SHORTEST_MS = 500
"""Recognisers miss words in less; shorter chunks get silence around them."""
LONGEST_MS = 12_000
"""Recognisers begin to loop on more; longer chunks are split."""

_SEARCHED_MS = 4000
"""How far back from the longest length a quiet place is looked for."""
_QUIET_MS = 100
_STEP_MS = 10


def model_chunk(utterance: bytes, rate_hz: int) -> Pcm:
    """µ-law from the line at the model's rate, resampled once, at least half a second long."""
    return padded(resample_whole(mulaw.decode(utterance), rate_hz))


def padded(pcm: Pcm) -> Pcm:
    """With silence before and after, if it is shorter than half a second."""
    missing = SHORTEST_MS * pcm.rate_hz // 1000 - len(pcm)
    if missing <= 0:
        return pcm
    before = missing // 2
    return Pcm(bytes(2 * before) + pcm.samples + bytes(2 * (missing - before)), pcm.rate_hz)


def pieces(pcm: Pcm, longest_ms: int = LONGEST_MS) -> list[Pcm]:
    """The sound in order, in pieces no longer than this, cut in the quietest 100 ms of each piece's last 4 s."""
    cut = []
    longest = longest_ms * pcm.rate_hz // 1000
    while len(pcm) > longest:
        at = _quietest(pcm, longest)
        cut.append(Pcm(pcm.samples[: 2 * at], pcm.rate_hz))
        pcm = Pcm(pcm.samples[2 * at :], pcm.rate_hz)
    return [*cut, pcm]


def _quietest(pcm: Pcm, longest: int) -> int:
    step = max(1, _STEP_MS * pcm.rate_hz // 1000)
    begin = longest - min(_SEARCHED_MS * pcm.rate_hz // 1000, longest // 2)
    values = pcm.array()[begin:longest].astype(np.float64)
    steps = (values[: len(values) - len(values) % step] ** 2).reshape(-1, step).sum(axis=1)
    width = min(_QUIET_MS // _STEP_MS, len(steps))
    powers = np.convolve(steps, np.ones(width), "valid")
    return begin + int(np.argmin(powers)) * step + width * step // 2
