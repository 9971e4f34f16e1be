"""Is what a profile names really there? Each far end is asked once for the list of its models, and judged in words.

What is found keeps nobody from starting: whoever does not serve is passed over, and the words say who serves instead.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Final

from ivr.errors import ModelError, ModelRefused, SettingsError
from ivr.models.adapters import far_end_of
from ivr.models.deadline import due_in
from ivr.models.openai.listed import Listed, listed
from ivr.models.profile_tables import listed as listed_names
from ivr.models.profiles import FarEngine, Profile
from ivr.units import Millis

PATIENCE_MS: Final = 2_000
SOON_DAYS: Final = 60
"""A model that is shut down within so many days is told of."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that somebody should know. `grave`: the engines will not serve; else they may not, or not for long."""

    engines: tuple[str, ...]
    found: str
    fix: str
    grave: bool

    @property
    def text(self) -> str:
        who = f"engine{'' if len(self.engines) == 1 else 's'} {listed_names(self.engines)}"
        return f"{who}: {self.found}: {self.fix}"


@dataclass(frozen=True, slots=True)
class Answered:
    """Engines at one address with one key, and what it said."""

    engines: tuple[FarEngine, ...]
    answer: tuple[Listed, ...] | ModelError

    def listed(self, engine: FarEngine) -> Listed | None:
        """None: the list, if there is one, has no such model."""
        there = () if isinstance(self.answer, ModelError) else self.answer
        return next((one for one in there if one.name == engine.model), None)


async def roll_call(profile: Profile, today: date, patience_ms: int = PATIENCE_MS) -> list[Remark]:
    """In the order of the roles. Never takes longer than `patience_ms`, never raises over a far end."""
    return [one for answered in await answers(profile, patience_ms) for one in remarks(profile, answered, today)]


async def answers(profile: Profile, patience_ms: int = PATIENCE_MS) -> list[Answered]:
    """Of each far end, all asked at once."""
    deadline = due_in(patience_ms)
    houses: dict[tuple[object, ...], list[FarEngine]] = {}
    for engine in profile.far_engines:
        houses.setdefault((engine.url, engine.key), []).append(engine)
    async with asyncio.TaskGroup() as tasks:
        asking = [tasks.create_task(_answered(engines, deadline)) for engines in houses.values()]
    return [task.result() for task in asking]


async def _answered(engines: Sequence[FarEngine], deadline: Millis) -> Answered:
    try:
        far_end = far_end_of(engines[0])
    except SettingsError as fault:
        return Answered(tuple(engines), ModelRefused(str(fault), "address"))
    try:
        return Answered(tuple(engines), await listed(far_end, deadline))
    except ModelError as fault:
        return Answered(tuple(engines), fault)
    finally:
        await far_end.close()


def remarks(profile: Profile, asked: Answered, today: date) -> Iterator[Remark]:
    """What somebody should know."""
    if isinstance(asked.answer, ModelError):
        yield _fault(profile, asked.engines, asked.answer)
        return
    for engine in asked.engines:
        found = asked.listed(engine)
        if found is None:
            yield _unlisted(profile, engine, [one.name for one in asked.answer])
        elif found.ends is not None and (found.ends - today).days <= SOON_DAYS:
            yield _ending(profile, engine, (found.ends - today).days, found.ends)


def _fault(profile: Profile, engines: Sequence[FarEngine], fault: ModelError) -> Remark:
    instead = profile.without(engines)
    kind = fault.kind if isinstance(fault, ModelRefused) else ""
    fix, grave = f"is it away? Until it answers {instead}", False
    if kind == "key":
        variable = engines[0].key_from
        fix, grave = f"{f'put a good key into {variable}' if variable else 'it wants a key: key_from'}", True
    elif kind == "credit":
        fix, grave = "top it up", True
    elif kind == "address":
        fix = f"is {engines[0].url} right? It mostly ends in /v1"
    if kind:
        fix += f"; until then {instead}"
    return Remark(tuple(engine.name for engine in engines), str(fault), fix, grave)


def _unlisted(profile: Profile, engine: FarEngine, there: Sequence[str]) -> Remark:
    near = get_close_matches(engine.model, there, n=1, cutoff=0.5)
    meant = f" (did you mean {near[0]}?)" if near else ""
    fix = f"if it is unknown there or retired, name another; until then {profile.without([engine])}"
    return Remark((engine.name,), f"{engine.url} does not list the model {engine.model}{meant}", fix, grave=False)


def _ending(profile: Profile, engine: FarEngine, days: int, ends: date) -> Remark:
    when = f"is shut down on {ends}, in {days} days" if days > 0 else f"was to be shut down on {ends}"
    fix = f"name another; after it {profile.without([engine])}"
    return Remark((engine.name,), f"the model {engine.model} {when}", fix, grave=False)
