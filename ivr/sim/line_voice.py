"""How the embedded voice says a text on a line, in each of a project's languages: what a judge lays beside it."""

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from ivr.audio import mulaw
from ivr.audio.pcm import Pcm
from ivr.audio.resample import resample_whole
from ivr.errors import ModelError
from ivr.models.offline.pico import Pico
from ivr.models.ports import Voice
from ivr.units import LINE_RATE_HZ, Millis

_SPEAK_WITHIN_MS: Final = 20_000


class LineVoice:
    def __init__(self, languages: Sequence[str]) -> None:
        """Raises: SettingsError: the voice's package is missing or altered."""
        self._languages = tuple(dict.fromkeys(languages))
        self._pico = Pico(processes=1)
        self._known: dict[str, list[Pcm]] = {}

    async def start(self) -> None:
        """Raises: SettingsError: the voice does not run here."""
        await self._pico.start()

    async def close(self) -> None:
        await self._pico.close()

    async def sounds_of(self, text: str) -> Sequence[Pcm]:
        """At 8 kHz, through the codec; a language that the voice does not speak is left out."""
        if text not in self._known:
            self._known[text] = [sound for language in self._languages if (sound := await self._said(text, language))]
        return self._known[text]

    async def _said(self, text: str, language: str) -> Pcm | None:
        deadline = Millis(int(time.monotonic() * 1000) + _SPEAK_WITHIN_MS)
        with suppress(ModelError):
            voice = Voice(language=language)
            parts = [part.samples async for part in self._pico.speak(text, voice, deadline)]
            sound = Pcm(b"".join(parts), self._pico.rate_hz)
            return mulaw.decode(mulaw.encode(resample_whole(sound, LINE_RATE_HZ)))
        return None
