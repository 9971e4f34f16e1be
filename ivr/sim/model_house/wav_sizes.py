"""A WAV file whose header tells its length, or does not, as one made while it is sent."""

import struct
from typing import Literal

from ivr.audio import wav
from ivr.audio.pcm import Pcm


def wav_file(pcm: Pcm, size: Literal["true", "zero", "unknown"]) -> bytes:
    """`zero` and `unknown` (0xFFFFFFFF) stand in both places of the header."""
    match size:
        case "true":
            return wav.write(pcm)
        case "unknown":
            return wav.header(wav.WavFormat.PCM16, 1, pcm.rate_hz, None) + pcm.samples
    head = bytearray(wav.header(wav.WavFormat.PCM16, 1, pcm.rate_hz, len(pcm.samples)))
    head[4:8] = head[-4:] = struct.pack("<I", 0)
    return bytes(head) + pcm.samples
