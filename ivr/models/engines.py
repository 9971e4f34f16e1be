"""All the offline engines of one process, by the name of their profile."""

from dataclasses import dataclass, replace
from typing import Protocol

from ivr.errors import SettingsError
from ivr.models.offline import weights
from ivr.models.offline.instant import InstantSimilarity, InstantSynthesizer, InstantTranscriber
from ivr.models.offline.minilm import MiniLm
from ivr.models.offline.moonshine import Moonshine
from ivr.models.offline.pico import Pico, spoken_by
from ivr.models.offline.silero import Silero
from ivr.models.offline.smart_turn import SmartTurn
from ivr.models.ports import Similarity, Synthesizer, Transcriber, TurnJudge, Understander
from ivr.models.workers import cores

PROFILES = ("embedded", "instant")


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
    understander: Understander | None = None
    """None: no model is asked what a caller meant."""

    @classmethod
    def of(cls, profile: str, *, processes: int = 1, judge: bool = False) -> "Engines":
        """Finds, checks and loads the weights: about a second. `processes`: among so many, each with engines of its
        own, the machine's cores are shared out. `judge`: with the one who judges by the sound whether a turn is over.

        Raises:
            SettingsError: no such profile, or a weight file is missing or altered (all of them are named).
        """
        match profile:
            case "embedded":
                return cls._embedded(max(1, cores() // processes), judge)
            case "instant":
                return cls(profile, InstantTranscriber(), InstantSynthesizer(), InstantSimilarity(), Silero())
        raise SettingsError(f"no engines are called {profile!r}; there are {' and '.join(PROFILES)}")

    @classmethod
    def _embedded(cls, share: int, judge: bool) -> "Engines":
        if found := weights.faults((*weights.EMBEDDED, *(weights.JUDGE if judge else ()))):
            raise SettingsError("\n".join(found))
        threads = max(1, share - 1)
        hears, speaks, compares = Moonshine(threads=threads), Pico(processes=share), MiniLm(threads=threads)
        made = cls("embedded", hears, speaks, compares, Silero(), (hears, speaks, compares), spoken_by())
        if not judge:
            return made
        judges = SmartTurn(hears.workers)
        return replace(made, parts=(*made.parts, judges), judge=judges)

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
