"""From the engines of a profile to what can be asked: an adapter for each far end, and a ladder where there are
several for a role."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from ivr.breaker import Breaker
from ivr.errors import SettingsError
from ivr.models.openai.chat import HEARS_HZ, AudioChat, TextChat
from ivr.models.openai.far_end import FarEnd
from ivr.models.openai.realtime import Realtime
from ivr.models.openai.sound import RATE_HZ
from ivr.models.openai.speech import Speech
from ivr.models.openai.summaries import ChatSummarizer
from ivr.models.openai.transcription import Transcriptions
from ivr.models.openai.understanding import ChatUnderstander
from ivr.models.ports import Responder, Summarizer, Synthesizer, Transcriber, Understander, WordTimer
from ivr.models.profiles import FarEngine, House, Rung, name_of
from ivr.models.wrappers.ladder import LadderResponder, LadderSummarizer, LadderTranscriber, LadderUnderstander
from ivr.models.wrappers.metered import Meter, MeteredSynthesizer
from ivr.models.wrappers.named import Named
from ivr.models.wrappers.voices import Voices
from ivr.secret import Secret

P = TypeVar("P")


@dataclass(slots=True)
class Adapters:
    """Made for one process. Engines at the same address share its connections; one engine in two roles rests in both
    when it fails."""

    meter: Meter = field(default_factory=Meter)
    """What the voices cost."""
    _far_ends: dict[tuple[object, ...], FarEnd] = field(default_factory=dict)
    _breakers: dict[str, Breaker] = field(default_factory=dict)

    @property
    def far_ends(self) -> tuple[FarEnd, ...]:
        """To be started and closed."""
        return tuple(self._far_ends.values())

    def transcriber(self, rungs: Sequence[Rung], at_home: Mapping[House, Transcriber]) -> Transcriber:
        """`at_home`: the engines of this process that are among them. Raises: SettingsError."""
        return self._one_of(rungs, at_home, self.hearing, LadderTranscriber)

    def synthesizer(self, rungs: Sequence[Rung], at_home: Mapping[House, Synthesizer]) -> Synthesizer:
        """Raises: SettingsError."""
        return self._one_of(rungs, at_home, self.speaking, Voices)

    def responder(self, rungs: Sequence[Rung]) -> Responder | None:
        """None: nobody is to think. Raises: SettingsError."""
        return self._one_of(rungs, {}, self.thinking, LadderResponder) if rungs else None

    def writer(self, rungs: Sequence[Rung]) -> Responder | None:
        """The same models for who writes: none of them speaks, since nobody would hear it. None: none of them can do
        without sound. Raises: SettingsError."""
        writers = [
            replace(rung, speaks=False)
            for rung in rungs
            if isinstance(rung, FarEngine) and rung.kind in ("chat", "audio_chat")
        ]
        return self.responder(writers)

    def understander(self, rungs: Sequence[Rung]) -> Understander | None:
        """Raises: SettingsError."""
        return self._one_of(rungs, {}, self.understanding, LadderUnderstander) if rungs else None

    def summarizer(self, rungs: Sequence[Rung]) -> Summarizer | None:
        """None: nobody of them reads and writes. Raises: SettingsError."""
        writers = [rung for rung in rungs if isinstance(rung, FarEngine) and rung.kind in ("chat", "audio_chat")]
        return LadderSummarizer([self._named(one, {}, self.summing_up) for one in writers]) if writers else None

    def word_timer(self, rungs: Sequence[Rung]) -> WordTimer | None:
        """The first of them at a far end; None: there is none. Raises: SettingsError."""
        far = next((rung for rung in rungs if isinstance(rung, FarEngine)), None)
        return None if far is None else self._transcriptions(far)

    def _one_of(
        self,
        rungs: Sequence[Rung],
        at_home: Mapping[House, P],
        make: Callable[[FarEngine], P],
        ladder: Callable[[Sequence[Named[P]]], P],
    ) -> P:
        if len(rungs) == 1 and not isinstance(rungs[0], FarEngine):
            return at_home[rungs[0]]
        return ladder([self._named(rung, at_home, make) for rung in rungs])

    def _named(self, rung: Rung, at_home: Mapping[House, P], make: Callable[[FarEngine], P]) -> Named[P]:
        breaker = self._breakers.setdefault(name_of(rung), Breaker())
        if isinstance(rung, FarEngine):
            return Named(rung.name, make(rung), breaker)
        return Named(rung, at_home[rung], breaker, far=False)

    # ---- one engine by itself. Each raises: SettingsError

    def hearing(self, engine: FarEngine) -> Transcriber:
        return self._transcriptions(engine)

    def _transcriptions(self, engine: FarEngine) -> Transcriptions:
        return Transcriptions(self._far_end(engine), engine.model, language=engine.language, prices=engine.prices)

    def speaking(self, engine: FarEngine) -> Synthesizer:
        speech = Speech(
            self._far_end(engine),
            engine.model,
            engine.voice,
            rate_hz=engine.rate_hz or RATE_HZ,
            prices=engine.prices,
            more=engine.request,
            tally=self.meter.paid,
        )
        return MeteredSynthesizer(speech, self.meter)

    def thinking(self, engine: FarEngine) -> Responder:
        far_end, given = self._far_end(engine), self._given(engine)
        if engine.kind == "realtime":
            return Realtime(far_end, engine.model, engine.voice, prices=engine.prices)
        if engine.kind == "chat":
            return TextChat(far_end, engine.model, stream=engine.stream, **given)
        return AudioChat(far_end, engine.model, engine.voice, stream=engine.stream, speaks=engine.speaks, **given)

    def understanding(self, engine: FarEngine) -> Understander:
        hears_hz = HEARS_HZ if engine.kind == "audio_chat" else None
        return ChatUnderstander(self._far_end(engine), engine.model, hears_hz=hears_hz, **self._given(engine))

    def summing_up(self, engine: FarEngine) -> Summarizer:
        sounds = engine.kind == "audio_chat"
        return ChatSummarizer(self._far_end(engine), engine.model, sounds=sounds, **self._given(engine))

    def _given(self, engine: FarEngine) -> dict[str, Any]:
        return {"prices": engine.prices, "more": engine.request}

    def _far_end(self, engine: FarEngine) -> FarEnd:
        """Raises: SettingsError, which names the engine."""
        same = (engine.url, engine.key, engine.connect_ms, engine.first_ms, engine.idle_ms)
        if same not in self._far_ends:
            self._far_ends[same] = far_end_of(engine)
        return self._far_ends[same]


def far_end_of(engine: FarEngine) -> FarEnd:
    """Raises: SettingsError, which names the engine."""
    try:
        return FarEnd(
            engine.url,
            None if engine.key is None else Secret(engine.key.get_secret_value()),
            connect_ms=engine.connect_ms,
            first_ms=engine.first_ms,
            idle_ms=engine.idle_ms,
        )
    except SettingsError as fault:
        raise SettingsError(f"engine {engine.name}: {fault}") from None
