"""One far engine tried alone, as a call would use it: one spoken question, timed, and what came of it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from ivr.audio import mulaw
from ivr.audio.judged import Judged, judged
from ivr.audio.pcm import Pcm
from ivr.audio.resample import resample_whole
from ivr.errors import ModelError
from ivr.flow.flow import Never, Style
from ivr.flow.spoken import word_errors
from ivr.flow.state import AskModel, ModelTool
from ivr.models import whole
from ivr.models.adapters import Adapters
from ivr.models.deadline import due_in, now_ms
from ivr.models.ports import (
    OpenQuestion,
    ReplyDone,
    ReplyMulaw,
    ReplyPart,
    ReplySound,
    ReplyWords,
    Responder,
    Synthesizer,
    Transcriber,
    Voice,
)
from ivr.models.profiles import FarEngine
from ivr.units import Millis

SENTENCE: Final = "please check my balance"
"""What is asked, spoken and written down."""
LINE: Final = "Thank you for calling. How can I help you today?"
"""What a voice is given to speak."""
PATIENCE_MS: Final = 20_000
_GOAL: Final = (
    "This is a test of the line. Say: You said, and then repeat word for word what the caller has just said. Say "
    "nothing else."
)
_NOTING: Final = "This is a test of the line. Note with the tool what the caller wants, and say nothing."
_WISH: Final = "balance"
_TOOL: Final = ModelTool(
    "note",
    "Note what the caller wants.",
    {
        "type": "object",
        "properties": {"wish": {"type": "string", "enum": ["opening_hours", _WISH, "complaint"]}},
        "required": ["wish"],
        "additionalProperties": False,
    },
)


@dataclass(frozen=True, slots=True)
class Trial:
    """Times in milliseconds since the request. None: it is not that kind's, or did not come to it."""

    fault: str = ""
    """Why there is no answer."""
    first_ms: int | None = None
    """Until the first words or sound."""
    first_sound_ms: int | None = None
    whole_ms: int | None = None
    pieces: int = 0
    """In which words or sound came; streamed answers have several."""
    words: str = ""
    """What it says it said, or heard."""
    sound: Judged | None = None
    heard_back: str | None = None
    """Its sound, as the embedded recogniser hears it."""
    errors: float | None = None
    """Words of its sound heard otherwise than it says, to all of them; of a recogniser, otherwise than was spoken."""
    understood: bool | None = None
    """Whether it had heard, or read, the question."""
    tool: str | None = None
    """What came of a tool it had to call; empty: as it should."""
    cost: Decimal | None = None


class Bench:
    """Where engines are tried: with the voice and the recogniser of this process, which know what was said."""

    def __init__(self, voice: Synthesizer, recogniser: Transcriber) -> None:
        self._voice, self._recogniser = voice, recogniser
        self._question: Pcm | None = None

    async def try_out(self, engine: FarEngine) -> Trial:
        """Never raises over a far end."""
        async with _adapters() as adapters:
            try:
                match engine.kind:
                    case "audio_chat" | "chat":
                        return await self._talk(engine, adapters)
                    case "transcription":
                        return await self._transcription(adapters.hearing(engine))
                    case "speech":
                        return await self._speech(adapters.speaking(engine))
                    case "realtime":
                        return await self._session(adapters.thinking(engine))
            except ModelError as fault:
                return Trial(str(fault))

    # ---- the kinds

    async def _talk(self, engine: FarEngine, adapters: Adapters) -> Trial:
        trial = await self._answered(adapters.thinking(engine))
        if trial.fault:
            return trial
        understander = adapters.understanding(engine)
        said = "What can I do for you?"
        try:
            sound = await self._spoken(understander.hears_hz)
            words = "" if sound is not None else SENTENCE
            question = OpenQuestion("en-US", said, _TOOL)
            noted = await understander.understand(question, words, sound, due_in(PATIENCE_MS))
        except ModelError as fault:
            return replace(trial, tool=str(fault))
        right = dict(noted.arguments) == {"wish": _WISH}
        cost = (trial.cost or Decimal(0)) + noted.cost
        return replace(trial, tool="" if right else "it called the tool with something else", cost=cost)

    async def _session(self, responder: Responder) -> Trial:
        """A session has no question of its own beside the talk: the tool is asked for in the talk."""
        trial = await self._answered(responder)
        if trial.fault:
            return trial
        sound = await self._spoken(responder.hears_hz)
        asked = replace(_request(sound), id="trial:2:1", goal=_NOTING, tools=(_TOOL,))
        done: ReplyDone | None = None
        try:
            async with aclosing(responder.respond(asked, sound, due_in(PATIENCE_MS))) as parts:
                async for part in parts:
                    done = part if isinstance(part, ReplyDone) else done
        except ModelError as fault:
            return replace(trial, tool=str(fault))
        noted = [dict(one.arguments) for one in done.requests] if done is not None else []
        told = "it called the tool with something else" if noted else "it did not call the tool"
        told = "" if noted == [{"wish": _WISH}] else told
        cost = (trial.cost or Decimal(0)) + (Decimal(0) if done is None else done.cost)
        return replace(trial, tool=told, cost=cost)

    async def _answered(self, responder: Responder) -> Trial:
        sound = await self._spoken(responder.hears_hz)
        reply = _Reply()
        began = now_ms()
        try:
            async with aclosing(responder.respond(_request(sound), sound, due_in(PATIENCE_MS))) as parts:
                async for part in parts:
                    reply.take(part, now_ms() - began)
        except ModelError as fault:
            return Trial(str(fault))
        trial = Trial(
            first_ms=reply.first_ms,
            whole_ms=now_ms() - began,
            pieces=reply.pieces,
            words=reply.words.strip(),
            understood=_has_heard(reply.words),
            cost=reply.cost,
        )
        made = reply.sound
        if made is None:
            return trial
        heard, errors = await self._heard_back(made, reply.words)
        trial = replace(trial, first_sound_ms=reply.first_sound_ms, sound=judged(made))
        return replace(trial, heard_back=heard, errors=errors)

    async def _transcription(self, port: Transcriber) -> Trial:
        sound = await self._spoken(port.rate_hz)
        assert sound is not None
        began = now_ms()
        heard = await port.transcribe(sound, "text", due_in(PATIENCE_MS))
        took = now_ms() - began
        wrong, of = word_errors(SENTENCE, heard.text)
        return Trial(first_ms=took, whole_ms=took, pieces=1, words=heard.text, errors=wrong / of, cost=heard.cost)

    async def _speech(self, port: Synthesizer) -> Trial:
        began = now_ms()
        first: int | None = None
        pieces: list[bytes] = []
        async with aclosing(port.speak(LINE, Voice(), due_in(PATIENCE_MS))) as parts:
            async for part in parts:
                if isinstance(part, Pcm):
                    first = now_ms() - began if first is None else first
                    pieces.append(part.samples)
        took = now_ms() - began
        made = Pcm(b"".join(pieces), port.rate_hz)
        heard, errors = await self._heard_back(made, LINE)
        trial = Trial(first_ms=first, first_sound_ms=first, whole_ms=took, pieces=len(pieces), sound=judged(made))
        return replace(trial, heard_back=heard, errors=errors)

    # ---- the ends we know

    async def _spoken(self, rate_hz: int | None) -> Pcm | None:
        """The question, as it comes from a telephone."""
        if rate_hz is None:
            return None
        if self._question is None:
            self._question = await whole.say(self._voice, SENTENCE)
        return resample_whole(self._question, rate_hz)

    async def _heard_back(self, sound: Pcm, words: str) -> tuple[str, float]:
        """As it would be heard behind a telephone line."""
        heard = (await whole.hear(self._recogniser, sound)).text
        wrong, of = word_errors(words, heard)
        return heard, wrong / of if of else float(bool(heard))


@asynccontextmanager
async def _adapters() -> AsyncIterator[Adapters]:
    adapters = Adapters()
    try:
        yield adapters
    finally:
        for far_end in adapters.far_ends:
            await far_end.close()


class _Reply:
    """The parts of an answer, put together."""

    def __init__(self) -> None:
        self.words, self.pieces, self.cost = "", 0, Decimal(0)
        self.first_ms: int | None = None
        self.first_sound_ms: int | None = None
        self._rate_hz, self._samples = 0, list[bytes]()

    def take(self, part: ReplyPart, at_ms: int) -> None:
        match part:
            case ReplyWords(text):
                self.words += text
                self._came(at_ms)
            case ReplySound(pcm):
                self._sounded(pcm, at_ms)
            case ReplyMulaw(sound):
                self._sounded(mulaw.decode(sound), at_ms)
            case ReplyDone():
                self.cost = part.cost

    def _sounded(self, pcm: Pcm, at_ms: int) -> None:
        self._samples.append(pcm.samples)
        self._rate_hz = pcm.rate_hz
        self.first_sound_ms = at_ms if self.first_sound_ms is None else self.first_sound_ms
        self._came(at_ms)

    def _came(self, at_ms: int) -> None:
        self.pieces += 1
        self.first_ms = at_ms if self.first_ms is None else self.first_ms

    @property
    def sound(self) -> Pcm | None:
        return Pcm(b"".join(self._samples), self._rate_hz) if self._samples else None


def _request(sound: Pcm | None) -> AskModel:
    """With the words only where there is nothing to hear: else nobody would know whether it heard."""
    nothing: Mapping[str, str] = {}
    return AskModel(
        id="trial:1:1",
        agent="trial",
        language="en-US",
        goal=_GOAL,
        known=nothing,
        told=(),
        heard="" if sound is not None else SENTENCE,
        news=(),
        tools=(),
        style=Style(),
        never=Never(),
        exact=(),
        deadline_ms=Millis(PATIENCE_MS),
        leaves="as_it_comes",
    )


def _has_heard(words: str) -> bool:
    """Whether the question comes back in the answer, but for a word."""
    missing = [word for word in SENTENCE.split() if word not in words.lower()]
    return len(missing) <= 1
