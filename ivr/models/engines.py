"""All the engines of one process: those of its profile, put together."""

from dataclasses import dataclass, replace
from typing import Protocol

from ivr.errors import SettingsError
from ivr.models.adapters import Adapters
from ivr.models.offline import weights
from ivr.models.offline.instant import InstantSimilarity, InstantSynthesizer, InstantTranscriber
from ivr.models.offline.minilm import MiniLm
from ivr.models.offline.moonshine import Moonshine
from ivr.models.offline.pico import Pico, spoken_by
from ivr.models.offline.silero import Silero
from ivr.models.offline.smart_turn import SmartTurn
from ivr.models.ports import (
    Responder,
    Similarity,
    Summarizer,
    Synthesizer,
    Transcriber,
    TurnJudge,
    Understander,
    WordTimer,
)
from ivr.models.profiles import FarEngine, House, Profile, at_home
from ivr.models.workers import Workers, cores
from ivr.models.wrappers.metered import Meter


class Started(Protocol):
    """What has threads or processes of its own."""

    async def start(self) -> None: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Engines:
    """Made once a process, started before the first call, closed after the last. Used from any event loop."""

    profile: str
    transcriber: Transcriber
    synthesizer: Synthesizer
    similarity: Similarity
    silero: Silero
    parts: tuple[Started, ...] = ()
    """Those of these that must be started and closed."""
    spoken_by: str = ""
    """Names the voice and its version: prompts kept on disk are by this name. Empty: none are kept there."""
    judge: TurnJudge | None = None
    """None: nobody is asked whether a turn sounds finished."""
    responder: Responder | None = None
    """None: no model thinks; an agent takes its way for a model that is down."""
    writer: Responder | None = None
    """Thinks in conversations in writing; None: whoever thinks does."""
    understander: Understander | None = None
    """None: no model is asked what a caller meant."""
    summarizer: Summarizer | None = None
    """None: no model sums calls up."""
    word_timer: WordTimer | None = None
    """None: nobody tells when each word was said."""
    hears_here: Transcriber | None = None
    """The recogniser of this process, where it is one of several."""
    meter: Meter | None = None
    """What the voices cost; None: nothing."""
    far: bool = False
    """Whether anybody outside may be asked for words of speech."""

    @classmethod
    def of(cls, profile: str | Profile, *, processes: int = 1, judge: bool = False) -> "Engines":
        """Finds, checks and loads the weights of those of this process: about a second. `profile`: or the name of one
        that asks nobody outside. `processes`: among so many, each with engines of its own, the machine's cores are
        shared out. `judge`: with the one who judges by the sound whether a turn is over.

        Raises:
            SettingsError: no such profile, an engine that cannot be asked, or a weight file is missing or altered (all
            of them are named).
        """
        profile = at_home(profile) if isinstance(profile, str) else profile
        if profile.name == "instant":
            return cls("instant", InstantTranscriber(), InstantSynthesizer(), InstantSimilarity(), Silero())
        return _made(profile, max(1, cores() // processes), judge)

    async def start(self) -> None:
        """Warms everything, so that the first caller does not pay for it.

        Raises:
            SettingsError: an engine does not run on this machine.
        """
        for part in self.parts:
            await part.start()

    async def close(self) -> None:
        for part in self.parts:
            await part.close()


def _made(profile: Profile, share: int, judge: bool) -> Engines:
    """`share`: of the machine's cores."""
    hears_here, speaks_here = "embedded" in profile.hear, "embedded" in profile.speak
    needed = [weights.SILERO, weights.MINILM]
    needed += [*weights.MOONSHINE] if hears_here else []
    needed += [*weights.PICO] if speaks_here else []
    if found := weights.faults((*needed, *(weights.JUDGE if judge else ()))):
        raise SettingsError("\n".join(found))
    threads = max(1, share - 1)
    compares = MiniLm(threads=threads)
    parts: list[Started] = [compares]
    hearing: dict[House, Transcriber] = {"instant": InstantTranscriber()}
    speaking: dict[House, Synthesizer] = {"instant": InstantSynthesizer()}
    beside = None
    if hears_here:
        hearing["embedded"] = moonshine = Moonshine(threads=threads)
        parts.append(moonshine)
        beside = moonshine.workers
    if speaks_here:
        speaking["embedded"] = pico = Pico(processes=share)
        parts.append(pico)
    judges = None
    if judge:
        if beside is None:
            threads_of_its_own = _Threads(threads)
            parts.append(threads_of_its_own)
            beside = threads_of_its_own.workers
        judges = SmartTurn(beside)
        parts.append(judges)
    adapters = Adapters()
    made = Engines(
        profile.name,
        adapters.transcriber(profile.hear, hearing),
        adapters.synthesizer(profile.speak, speaking),
        compares,
        Silero(),
        spoken_by=_spoken_by(profile),
        judge=judges,
        responder=adapters.responder(profile.thinking),
        writer=adapters.writer(profile.think),
        understander=adapters.understander(profile.understand),
        summarizer=adapters.summarizer(profile.think),
        word_timer=adapters.word_timer(profile.hear),
        hears_here=hearing.get("embedded"),
        meter=adapters.meter,
        far=any(isinstance(rung, FarEngine) for rung in profile.hear),
    )
    return replace(made, parts=(*parts, *adapters.far_ends))


class _Threads:
    """Those the judge has to itself where no recogniser of this process lends it some."""

    def __init__(self, threads: int) -> None:
        self.workers = Workers("the judge of turns", threads=threads, waiting=threads)

    async def start(self) -> None:
        """They start with their first work."""

    async def close(self) -> None:
        await self.workers.close()


def _spoken_by(profile: Profile) -> str:
    first = profile.speak[0]
    if isinstance(first, FarEngine):
        return f"{first.url} {first.model} {first.voice} {sorted(first.request.items())}"
    return spoken_by() if first == "embedded" else ""
