"""Words of an utterance by /audio/transcriptions: one WAV file up, JSON down."""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from ivr.audio import level, wav
from ivr.audio.pcm import Pcm
from ivr.errors import ModelUnavailable
from ivr.models.deadline import left_s, now_ms
from ivr.models.openai.far_end import FarEnd
from ivr.models.openai.faults import told_fault
from ivr.models.openai.usage import FREE, Tally, Usage, cost_of, unwatched, usage_of
from ivr.models.ports import TimedTranscript, TimedWord, Transcript
from ivr.models.profiles import Prices
from ivr.units import Millis

PATH: Final = "/audio/transcriptions"
RATE_HZ: Final = 16_000
SHORTEST_MS: Final = 200
"""In less nothing is said, and under 100 ms it is refused."""
QUIET_DBFS: Final = -55.0
"""Below it is the noise of a line: who is asked for words in it makes some up."""
MOST_LETTERS_A_S: Final = 40
"""Nobody speaks quicker: a text longer than this was not said."""
_PHANTOMS: Final = frozenset(
    {
        "thank you",
        "thank you for watching",
        "thanks for watching",
        "thank you so much for watching",
        "thank you very much for watching",
        "please subscribe",
        "please subscribe to my channel",
        "subtitles by the amara org community",
        "you",
        "bye",
    }
)
"""Said of silence by recognisers that have read subtitles."""
_FAINT_DBFS: Final = -45.0
"""Under it such a text is taken for none; louder, a caller may well say thank you."""


class Transcriptions:
    """A Transcriber. `language` empty: the far end finds out. `hints`: names that callers say."""

    def __init__(
        self,
        far_end: FarEnd,
        model: str,
        *,
        rate_hz: int = RATE_HZ,
        language: str = "",
        hints: Iterable[str] = (),
        prices: Prices = FREE,
        tally: Tally = unwatched,
    ) -> None:
        self.rate_hz = rate_hz
        self._far_end, self._prices, self._tally = far_end, prices, tally
        self._hints = ", ".join(hints)
        self._fields = {"model": model}
        if language:
            self._fields["language"] = language.partition("-")[0].lower()
        if self._hints:
            self._fields["prompt"] = self._hints

    async def transcribe(self, chunk: Pcm, expect: str, deadline: Millis) -> Transcript:
        """A Transcriber's. Silence is not sent; what recognisers are known to make of near silence is no words."""
        began = now_ms()
        if left_s(deadline) <= 0:
            raise ModelUnavailable(f"there is no time left to ask {self._far_end.name}", "late")
        if not _has_speech(chunk):
            return Transcript("", None, Millis(0))
        told, cost = await self._asked(chunk, {"response_format": "json"}, deadline)
        text = self._believed(_text(told), chunk)
        return Transcript(text, _score(told), Millis(now_ms() - began), cost)

    async def timed(self, chunk: Pcm, deadline: Millis) -> TimedTranscript:
        """With the time of each word, where the far end's model gives it. Raises: ModelError."""
        if not _has_speech(chunk):
            return TimedTranscript("", ())
        wanted = {"response_format": "verbose_json", "timestamp_granularities[]": "word"}
        told, cost = await self._asked(chunk, wanted, deadline)
        text = self._believed(_text(told), chunk)
        return TimedTranscript(text, tuple(_timed(told)) if text else (), cost)

    async def _asked(
        self, chunk: Pcm, wanted: Mapping[str, str], deadline: Millis
    ) -> tuple[Mapping[str, Any], Decimal]:
        content, content_type = _form({**self._fields, **wanted}, wav.write(chunk))
        due = self._far_end.first_due(deadline)
        async with self._far_end.post(PATH, content, due=due, content_type=content_type) as answer:
            fault = await answer.fault()
            if fault is not None:
                raise self._far_end.refused(fault)
            body = await answer.whole(deadline)
        told = _read(body)
        if told is None:
            raise self._far_end.garbage("something other than a transcript")
        if "text" not in told and ("error" in told or "detail" in told):
            raise self._far_end.refused(told_fault(told))
        if not isinstance(told.get("text"), str):
            raise self._far_end.garbage("a transcript without words")
        used = usage_of(told.get("usage")) or Usage(seconds=Decimal(chunk.ms) / 1000)
        cost = cost_of(used, self._prices) or cost_of(Usage(seconds=Decimal(chunk.ms) / 1000), self._prices)
        self._tally(cost)
        return told, cost

    def _believed(self, text: str, chunk: Pcm) -> str:
        bare = " ".join("".join(letter if letter.isalnum() else " " for letter in text.lower()).split())
        too_much = len(text) > MOST_LETTERS_A_S * (chunk.ms / 1000 + 1)
        echoed = bool(self._hints) and text.strip().strip(".").lower() == self._hints.lower()
        phantom = bare in _PHANTOMS and level.active_dbfs(chunk) < _FAINT_DBFS
        return "" if too_much or echoed or phantom or not bare else " ".join(text.split())


def _has_speech(chunk: Pcm) -> bool:
    return chunk.ms >= SHORTEST_MS and level.active_dbfs(chunk) > QUIET_DBFS


def _form(fields: Mapping[str, str], file: bytes) -> tuple[bytes, str]:
    """multipart/form-data: the name of the file tells far ends what is in it."""
    mark = secrets.token_hex(16)
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="speech.wav"\r\n'
    parts += [f"{head}Content-Type: audio/wav\r\n\r\n".encode(), file, f"\r\n--{mark}--\r\n".encode()]
    return b"".join(parts), f"multipart/form-data; boundary={mark}"


def _read(body: bytes) -> Mapping[str, Any] | None:
    """JSON, or a plain text where a far end knows no other."""
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _text(told: Mapping[str, Any]) -> str:
    return str(told["text"])


def _score(told: Mapping[str, Any]) -> float | None:
    """The mean log-probability of the tokens, where it was told."""
    found = [
        one["logprob"]
        for one in told.get("logprobs") or ()
        if isinstance(one, dict) and isinstance(one.get("logprob"), int | float)
    ]
    return min(0.0, sum(found) / len(found)) if found else None


def _timed(told: Mapping[str, Any]) -> Iterator[TimedWord]:
    for one in told.get("words") or ():
        if isinstance(one, dict) and isinstance(one.get("word"), str):
            begin, end = one.get("start"), one.get("end")
            if isinstance(begin, int | float) and isinstance(end, int | float) and 0 <= begin <= end < 1e6:
                yield TimedWord(one["word"].strip(), Millis(round(begin * 1000)), Millis(round(end * 1000)))
