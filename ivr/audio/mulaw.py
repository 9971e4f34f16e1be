"""µ-law, the line's encoding, to linear samples and back; the one place that knows audioop."""

import warnings

from ivr.audio.pcm import Pcm
from ivr.units import LINE_RATE_HZ

with warnings.catch_warnings():
    # 3.11 and 3.12 announce at import that the standard library's audioop goes; from 3.13 audioop-lts has its place.
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

SILENCE = b"\xff"
"""One sample of silence."""


def decode(mulaw: bytes) -> Pcm:
    """µ-law at the line's rate to PCM at the line's rate."""
    return Pcm(audioop.ulaw2lin(mulaw, 2), LINE_RATE_HZ)


def encode(pcm: Pcm) -> bytes:
    """PCM at the line's rate to µ-law, one byte a sample."""
    assert pcm.rate_hz == LINE_RATE_HZ, "µ-law leaves at the line's rate: resample first"
    return bytes(audioop.lin2ulaw(pcm.samples, 2))


def samples(mulaw: bytes) -> bytes:
    """µ-law to signed 16-bit samples, for the frame path, where a Pcm would be one object too many."""
    return bytes(audioop.ulaw2lin(mulaw, 2))


def samples_of_alaw(alaw: bytes) -> bytes:
    """A-law, as European recordings have it, to signed 16-bit samples."""
    return bytes(audioop.alaw2lin(alaw, 2))


def rms(samples: bytes) -> int:
    """Root mean square of signed 16-bit samples, 0 to 32768."""
    return int(audioop.rms(samples, 2))


def mean(samples: bytes) -> int:
    """The mean of signed 16-bit samples: the offset of a line that is not centred."""
    return int(audioop.avg(samples, 2))
