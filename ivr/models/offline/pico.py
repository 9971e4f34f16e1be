"""The voice: SVOX Pico in processes of its own, sentence by sentence, at the level at which prompts leave."""

import hashlib
import queue
from collections.abc import AsyncGenerator
from functools import partial
from importlib.metadata import distribution
from pathlib import Path

import numpy as np

from ivr.audio.level import levelled
from ivr.audio.pcm import Pcm
from ivr.errors import ModelRefused, ModelUnavailable, SettingsError
from ivr.models.deadline import due_in, left_s
from ivr.models.offline import pico_text, weights
from ivr.models.offline.pico_process import PicoDied, PicoProcess
from ivr.models.offline.pico_text import prepared
from ivr.models.ports import Voice
from ivr.models.sentences import sentences
from ivr.models.workers import Job, Workers, cores
from ivr.units import Millis

RATE_HZ = 16_000
LANGUAGES = ("en-US", "en-GB", "de-DE", "es-ES", "fr-FR", "it-IT")
WAITING = 64
HUNG_S = 5.0
"""A sentence takes 30 ms; a process that needs so long is stuck and is ended."""
LEAD_MS, TAIL_MS = 20, 250
"""How much of the engine's silence stays before and after a sentence."""
_SILENT_BELOW = 60
_WARM_MS = 20_000


class Pico:
    """A Synthesizer with a process a core. One Pcm a sentence of `models/sentences`.

    Pico has one voice a language: any `name` is spoken by it. Closing the iterator (or leaving it) asks for no more
    sentences; the one at work is finished by its process and dropped. The deadline holds for the first sentence; each
    later one, asked for when the listener is ready for it, has as long as the first had.
    """

    streams = False

    def __init__(
        self,
        *,
        processes: int | None = None,
        waiting: int = WAITING,
        hung_s: float = HUNG_S,
        speed: float = 1.0,
        pitch: float = 1.0,
    ) -> None:
        """`speed` and `pitch`: so many times what the voice has by itself, 0.5 to 2.

        Raises:
            SettingsError: the package or one of its files is missing or altered.
        """
        for file in weights.PICO:
            weights.located(file)
        self._processes = [PicoProcess(speed=speed, pitch=pitch) for _ in range(processes or cores())]
        self._idle: queue.SimpleQueue[PicoProcess] = queue.SimpleQueue()
        for process in self._processes:
            self._idle.put(process)
        self._hung_s = hung_s
        self._workers = Workers("the voice", threads=len(self._processes), waiting=waiting)

    @property
    def rate_hz(self) -> int:
        return RATE_HZ

    @property
    def pids(self) -> list[int]:
        """The processes that run."""
        return [process.pid for process in self._processes if process.pid is not None]

    async def start(self) -> None:
        """Starts every process and lets it speak once.

        Raises:
            SettingsError: the engine does not run on this machine.
        """
        try:
            await self._workers.run(self._warm, due_in(_WARM_MS))
        except ModelUnavailable as error:
            raise SettingsError(
                f"py-nanotts is installed but its voice does not run on this machine; {weights.FIX}"
            ) from error

    async def close(self) -> None:
        await self._workers.close()
        for process in self._processes:
            process.close()

    async def speak(self, text: str, voice: Voice, deadline: Millis) -> AsyncGenerator[Pcm, None]:
        language = _language(voice)
        allowed_ms = int(left_s(deadline) * 1000)
        for sentence in sentences(text):
            spoken = prepared(sentence, language)
            yield await self._workers.run(partial(self._sentence, spoken, language), deadline)
            deadline = due_in(allowed_ms)

    def _sentence(self, text: str, language: str, _job: Job) -> Pcm:
        process = self._idle.get()
        try:
            samples = _asked_twice(process, text, language, self._hung_s)
        finally:
            self._idle.put(process)
        if samples is None:
            raise ModelRefused("the voice could not speak a sentence")
        return levelled(_trimmed(Pcm(samples, RATE_HZ)))

    def _warm(self, _job: Job) -> None:
        for process in self._processes:
            _asked_twice(process, "Ready.", LANGUAGES[0], HUNG_S)


def spoken_by() -> str:
    """Names this voice as it is: its package and files, and the code that prepares its text and trims its sound.

    Raises: SettingsError as `weights.located`.
    """
    told = [distribution("py-nanotts").version.encode()]
    told += [weights.located(file).read_bytes() for file in weights.PICO]
    told += [Path(code).read_bytes() for code in (__file__, pico_text.__file__)]
    return "pico " + hashlib.sha256(b"\n".join(told)).hexdigest()[:16]


def _asked_twice(process: PicoProcess, text: str, language: str, hung_s: float) -> bytes | None:
    """A process that dies over a sentence is replaced, and the sentence tried once more."""
    try:
        return process.speak(text, language, hung_s)
    except PicoDied:
        pass
    try:
        return process.speak(text, language, hung_s)
    except PicoDied as error:
        raise ModelUnavailable("the voice died twice over a sentence") from error


def _language(voice: Voice) -> str:
    """That of the country, else the first of the tongue: es-US is spoken as es-ES is."""
    wanted = voice.language.replace("_", "-").lower()
    tongue = wanted.partition("-")[0]
    alike = [language for language in LANGUAGES if language[:2] == tongue]
    for language in sorted(alike, key=lambda known: known.lower() != wanted):
        return language
    raise ModelRefused(
        f"the offline voice does not speak {voice.language}; it speaks {', '.join(LANGUAGES)}", "request"
    )


def _trimmed(pcm: Pcm) -> Pcm:
    (loud,) = np.nonzero(np.abs(pcm.array().astype(np.int32)) > _SILENT_BELOW)
    if not len(loud):
        return pcm
    begin = max(0, int(loud[0]) - LEAD_MS * RATE_HZ // 1000)
    end = min(len(pcm), int(loud[-1]) + 1 + TAIL_MS * RATE_HZ // 1000)
    return Pcm(pcm.samples[2 * begin : 2 * end], RATE_HZ)
