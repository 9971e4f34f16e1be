"""The voice that speaks for a caller: the embedded one, as somebody speaks who wants to be understood on a bad line.

In its own manner the recogniser gets a quarter of the words of callers' lines wrong, where of what people say on a
telephone it gets one in twenty wrong. So a caller knows several manners, slower, lower and higher, listens to a line as
it will be on the telephone, and says it in the first manner in which the words are understood, else in the best.
"""

import time
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Final

import numpy as np
from rapidfuzz.distance import Levenshtein

from ivr.audio import mulaw
from ivr.audio.pauses import pauses
from ivr.audio.pcm import Pcm
from ivr.audio.resample import resample_whole
from ivr.errors import ModelError
from ivr.models.offline.pico import Pico
from ivr.models.ports import Transcriber, Voice
from ivr.sim.caller import BETWEEN_SENTENCES_MS
from ivr.sim.judging import words
from ivr.sim.line import caller_speech
from ivr.units import BYTES_PER_MS, LINE_RATE_HZ, Millis

MANNERS: Final = ((0.8, 0.85), (1.0, 1.0), (0.7, 0.8), (0.8, 1.0), (0.9, 0.9), (0.65, 0.9), (0.85, 1.15), (0.7, 1.1))
"""Speed and pitch, as so many times the voice's own."""
_SILENCE_MS: Final = ((100, 250), (100, 420), (80, 650))
"""Before and after a line where it is listened to, as it is on a call: a small recogniser is upset by little."""
MOST_PAUSE_MS: Final = 220
"""At a comma: who stays silent longer has finished, to whoever listens."""
_SPEAK_WITHIN_MS: Final = 20_000
_LISTEN_WITHIN_MS: Final = 20_000


class CallersVoice:
    """A Synthesizer. One Pcm a text."""

    streams = False

    def __init__(self, transcriber: Transcriber) -> None:
        """Raises: SettingsError: the voice's package is missing or altered."""
        self._voices = [Pico(processes=1, speed=speed, pitch=pitch) for speed, pitch in MANNERS]
        self._transcriber = transcriber
        self._known: dict[tuple[str, Voice], tuple[int, Pcm]] = {}

    @property
    def rate_hz(self) -> int:
        return self._voices[0].rate_hz

    async def start(self) -> None:
        """The other manners start when they are needed. Raises: SettingsError: the voice does not run here."""
        await self._voices[0].start()

    async def close(self) -> None:
        for voice in self._voices:
            await voice.close()

    async def speak(self, text: str, voice: Voice, deadline: Millis) -> AsyncGenerator[Pcm, None]:
        if (text, voice) not in self._known:
            self._known[text, voice] = await self._clearest(text, voice, deadline)
        yield self._known[text, voice][1]

    async def again(self, text: str) -> bytes:
        """A line that was spoken, as it is said once more: in the next manner, as the caller's µ-law."""
        manner, _ = self._known.get((text, Voice()), (0, None))
        speaker = self._voices[(manner + 1) % len(self._voices)]
        return caller_speech(
            await _whole(speaker, text, Voice(), Millis(int(time.monotonic() * 1000) + _SPEAK_WITHIN_MS))
        )

    async def _clearest(self, text: str, voice: Voice, deadline: Millis) -> tuple[int, Pcm]:
        """Which manner, and its sound."""
        best: tuple[int, int, Pcm] | None = None
        for manner, speaker in enumerate(self._voices):
            sound = await _whole(speaker, text, voice, deadline)
            wrong = await self._misheard(sound, text)
            if best is None or wrong < best[0]:
                best = (wrong, manner, sound)
            if not wrong:
                break
        assert best is not None, "there are manners"
        return best[1:]

    async def _misheard(self, sound: Pcm, text: str) -> int:
        """How many words are wrong, missing or too many, over all the listenings."""
        line, wrong = caller_speech(sound), 0
        for before_ms, after_ms in _SILENCE_MS:
            silence = [mulaw.SILENCE * (ms * BYTES_PER_MS) for ms in (before_ms, after_ms)]
            heard = resample_whole(mulaw.decode(line.join(silence)), self._transcriber.rate_hz)
            deadline = Millis(int(time.monotonic() * 1000) + _LISTEN_WITHIN_MS)
            written = ""
            with suppress(ModelError):
                written = (await self._transcriber.transcribe(heard, "text", deadline)).text
            wrong += Levenshtein.distance(words(written), words(text))
        return wrong


async def _whole(speaker: Pico, text: str, voice: Voice, deadline: Millis) -> Pcm:
    parts = [_fluent(part).samples async for part in speaker.speak(text, voice, deadline)]
    return Pcm(Pcm.silence(ms=BETWEEN_SENTENCES_MS, rate_hz=speaker.rate_hz).samples.join(parts), speaker.rate_hz)


def _fluent(sentence: Pcm) -> Pcm:
    """Without what is too long of its pauses."""
    found, kept, at = sentence.array(), [], 0
    for start_ms, end_ms in pauses(mulaw.encode(resample_whole(sentence, LINE_RATE_HZ))):
        cut = slice(
            *(ms * sentence.rate_hz // 1000 for ms in (start_ms + MOST_PAUSE_MS // 2, end_ms - MOST_PAUSE_MS // 2))
        )
        if cut.start < cut.stop:
            kept.append(found[at : cut.start])
            at = cut.stop
    return Pcm(np.concatenate([*kept, found[at:]]).tobytes(), sentence.rate_hz)
