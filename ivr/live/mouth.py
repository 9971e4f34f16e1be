"""The voice with what it keeps: a text to sound as it leaves for the line, sentence by sentence."""

import hashlib
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass, replace

from ivr.audio import mulaw
from ivr.audio.level import levelled
from ivr.audio.pcm import Pcm
from ivr.audio.resample import Resampler, resample_whole
from ivr.audio.tones import noise
from ivr.errors import ModelError, ModelUnavailable
from ivr.models.deadline import due_in, now_ms
from ivr.models.ports import Passed, SpokenPart, Synthesizer, Voice
from ivr.models.prompt_cache import PIECE_MS, PromptCache, Sound, cut
from ivr.models.sentences import sentences
from ivr.units import LINE_RATE_HZ

FIRST_PIECE_MS = 200
"""The first sound of an answer that comes as it is made leaves in a short piece."""
SPEAK_DEADLINE_MS = 8_000
MOST_FAILED = 3
"""Sentences in a row."""
AGAIN_WITHIN_MS = 1_000
"""A voice that failed within so much time is asked again: more, and the caller would wait twice as long for nothing."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """Sound of a sentence as it leaves. `first`: the sentence begins with it; `whole`: it has no more. `passed`: voices
    that would have said it, had they not failed."""

    sentence: str
    pieces: Sound
    first: bool
    whole: bool
    passed: tuple[Passed, ...] = ()

    @property
    def size_bytes(self) -> int:
        return sum(len(piece.mulaw) for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class _Part:
    """µ-law of a sentence as the voice gives it."""

    mulaw: bytes
    first: bool
    whole: bool
    passed: tuple[Passed, ...] = ()


class Mouth:
    """Shared by all calls. Sentences of fixed prompts are kept, and serve wherever the same sentence is said."""

    def __init__(self, synthesizer: Synthesizer, cache: PromptCache, voice: Voice) -> None:
        self._synthesizer = synthesizer
        self._cache = cache
        self._voice = voice

    async def speak(self, text: str, *, fixed: bool, language: str | None = None) -> AsyncGenerator[Spoken, None]:
        """Sentence by sentence, as soon as there is sound. `fixed`: nothing in it is of this call alone, so that its
        sound may be kept for others. `language`: None is the voice's own. Raises: ModelError."""
        first_ms, voice = FIRST_PIECE_MS, self._voice_in(language)
        for sentence in sentences(text):
            kept = self._cache.get(sentence, voice)
            if kept is not None:
                yield Spoken(sentence, kept, True, True)
            else:
                made, own = b"", True
                async with aclosing(self._said(sentence, voice)) as parts:
                    async for part in parts:
                        own = own and not part.passed
                        if fixed:
                            made += part.mulaw
                        sound = cut(part.mulaw, PIECE_MS if part.whole else first_ms)
                        yield Spoken(sentence, sound, part.first, part.whole, part.passed)
                        first_ms = PIECE_MS
                if made and own:  # in another's voice it would be heard long after that one has served
                    self._cache.put(sentence, voice, cut(made))
            first_ms = PIECE_MS

    def _voice_in(self, language: str | None) -> Voice:
        own = self._voice
        return own if language in (None, own.language) else replace(own, language=language)

    def at_hand(self, text: str, language: str | None = None) -> list[Spoken]:
        """The sound of a prompt if it needs no voice any more; empty if it does."""
        parts, voice = sentences(text), self._voice_in(language)
        kept = [sound for part in parts if (sound := self._cache.get(part, voice)) is not None]
        if len(kept) != len(parts):
            return []
        return [Spoken(sentence, sound, True, True) for sentence, sound in zip(parts, kept, strict=True)]

    async def warm(self, known: Iterable[str], language: str | None = None) -> int:
        """Makes ready sentences that stand in a flow: from the disk, else by the voice. How many the voice spoke; one
        that it cannot speak, or that another voice spoke in its stead, is passed over. Raises: ModelError when it
        speaks none any more, which several in a row tell: they are then made as they are said."""
        failed = spoken = 0
        voice = self._voice_in(language)
        for sentence in await self._cache.fetch(list(known), voice):
            if not await self._cache.fetch([sentence], voice):  # another process has spoken it meanwhile
                continue
            try:
                made, passed = b"", tuple[Passed, ...]()
                async with aclosing(self._said(sentence, voice)) as parts:
                    async for part in parts:
                        passed += part.passed
                        made += part.mulaw
                if passed and failed >= MOST_FAILED:
                    raise ModelUnavailable(f"{passed[0].name} does not speak: {passed[0].why}")
            except ModelError:
                failed += 1
                if failed > MOST_FAILED:
                    raise
                continue
            if passed:
                failed += 1
                continue
            failed = 0
            spoken += 1
            await self._cache.keep(sentence, voice, cut(made))
        return spoken

    async def _said(self, sentence: str, voice: Voice) -> AsyncGenerator[_Part, None]:
        """A voice that fails at once is asked once more; one that gives no sound has failed. Raises: ModelError."""
        say = self._streamed if self._synthesizer.streams else self._whole
        began_ms, sounded, passed = now_ms(), False, tuple[Passed, ...]()
        for last in (False, True):
            try:
                async with aclosing(say(sentence, voice)) as pieces:
                    async for spoken in pieces:
                        passed += spoken.passed
                        if spoken.mulaw or sounded:
                            yield replace(spoken, first=not sounded, passed=passed)
                            sounded, passed = True, ()
                if not sounded:
                    raise ModelUnavailable("the voice gave no sound")
                return
            except ModelError as fault:
                spent = isinstance(fault, ModelUnavailable) and not fault.again
                if last or sounded or spent or now_ms() - began_ms > AGAIN_WITHIN_MS:
                    raise

    async def _whole(self, sentence: str, voice: Voice) -> AsyncGenerator[_Part, None]:
        """The whole sentence at once: the long filter, its level set, the voice's silence around it cut."""
        sound, passed = b"", tuple[Passed, ...]()
        async with aclosing(self._asked(sentence, voice)) as parts:
            async for part in parts:
                if isinstance(part, Passed):
                    passed = (*passed, part)
                else:
                    sound += mulaw.encode(line_sound(part))
        yield _Part(sound, True, True, passed)

    async def _streamed(self, sentence: str, voice: Voice) -> AsyncGenerator[_Part, None]:
        """Each piece as it comes, through one filter without seams; only its 2 ms of memory wait for the end, where
        they are not worth a message of their own if there is nothing in them."""
        to_line = Resampler(self._synthesizer.rate_hz, LINE_RATE_HZ)
        first = True
        async with aclosing(self._asked(sentence, voice)) as parts:
            async for part in parts:
                if isinstance(part, Passed):
                    yield _Part(b"", first, False, (part,))
                else:
                    yield _Part(mulaw.encode(to_line.feed(part)), first, False)
                    first = False
        left = to_line.flush()
        yield _Part(mulaw.encode(left) if mulaw.rms(left.samples) > QUIET else b"", first, True)

    def _asked(self, sentence: str, voice: Voice) -> AsyncGenerator[SpokenPart, None]:
        return self._synthesizer.speak(sentence, voice, due_in(SPEAK_DEADLINE_MS))


def line_sound(pcm: Pcm) -> Pcm:
    """A whole sentence as it leaves: at the line's rate and level, without the voice's silence around it."""
    if pcm.rate_hz != LINE_RATE_HZ:
        pcm = resample_whole(pcm, LINE_RATE_HZ)
    return _trimmed(levelled(pcm))


LEAD_MS, TAIL_MS, QUIET = 20, 180, 200


def _trimmed(pcm: Pcm) -> Pcm:
    loud = (abs(pcm.array().astype(int)) > QUIET).nonzero()[0]
    if not len(loud):
        return pcm
    begin = max(0, int(loud[0]) - LEAD_MS * pcm.rate_hz // 1000)
    end = min(len(pcm), int(loud[-1]) + TAIL_MS * pcm.rate_hz // 1000)
    return Pcm(pcm.samples[2 * begin : 2 * end], pcm.rate_hz)


def fingerprint() -> str:
    """What becomes of a voice's sound here, in a few letters: others as soon as a sentence would leave otherwise."""
    sample = noise(1, 100, -30, "pink", 24_000)
    stream = Resampler(24_000, LINE_RATE_HZ)
    made = (mulaw.encode(line_sound(sample)), mulaw.encode(stream.feed(sample)), mulaw.encode(stream.flush()))
    return hashlib.sha256(b"".join(made)).hexdigest()[:16]
