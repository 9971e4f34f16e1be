"""Tables of engines and profiles, as administrators write them, to values: every mistake at once, in their words.

`[engine.NAME]` is one model behind one address, `[profile.NAME]` who serves in which role. The presets are there
already; a table of a preset's name changes it key by key, and `IVR_ENGINE__NAME__KEY` changes a key of either.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final, cast

from pydantic import SecretStr

from ivr.models import presets
from ivr.models.engine_fields import FIELDS, NEEDED, TABLES, Wrong, looks_secret, of_kind, plain_fault
from ivr.models.profiles import (
    AT_HOME,
    HOUSES,
    KINDS,
    ROLES,
    SERVING,
    FarEngine,
    Kind,
    Prices,
    Profile,
    Role,
    Rung,
    at_home,
)

PREFIX: Final = "IVR_ENGINE__"
ENGINE, PROFILE = "engine", "profile"
_EMBEDDED_LAST: Final = "embedded_last"

Variables = Callable[[str], tuple[str, str] | None]
"""The text of a variable, or of the file that NAME_FILE names, and where it came from; None: not set."""


@dataclass(frozen=True, slots=True)
class Given:
    """`place` says where it stands, for a message; `origin` for a listing."""

    value: Any
    place: str
    origin: str


@dataclass(frozen=True, slots=True)
class Override:
    """One variable of the environment that changes a key of an engine. `where`: env or .env."""

    variable: str
    text: str
    where: str


@dataclass(slots=True)
class Roster:
    """All engines and profiles there are, and what is wrong with them."""

    engines: dict[str, FarEngine] = field(default_factory=dict)
    profiles: dict[str, Profile] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    """`engine.NAME.KEY` and `profile.NAME.KEY` to where the value came from; what is not here has its default."""
    faults: list[str] = field(default_factory=list)

    def choose(self, name: str, place: str) -> Profile | None:
        """None: there is none of that name, which is a fault, or it has faults of its own."""
        if name in HOUSES:
            return at_home(name)
        if name not in self._named:
            names = [*HOUSES, *sorted(self._named)]
            self.faults.append(
                f"{place}: no engines are called {name!r}{nearest(name, names)}; there are {listed(names)}"
            )
        return self.profiles.get(name)

    _named: set[str] = field(default_factory=set)
    """Profiles that somebody wrote, with or without faults."""


def read_roster(tables: Mapping[str, Any], path: str, overrides: Iterable[Override], variables: Variables) -> Roster:
    """`tables`: what the file at `path` has under `engine` and `profile`, if anything."""
    roster = Roster()
    written = {part: _sections(tables.get(part), part, path, roster) for part in (ENGINE, PROFILE)}
    given = {name: _preset(ENGINE, name, table) for name, table in presets.ENGINES.items()}
    for name, table in written[ENGINE].items():
        _change(given.setdefault(name, {}), table, f"{ENGINE}.{name}", path)
    _move(given, variables)
    for override in overrides:
        _override(given, override, roster)
    for name, values in given.items():
        _engine(name, values, variables, roster, path)
    plans = {name: _preset(PROFILE, name, table) for name, table in presets.PROFILES.items()}
    for name, table in written[PROFILE].items():
        _change(plans.setdefault(name, {}), table, f"{PROFILE}.{name}", path)
    roster._named.update(plans)
    for name, values in plans.items():
        _profile(name, values, set(given), roster)
    roster.faults[:] = dict.fromkeys(roster.faults)  # one address may be that of several engines
    return roster


def nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def listed(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


# ---- what was given, and by whom


def _sections(value: object, part: str, path: str, roster: Roster) -> dict[str, Mapping[str, Any]]:
    """`[engine.NAME]` or `[profile.NAME]` by name."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        roster.faults.append(f"{path}: {part} is a table of tables: [{part}.NAME]")
        return {}
    found = {}
    for name, table in value.items():
        if not isinstance(table, Mapping):
            roster.faults.append(f"{path}: {part}.{name} needs a name before it: [{part}.NAME]")
        elif name in HOUSES:
            roster.faults.append(f"{path}: {part}.{name}: {name} is of this program: choose another name")
        elif not name.replace("-", "").replace("_", "").isalnum() or name != name.lower():
            roster.faults.append(f"{path}: {part}.{name}: a name has small letters, digits and hyphens")
        else:
            found[name] = table
    return found


def _preset(part: str, name: str, table: Mapping[str, Any]) -> dict[str, Given]:
    return {key: Given(value, f"{part}.{name}.{key}", "preset") for key, value in table.items()}


def _change(values: dict[str, Given], table: Mapping[str, Any], above: str, path: str) -> None:
    if "model" in table:
        values.pop("price", None)  # it was that of another model
    for key, value in table.items():
        values[key] = Given(value, f"{path}: {above}.{key}", f"file {path}")


def _move(given: dict[str, dict[str, Given]], variables: Variables) -> None:
    """OPENAI_BASE_URL: another address for the presets."""
    base = variables(presets.BASE_URL)
    if base is None:
        return
    keys = {presets.OPENAI_KEY}
    if variables(presets.OPENAI_KEY) is None:
        keys.add(presets.COMETAPI_KEY)
    for name, table in presets.ENGINES.items():
        if table["key_from"] in keys:
            text, origin = base
            given[name]["url"] = Given(text, origin, origin)


def _override(given: dict[str, dict[str, Given]], override: Override, roster: Roster) -> None:
    place = f"{override.where} {override.variable}"
    by_name = {name.upper().replace("-", "_"): name for name in given}
    upper, _, key = override.variable.removeprefix(PREFIX).partition("__")
    if upper not in by_name:
        known = [f"{PREFIX}{one}" for one in by_name]
        roster.faults.append(
            f"{override.where}: unknown {override.variable}{nearest(f'{PREFIX}{upper}', known)}; "
            f"there are engines {listed(sorted(given))}"
        )
        return
    values, (key, _, inner) = given[by_name[upper]], key.lower().partition("__")
    if key == "model":
        values.pop("price", None)
    if key in TABLES and inner:
        before = values.get(key)
        kept = dict(before.value) if before is not None and isinstance(before.value, Mapping) else {}
        values[key] = Given({**kept, inner: override.text}, place, place)
    else:
        values[key] = Given(override.text, place, place)


# ---- engines


def _engine(name: str, values: dict[str, Given], variables: Variables, roster: Roster, path: str) -> None:
    before = len(roster.faults)
    read = {key: _value(name, key, given, roster) for key, given in values.items()}
    if missing := [f"{key} ({what})" for key, what in NEEDED.items() if key not in values]:
        roster.faults.append(f"{path}: engine.{name} needs {listed(missing)}")
    if len(roster.faults) > before:
        return
    kind = cast(Kind, read["kind"])
    for key, given in values.items():
        if fault := of_kind(kind, key):
            roster.faults.append(f"{given.place}: {fault}")
    if not read.pop("allow_plain", False) and (fault := plain_fault(read["url"])):
        roster.faults.append(f"{values['url'].place}: {fault}")
    if len(roster.faults) > before:
        return
    key_from = read.get("key_from", "")
    found = variables(key_from) if key_from else None
    secret = None if found is None else SecretStr(found[0])
    prices = read.pop("price", Prices())
    roster.engines[name] = FarEngine(name, **read, key=secret, prices=prices)
    roster.origins.update({f"{ENGINE}.{name}.{one}": given.origin for one, given in values.items()})
    if found is not None:
        roster.origins[f"{ENGINE}.{name}.key"] = found[1]


def _value(name: str, key: str, given: Given, roster: Roster) -> Any:
    if key not in FIELDS:
        if looks_secret(key):
            roster.faults.append(
                f"{given.place} is a secret: put it into the environment, and write the name of its variable: "
                'key_from = "OPENAI_API_KEY"'
            )
        else:
            roster.faults.append(f"{_unknown(given, f'{ENGINE}.{name}.{key}')}{nearest(key, FIELDS)}")
        return None
    try:
        return FIELDS[key](given.value)
    except Wrong as wrong:
        roster.faults.append(f"{given.place}{wrong.inner}: {wrong}")
        return None


def _unknown(given: Given, name: str) -> str:
    """A key of a file is told as other keys of that file are."""
    path, _, dotted = given.place.rpartition(": ")
    return f"{path}: unknown key '{dotted}'" if dotted else f"{given.place}: {name} is no key of an engine"


# ---- profiles


def _profile(name: str, values: dict[str, Given], engines: set[str], roster: Roster) -> None:
    before = len(roster.faults)
    keys = [*ROLES, _EMBEDDED_LAST]
    for key, given in values.items():
        if key not in keys:
            roster.faults.append(f"{_unknown(given, f'{PROFILE}.{name}.{key}')}{nearest(key, keys)}")
    named = {role: _named(role, values[role], engines, roster) for role in ROLES if role in values}
    last = values.get(_EMBEDDED_LAST)
    if last is not None and not isinstance(last.value, bool):
        roster.faults.append(f"{last.place}: it is true or false")
    embedded_last = last is None or last.value is True
    for role in AT_HOME:
        if named.get(role) == [] and not embedded_last:
            roster.faults.append(f"{values[role].place}: nobody would {role}: name an engine, or embedded")
    wanted = [roster.engines.get(one) for names in named.values() for one in names if one not in HOUSES]
    if len(roster.faults) > before or None in wanted:
        return  # an engine with a fault of its own has been told
    rungs = {role: [_rung(one, roster) for one in names] for role, names in named.items()}
    thinking = [one for one in rungs.get("think", []) if isinstance(one, FarEngine)]
    rungs.setdefault("understand", [one for one in thinking if one.kind in SERVING["understand"]])
    able = {role: [one for one in several if not _keyless(one)] for role, several in rungs.items()}
    for role in AT_HOME:
        served = able.setdefault(role, [])
        if not served or (embedded_last and not any(one in HOUSES for one in served)):
            served.append("embedded")
    left_out = {one.name: one for one in wanted if one is not None and one.keyless}
    roster.profiles[name] = Profile(
        name,
        hear=tuple(able["hear"]),
        think=tuple(able.get("think", ())),
        understand=tuple(able["understand"]),
        speak=tuple(able["speak"]),
        duplex=tuple(able.get("duplex", ())),
        left_out=tuple(left_out.values()),
    )
    roster.origins.update({f"{PROFILE}.{name}.{key}": given.origin for key, given in values.items()})


def _named(role: Role, given: Given, engines: set[str], roster: Roster) -> list[str]:
    """The names of a role's engines; those that cannot serve are told."""
    value = [given.value] if isinstance(given.value, str) else given.value
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        roster.faults.append(f'{given.place}: it is a list of engines: {role} = ["NAME", "NAME"]')
        return []
    for name in sorted({one for one in value if value.count(one) > 1}):
        roster.faults.append(f"{given.place}: {name} is named twice")
    for name in dict.fromkeys(value):
        fault = _cannot(role, name, engines, roster)
        if fault is not None:
            roster.faults.append(f"{given.place}: {fault}")
    return list(value)


def _cannot(role: Role, name: str, engines: set[str], roster: Roster) -> str | None:
    if name in HOUSES:
        if role in AT_HOME:
            return None
        without = "an agent then takes its way for a model that is down" if role == "think" else "the rest still works"
        return f"{name} engines do not {role}: leave the list empty, and {without}"
    if name not in engines:
        known = [*(HOUSES if role in AT_HOME else ()), *sorted(engines)]
        return f"there is no engine {name!r}{nearest(name, known)}: it is written under [engine.{name}]"
    engine = roster.engines.get(name)
    if engine is None or engine.kind in SERVING[role]:
        return None
    roles = listed(one for one in ROLES if engine.kind in SERVING[one])
    return f"{name} is of kind {engine.kind}, which serves to {roles}; to {role} takes {' or '.join(SERVING[role])}"


def _rung(name: str, roster: Roster) -> Rung:
    return name if name in HOUSES else roster.engines[name]


def _keyless(rung: Rung) -> bool:
    return isinstance(rung, FarEngine) and rung.keyless


assert {kind for kinds in SERVING.values() for kind in kinds} == set(KINDS)
