"""Engines that answer at once, for load tests: they take no time of their own, so what is measured is the server."""

from collections.abc import AsyncGenerator, Sequence

import numpy as np

from ivr.audio.level import levelled
from ivr.audio.pcm import Pcm
from ivr.errors import ModelUnavailable
from ivr.models.deadline import left_s
from ivr.models.ports import Transcript, Voice
from ivr.units import Millis

HEARD = "load test"
SPEECH_MS = 4000
SPEECH_RATE_HZ = 24_000
HEARING_RATE_HZ = 16_000


class InstantTranscriber:
    """Hears the same two words in everything."""

    rate_hz = HEARING_RATE_HZ

    async def transcribe(self, chunk: Pcm, expect: str, deadline: Millis) -> Transcript:
        _in_time(deadline)
        return Transcript(HEARD, 0.0, Millis(0))


class InstantSynthesizer:
    """Says every text in the same four seconds of sound, made once, at the rate of the voices on the network."""

    rate_hz = SPEECH_RATE_HZ
    streams = True

    def __init__(self) -> None:
        self._speech = speech_like(SPEECH_MS, SPEECH_RATE_HZ)

    async def speak(self, text: str, voice: Voice, deadline: Millis) -> AsyncGenerator[Pcm, None]:
        _in_time(deadline)
        if text.strip():
            yield self._speech


class InstantSimilarity:
    """The share of words two texts have in common (Jaccard), from 0 to 1."""

    async def rank(self, text: str, options: Sequence[str], deadline: Millis) -> list[float]:
        _in_time(deadline)
        said = set(text.lower().split())
        return [_shared(said, set(option.lower().split())) for option in options]


def speech_like(ms: int, rate_hz: int) -> Pcm:
    """A hum of a voice's pitch and formants in syllables of 200 ms, the same every time."""
    at = np.arange(ms * rate_hz // 1000) / rate_hz
    pitch = 2 * np.pi * np.cumsum(120 + 15 * np.sin(2 * np.pi * 0.7 * at)) / rate_hz
    sound = np.zeros(len(at))
    for order in range(1, 30):
        hz = 120 * order
        near = sum(np.exp(-(((hz - formant) / 150) ** 2)) for formant in (500, 1500, 2500))
        sound += (near + 0.05) / order**0.5 * np.sin(order * pitch)
    syllables = np.clip(np.sin(2 * np.pi * 2.5 * at), 0, None) ** 0.5
    return levelled(Pcm.of(3000 * sound * syllables, rate_hz))


def _shared(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other) if one | other else 0.0


def _in_time(deadline: Millis) -> None:
    if left_s(deadline) <= 0:
        raise ModelUnavailable("asked after the deadline")
