"""What the house speaks with, at 24 kHz: a row of tones that needs no engine, or any voice of ours."""

import hashlib
from contextlib import aclosing
from functools import lru_cache
from typing import Final, Protocol

import numpy as np

from ivr.audio.pcm import Pcm
from ivr.audio.resample import resample_whole
from ivr.models.deadline import due_in
from ivr.models.ports import Synthesizer, Voice
from ivr.models.sentences import sentences

RATE_HZ: Final = 24_000
WORD_MS: Final = 250
GAP_MS: Final = 50
_SPOKEN_WITHIN_MS: Final = 60_000
_LOWEST_HZ, _STEPS, _STEP_HZ = 300, 24, 50
_EDGE_MS = 8
_PEAK = 8000


class Speaks(Protocol):
    async def sound(self, text: str) -> Pcm:
        """The whole text at 24 kHz; the same text always the same samples."""
        ...


class Tones:
    """A tone of a quarter of a second a word, its pitch by the word. Made at once, the same everywhere."""

    async def sound(self, text: str) -> Pcm:
        return Pcm(b"".join(_tone(word) + bytes(2 * GAP_MS * RATE_HZ // 1000) for word in text.split()), RATE_HZ)


class Spoken:
    """Real speech, by a Synthesizer that was started: each sentence spoken once, then kept."""

    def __init__(self, synthesizer: Synthesizer) -> None:
        self._synthesizer = synthesizer
        self._kept: dict[str, bytes] = {}

    async def sound(self, text: str) -> Pcm:
        return Pcm(b"".join([await self._sentence(one) for one in sentences(text)]), RATE_HZ)

    async def _sentence(self, sentence: str) -> bytes:
        if sentence not in self._kept:
            parts = []
            async with aclosing(self._synthesizer.speak(sentence, Voice(), due_in(_SPOKEN_WITHIN_MS))) as spoken:
                async for pcm in spoken:
                    if isinstance(pcm, Pcm):
                        parts.append(pcm.samples)
            whole = Pcm(b"".join(parts), self._synthesizer.rate_hz)
            self._kept[sentence] = resample_whole(whole, RATE_HZ).samples
        return self._kept[sentence]


@lru_cache(maxsize=4096)
def _tone(word: str) -> bytes:
    step = hashlib.sha256(word.encode()).digest()[0] % _STEPS
    at = np.arange(WORD_MS * RATE_HZ // 1000) / RATE_HZ
    edge = np.minimum(1, np.minimum(at, WORD_MS / 1000 - at) * 1000 / _EDGE_MS)
    return Pcm.of(_PEAK * edge * np.sin(2 * np.pi * (_LOWEST_HZ + step * _STEP_HZ) * at), RATE_HZ).samples
