"""A voice by /audio/speech: samples as they are made."""

from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from decimal import Decimal
from typing import Final

import msgspec

from ivr.audio.pcm import Pcm
from ivr.audio.resample import Resampler
from ivr.models.deadline import due_in, left_s
from ivr.models.openai.far_end import Answer, FarEnd
from ivr.models.openai.faults import told_fault
from ivr.models.openai.sound import RATE_HZ, NoSound, SoundPieces
from ivr.models.openai.usage import FREE, SPOKEN_TOKENS_A_S, Tally, Usage, cost_of, unwatched
from ivr.models.ports import Voice
from ivr.models.profiles import Prices
from ivr.models.sentences import sentences
from ivr.units import Millis

PATH: Final = "/audio/speech"
MOST_LETTERS: Final = 4_000
"""Of one request; the endpoint takes 4096."""
BETWEEN_MS: Final = 5_000
MOST_SOUND_BYTES: Final = 16_000_000
_PACKED: Final = ("audio/mpeg", "audio/mp3", "audio/ogg", "audio/opus", "audio/aac", "audio/flac", "audio/x-flac")
_OWN: Final = "default"
"""The name of a voice where nobody named one."""


class Speech:
    """A Synthesizer whose sound comes as it is made. The voice that a flow names speaks, else `voice`."""

    streams = True

    def __init__(
        self,
        far_end: FarEnd,
        model: str,
        voice: str = "",
        *,
        rate_hz: int = RATE_HZ,
        prices: Prices = FREE,
        more: Mapping[str, object] | None = None,
        tally: Tally = unwatched,
    ) -> None:
        """`rate_hz`: of the far end's samples where no header tells it, and of the sound given. `more`: fields of the
        request beside ours, such as `instructions` or `speed`."""
        self._far_end, self._voice = far_end, voice or "alloy"
        self._rate_hz = rate_hz
        self._fixed: dict[str, object] = {"model": model, "response_format": "pcm", **(more or {})}
        self._prices, self._tally = prices, tally

    @property
    def rate_hz(self) -> int:
        return self._rate_hz

    async def speak(self, text: str, voice: Voice, deadline: Millis) -> AsyncGenerator[Pcm, None]:
        """The deadline is for the first sound; a text longer than one request takes is asked for part by part."""
        allowed_ms = int(left_s(deadline) * 1000)
        for part in _parts(text):
            async with aclosing(self._spoken(part, voice, deadline)) as pieces:
                async for piece in pieces:
                    yield piece
            deadline = due_in(allowed_ms)

    async def _spoken(self, text: str, voice: Voice, deadline: Millis) -> AsyncGenerator[Pcm, None]:
        name = self._voice if voice.name == _OWN else voice.name
        content = msgspec.json.encode({**self._fixed, "input": text, "voice": name})
        due, sound_ms = self._far_end.first_due(deadline), 0
        async with self._far_end.post(PATH, content, due=due) as answer:
            fault = await answer.fault()
            if fault is not None:
                raise self._far_end.refused(fault)
            try:
                await self._check_kind(answer, due)
                async with aclosing(self._pieces(answer, due)) as pieces:
                    async for piece in pieces:
                        sound_ms += piece.ms
                        yield piece
                await answer.finish()
            except NoSound as why:
                raise self._far_end.garbage(str(why)) from None
            finally:
                self._tally(self._spent(text, sound_ms))

    async def _check_kind(self, answer: Answer, due: Millis) -> None:
        kind = answer.content_type
        if kind.endswith("json"):
            try:
                told = msgspec.json.decode(await answer.whole(due))
            except (msgspec.DecodeError, UnicodeError, RecursionError):
                told = None
            if isinstance(told, dict) and ("error" in told or "detail" in told):
                raise self._far_end.refused(told_fault(told))
            raise NoSound("JSON where sound was asked for")
        if kind.startswith("text/"):
            raise NoSound("a page for people")
        if kind in _PACKED:
            raise NoSound("packed sound where samples were asked for")

    async def _pieces(self, answer: Answer, due: Millis) -> AsyncGenerator[Pcm, None]:
        sound, fitted, size = SoundPieces(self._rate_hz), None, 0
        while raw := await answer.piece(due):
            size += len(raw)
            if size > MOST_SOUND_BYTES:
                raise NoSound("sound without end")
            piece = sound.feed(raw)
            if piece is not None:
                due = due_in(BETWEEN_MS)
                if fitted is None and piece.rate_hz != self._rate_hz:
                    fitted = Resampler(piece.rate_hz, self._rate_hz)
                piece = piece if fitted is None else fitted.feed(piece)
                if piece.samples:
                    yield piece
        last = sound.flush() if fitted is None else fitted.flush()
        if last is not None and last.samples:
            yield last

    def _spent(self, text: str, sound_ms: int) -> Decimal:
        """Nothing is told of use: by the letters, or by the tokens that so much sound takes."""
        used = Usage(text_in=-(-len(text) // 4), audio_out=sound_ms * SPOKEN_TOKENS_A_S // 1000, letters=len(text))
        return cost_of(used, self._prices)


def _parts(text: str) -> Iterator[str]:
    """As few as there can be, cut between sentences; nothing where nothing is said."""
    part = ""
    for sentence in sentences(text):
        if part and len(part) + len(sentence) + 1 > MOST_LETTERS:
            yield part
            part = ""
        part = f"{part} {sentence}".strip()
    if part:
        yield part
