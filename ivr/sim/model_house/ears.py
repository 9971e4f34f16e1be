"""What the house hears in the sounds it is sent: words a test gives, or a recogniser's."""

from typing import Protocol

from ivr.audio.pcm import Pcm
from ivr.models import whole
from ivr.models.ports import Transcriber


class Hears(Protocol):
    async def words(self, sound: Pcm) -> str: ...


class GivenWords:
    """The n-th new sound is the n-th of these words; what comes after the last is heard as nothing.

    A sound that was sent before (a history sent again, a transcription beside the chat) is the same words again.
    """

    def __init__(self, *words: str) -> None:
        self._words = list(words)
        self._heard: dict[bytes, str] = {}

    async def words(self, sound: Pcm) -> str:
        if sound.samples not in self._heard:
            self._heard[sound.samples] = self._words.pop(0) if self._words else ""
        return self._heard[sound.samples]


class Recognised:
    """By a Transcriber that was started."""

    def __init__(self, transcriber: Transcriber) -> None:
        self._transcriber = transcriber

    async def words(self, sound: Pcm) -> str:
        return (await whole.hear(self._transcriber, sound)).text
