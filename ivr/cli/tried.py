"""One engine by itself, for a command that tries it: as a profile names it, or by its own name."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ivr.models.ports import Synthesizer, Transcriber
    from ivr.models.profiles import Rung

Trying = Literal["hear", "speak"]


@dataclass(frozen=True, slots=True)
class Tried:
    name: str
    rung: "Rung"
    notes: tuple[str, ...] = ()
    """What is left out, for people."""


def find(role: Trying, name: str | None, config: str | None) -> Tried:
    """Who serves first in that role. `name`: a profile or an engine; None: the embedded one. Raises: SettingsError."""
    from ivr.errors import SettingsError
    from ivr.models.profile_tables import listed, nearest
    from ivr.models.profiles import HOUSES, SERVING, at_home, name_of
    from ivr.settings import load_roster

    if name is None or name in HOUSES:
        rung = at_home(name or "embedded").rungs(role)[0]
        return Tried(name_of(rung), rung)
    roster = load_roster(config)
    if name in roster.profiles:
        profile = roster.profiles[name]
        rung = profile.rungs(role)[0]
        return Tried(name_of(rung), rung, tuple(profile.warnings()))
    engine = roster.engines.get(name)
    if engine is None:
        names = [*HOUSES, *sorted({*roster.profiles, *roster.engines})]
        raise SettingsError(f"no engines are called {name!r}{nearest(name, names)}; there are {listed(names)}")
    if engine.kind not in SERVING[role]:
        raise SettingsError(f"engine {name} is of kind {engine.kind}: to {role} takes {' or '.join(SERVING[role])}")
    if engine.keyless:
        raise SettingsError(f"engine {name}: {engine.key_from} is not set: set it, or {engine.key_from}_FILE")
    return Tried(name, engine)


@asynccontextmanager
async def voice(rung: "Rung") -> AsyncIterator["Synthesizer"]:
    """Raises: SettingsError."""
    from ivr.models.adapters import Adapters
    from ivr.models.offline.instant import InstantSynthesizer
    from ivr.models.offline.pico import Pico

    if rung == "embedded":
        pico = Pico(processes=1)
        try:
            await pico.start()
            yield pico
        finally:
            await pico.close()
        return
    adapters = Adapters()
    try:
        yield InstantSynthesizer() if isinstance(rung, str) else adapters.speaking(rung)
    finally:
        for far_end in adapters.far_ends:
            await far_end.close()


@asynccontextmanager
async def recogniser(rung: "Rung") -> AsyncIterator["Transcriber"]:
    """Raises: SettingsError."""
    from ivr.models.adapters import Adapters
    from ivr.models.offline.instant import InstantTranscriber
    from ivr.models.offline.moonshine import Moonshine

    if rung == "embedded":
        moonshine = Moonshine(threads=1)
        try:
            await moonshine.start()
            yield moonshine
        finally:
            await moonshine.close()
        return
    adapters = Adapters()
    try:
        yield InstantTranscriber() if isinstance(rung, str) else adapters.hearing(rung)
    finally:
        for far_end in adapters.far_ends:
            await far_end.close()
