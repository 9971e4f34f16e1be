"""WAV bytes to PCM and back, and the header alone for what is written as it is heard.

Read is what people bring: PCM of 8 to 32 bits, 32-bit float, A-law (format 6), µ-law (7), one channel or more, any
rate. A file whose sizes were never filled in (0 or 0xFFFFFFFF, a recording cut short) is read to its end.
"""

import struct
from collections.abc import Iterator
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ivr.audio import mulaw
from ivr.audio.pcm import Pcm

UNKNOWN_SIZE = 0xFFFFFFFF
HIGHEST_RATE_HZ = 768_000
MOST_CHANNELS = 32


class WavUnreadable(ValueError):
    """These bytes are not a WAV file that can be read; the text says why."""


class WavFormat(IntEnum):
    PCM16 = 1
    FLOAT32 = 3
    ALAW = 6
    MULAW = 7

    @property
    def sample_bytes(self) -> int:
        return {WavFormat.PCM16: 2, WavFormat.FLOAT32: 4}.get(self, 1)


_EXTENSIBLE = 0xFFFE


def read(data: bytes) -> Pcm:
    """The sound as one channel; several are mixed in equal parts.

    Raises:
        WavUnreadable: not WAV, or of a kind not listed above.
    """
    values, rate_hz = _values(data)
    if values.shape[1] == 1:
        return Pcm.of(values[:, 0], rate_hz)
    return Pcm.of(values.mean(axis=1), rate_hz)


def read_channels(data: bytes) -> list[Pcm]:
    """The sound of each channel apart, left first.

    Raises:
        WavUnreadable: as `read`.
    """
    values, rate_hz = _values(data)
    return [Pcm.of(values[:, channel], rate_hz) for channel in range(values.shape[1])]


def write(pcm: Pcm) -> bytes:
    """A 16-bit file of one channel."""
    return header(WavFormat.PCM16, 1, pcm.rate_hz, len(pcm.samples)) + pcm.samples


def header(form: WavFormat, channels: int, rate_hz: int, data_bytes: int | None) -> bytes:
    """All that stands before the samples. `data_bytes` None: not known yet, players read to the end of the file.

    The samples themselves must be padded by one byte if `data_bytes` is odd.
    """
    width = form.sample_bytes
    shape = struct.pack("<HHIIHH", form, channels, rate_hz, rate_hz * channels * width, channels * width, 8 * width)
    chunks = _chunk(b"fmt ", shape if form is WavFormat.PCM16 else shape + b"\x00\x00")
    if form is not WavFormat.PCM16:
        blocks = UNKNOWN_SIZE if data_bytes is None else data_bytes // (channels * width)
        chunks += _chunk(b"fact", struct.pack("<I", blocks))
    riff_bytes = UNKNOWN_SIZE if data_bytes is None else 4 + len(chunks) + 8 + data_bytes + data_bytes % 2
    size = UNKNOWN_SIZE if data_bytes is None else data_bytes
    return b"RIFF" + struct.pack("<I", riff_bytes) + b"WAVE" + chunks + b"data" + struct.pack("<I", size)


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body


def _values(data: bytes) -> tuple[NDArray[np.float64], int]:
    """[blocks, channels] in the range of 16-bit samples, and the rate."""
    if len(data) < 12 or data[:4] not in (b"RIFF", b"RF64") or data[8:12] != b"WAVE":
        raise WavUnreadable("not a WAV file: it does not begin with RIFF ... WAVE")
    shape: bytes | None = None
    for name, body in _chunks(data):
        if name == b"fmt ":
            shape = body
        elif name == b"data":
            if shape is None:
                raise WavUnreadable("a WAV file without a format before its data")
            return _decoded(shape, body)
    raise WavUnreadable("a WAV file without data")


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8
        if name == b"data" and (size == UNKNOWN_SIZE or (size == 0 and len(data) > at)):
            size = len(data) - at
        yield name, data[at : at + size]
        at += size + size % 2


def _decoded(shape: bytes, body: bytes) -> tuple[NDArray[np.float64], int]:
    if len(shape) < 16:
        raise WavUnreadable("a WAV file with a format chunk that is too short")
    form, channels, rate_hz, _, _, bits = struct.unpack("<HHIIHH", shape[:16])
    if form == _EXTENSIBLE and len(shape) >= 26:
        form = int.from_bytes(shape[24:26], "little")
    if not 1 <= channels <= MOST_CHANNELS or not 1 <= rate_hz <= HIGHEST_RATE_HZ:
        raise WavUnreadable(f"a WAV file of {channels} channels at {rate_hz} Hz")
    width = bits // 8
    if width not in (1, 2, 3, 4) or bits % 8:
        raise WavUnreadable(f"a WAV file of {bits} bits a sample")
    whole = len(body) - len(body) % (width * channels)
    return _linear(form, width, body[:whole]).reshape(-1, channels), rate_hz


def _linear(form: int, width: int, body: bytes) -> NDArray[np.float64]:
    match form, width:
        case 1, 1:
            return (np.frombuffer(body, np.uint8).astype(np.float64) - 128) * 256
        case 1, 2:
            return np.frombuffer(body, "<i2").astype(np.float64)
        case 1, 3:
            padded = np.zeros((len(body) // 3, 4), np.uint8)
            padded[:, 1:] = np.frombuffer(body, np.uint8).reshape(-1, 3)
            return padded.view("<i4")[:, 0] / 65536
        case 1, 4:
            return np.frombuffer(body, "<i4") / 65536
        case 3, 4:
            with np.errstate(invalid="ignore"):  # a signalling not-a-number is silence like the others
                wide = np.frombuffer(body, "<f4").astype(np.float64)
            return np.nan_to_num(wide, posinf=1, neginf=-1) * 32768
        case 6, 1:
            return np.frombuffer(mulaw.samples_of_alaw(body), np.int16).astype(np.float64)
        case 7, 1:
            return np.frombuffer(mulaw.samples(body), np.int16).astype(np.float64)
    raise WavUnreadable(f"a WAV file of format {form} with {8 * width} bits; PCM, float, A-law and µ-law are read")
