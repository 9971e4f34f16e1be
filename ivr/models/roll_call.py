"""Is what a profile names really there? Each far end is asked once for the list of its models, and judged in words.

What is found keeps nobody from starting: whoever does not serve is passed over, and the words say who serves instead.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Final

from ivr.errors import ModelError, ModelRefused
from ivr.models.adapters import far_end_of
from ivr.models.deadline import due_in
from ivr.models.openai.listed import Listed, listed
from ivr.models.profiles import FarEngine, Profile
from ivr.units import Millis

PATIENCE_MS: Final = 2_000
SOON_DAYS: Final = 60
"""A model that is shut down within so many days is told of."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that somebody should know. `grave`: the engines will not serve; else they may not, or not for long."""

    engines: tuple[str, ...]
    text: str
    grave: bool


@dataclass(frozen=True, slots=True)
class _Asked:
    """Engines at one address with one key, and what it said."""

    engines: tuple[FarEngine, ...]
    answer: tuple[Listed, ...] | ModelError


async def roll_call(profile: Profile, today: date, patience_ms: int = PATIENCE_MS) -> list[Remark]:
    """In the order of the roles. Never takes longer than `patience_ms`, never raises over a far end."""
    deadline = due_in(patience_ms)
    houses: dict[tuple[object, ...], list[FarEngine]] = {}
    for engine in profile.far_engines:
        houses.setdefault((engine.url, engine.key), []).append(engine)
    async with asyncio.TaskGroup() as tasks:
        asking = [tasks.create_task(_asked(engines, deadline)) for engines in houses.values()]
    return [remark for task in asking for remark in _remarks(profile, task.result(), today)]


async def _asked(engines: Sequence[FarEngine], deadline: Millis) -> _Asked:
    far_end = far_end_of(engines[0])
    try:
        return _Asked(tuple(engines), await listed(far_end, deadline))
    except ModelError as fault:
        return _Asked(tuple(engines), fault)
    finally:
        await far_end.close()


def _remarks(profile: Profile, asked: _Asked, today: date) -> Iterator[Remark]:
    if isinstance(asked.answer, ModelError):
        yield _fault(profile, asked.engines, asked.answer)
        return
    there = {one.name: one for one in asked.answer}
    for engine in asked.engines:
        found = there.get(engine.model)
        if found is None:
            yield _unlisted(profile, engine, list(there))
        elif found.ends is not None and (found.ends - today).days <= SOON_DAYS:
            yield _ending(profile, engine, (found.ends - today).days, found.ends)


def _fault(profile: Profile, engines: Sequence[FarEngine], fault: ModelError) -> Remark:
    names = tuple(engine.name for engine in engines)
    who, instead = _who(names), profile.without(engines)
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
    return Remark(names, f"{who}: {fault}: {fix}", grave)


def _unlisted(profile: Profile, engine: FarEngine, there: Sequence[str]) -> Remark:
    near = get_close_matches(engine.model, there, n=1, cutoff=0.5)
    meant = f" (did you mean {near[0]}?)" if near else ""
    text = (
        f"engine {engine.name}: {engine.url} does not list the model {engine.model}{meant}: if it is unknown there or "
        f"retired, name another; until then {profile.without([engine])}"
    )
    return Remark((engine.name,), text, grave=False)


def _ending(profile: Profile, engine: FarEngine, days: int, ends: date) -> Remark:
    when = f"is shut down on {ends}, in {days} days" if days > 0 else f"was to be shut down on {ends}"
    text = f"engine {engine.name}: the model {engine.model} {when}: name another; after it {profile.without([engine])}"
    return Remark((engine.name,), text, grave=False)


def _who(names: Sequence[str]) -> str:
    return f"engine {names[0]}" if len(names) == 1 else f"engines {', '.join(names[:-1])} and {names[-1]}"
