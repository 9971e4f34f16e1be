"""All settings of an installation, from where they come, and every fault in them at once.

Order: flag, environment, `.env`, `config/<name>.toml`, default. `NAME_FILE` names a file that holds NAME's value.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, InstanceOf, SecretStr, ValidationError

from ivr.call.settings import CallSettings
from ivr.carrier.twiml import is_dialable
from ivr.errors import SettingsError
from ivr.models.presets import BY_KEY
from ivr.models.profile_tables import ENGINE, PREFIX, PROFILE, Override, Roster, nearest, read_roster
from ivr.models.profiles import HOUSES, Caps, Profile, at_home, masked, shown

WELL_KNOWN: Final = {
    "port": "PORT",
    "log_level": "LOG_LEVEL",
    "twilio_account_sid": "TWILIO_ACCOUNT_SID",
    "twilio_auth_token": "TWILIO_AUTH_TOKEN",
    "database_url": "DATABASE_URL",
}
"""Settings whose environment name is not IVR_ and their own."""
SECRETS: Final = frozenset({"twilio_auth_token", "api_token", "database_url"})
_OTHERS: Final = ("IVR_SECRET_", "IVR_API__", "IVR_MCP__")
"""Names of ours in the environment that are no settings: secrets and addresses of tools."""
_CONFIG: Final = "IVR_CONFIG"
_MADE: Final = "chosen"
"""What is no setting of its own, but made of several."""
MOST_WORKERS: Final = 4
"""As many processes as SQLite serves."""


class Settings(BaseModel):
    """What the server runs by. Read once, at start."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """0: any free one."""
    public_url: str = ""
    """Where the carrier reaches us; empty: http://127.0.0.1 and the port."""
    data_dir: Path = Path("data")
    max_calls: Annotated[int, Field(ge=1)] = 50
    engines: str = "embedded"
    project: Path | None = None
    """The folder of the project; None: the sample line."""
    flow: str | None = None
    """A project, or project/flow, that answers every number."""
    record: bool = True
    prompt_cache_mb: Annotated[int, Field(ge=0)] = 256
    """Sound of prompts on disk; 0: none is kept there."""
    drain_seconds: Annotated[float, Field(ge=0)] = 600
    late_ms: Annotated[int, Field(ge=1)] = 100
    """How late the event loop may be, for some seconds, before new calls hear busy."""
    overflow: str = "busy"
    """What callers get whom no flow serves: `busy`, `record` (the carrier takes a message), or a number or SIP address
    to be put through to."""
    workers: Annotated[int, Field(ge=1)] = 1
    """Processes that answer, on one port. With SQLite MOST_WORKERS at most."""
    twilio_account_sid: str | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_api_url: str = ""
    """Where the carrier's REST interface is asked instead of at api.twilio.com: for a telephone of tests."""
    api_token: SecretStr | None = None
    """What programs show that ask for calls, as a bearer token. None: where requests of the carrier are signed nobody
    may ask; else any program of this machine."""
    outbound_per_hour: Annotated[int, Field(ge=0)] = 60
    """So many calls are placed in an hour at most, tries that nobody took too; 0: none."""
    max_chats: Annotated[int, Field(ge=0)] = 200
    """Conversations in writing that may be open at once; 0: none is taken."""
    chat_idle_minutes: Annotated[float, Field(gt=0, le=2880)] = 60
    """Who has not written for so long has left."""
    word_times: bool = False
    """After a call a recogniser at a far end is asked again, for the time of each word of its caller's."""
    clock_at: AwareDatetime | None = None
    """For tests: the wall clock begins here, as the server does. Refused where requests are signed."""
    database_url: SecretStr | None = None
    """A PostgreSQL database; None: SQLite in the data folder."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "console"] = "auto"
    call: CallSettings = CallSettings()
    caps: Caps = Caps()
    """What models may cost before those of this process serve alone."""
    chosen: InstanceOf[Profile] | None = None
    """What `engines` names, where it asks far ends: made of tables, not of a value."""

    @property
    def profile(self) -> Profile:
        """Who serves in each role."""
        return self.chosen or at_home(self.engines)

    @property
    def base_url(self) -> str:
        """Without a slash at its end."""
        return self.public_url.rstrip("/") or f"http://127.0.0.1:{self.port}"

    @property
    def stream_url(self) -> str:
        """The base of websocket addresses: wss where the public URL is https."""
        return "ws" + self.base_url.removeprefix("http")

    @property
    def auth_token(self) -> str | None:
        return None if self.twilio_auth_token is None else self.twilio_auth_token.get_secret_value()

    @property
    def carrier_account(self) -> tuple[str, str] | None:
        """The account and its token that ask the carrier's REST interface; None: there is none. A telephone of tests
        wants no token where nothing is signed."""
        if self.twilio_account_sid is None or (self.auth_token is None and not self.twilio_api_url):
            return None
        return self.twilio_account_sid, (self.auth_token or "unsigned").split(",")[0]

    @property
    def database_address(self) -> str | None:
        """With its password: never to be shown."""
        return None if self.database_url is None else self.database_url.get_secret_value()

    @property
    def signed(self) -> bool:
        """Whether every request of the carrier must carry a good signature."""
        return self.twilio_auth_token is not None

    def warnings(self) -> list[str]:
        """What is allowed and should be known."""
        unsigned = "no TWILIO_AUTH_TOKEN: requests are not checked, so only this machine may reach the server"
        return [*(() if self.signed else (unsigned,)), *self.profile.warnings()]


@dataclass(frozen=True, slots=True)
class Effective:
    """One setting as it is in force. `value` is masked where it is a secret."""

    name: str
    value: str
    origin: str
    """`flag --port`, `env PORT`, `.env PORT`, `file config/x.toml`, `default`."""


@dataclass(frozen=True, slots=True)
class Configuration:
    settings: Settings
    origins: Mapping[str, str]
    """Setting, nested ones with dots, to where its value came from; what is not here has its default."""

    def effective(self) -> list[Effective]:
        values = [(name, _shown(name, value)) for name, value in _flat(_open(self.settings))]
        if self.settings.chosen is not None:
            values.extend(shown(self.settings.chosen))
        return [Effective(name, value, self.origins.get(name, "default")) for name, value in values]


def load_settings(
    flags: Mapping[str, object] | None = None,
    *,
    config: str | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Settings:
    """`flags` by setting; None is not given. `folder` is where `.env` and `config/` are looked for.

    Raises:
        SettingsError: its text has every fault, one a line.
    """
    return load_configuration(flags, config=config, environment=environment, folder=folder).settings


def load_configuration(
    flags: Mapping[str, object] | None = None,
    *,
    config: str | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Configuration:
    """As `load_settings`, with the origins."""
    reading = _Reading(folder or Path(), os.environ if environment is None else environment)
    reading.file(config)
    reading.variables(reading.dotenv, ".env")
    reading.variables(reading.environment, "env")
    reading.flags(flags or {})
    settings = reading.settings()
    if reading.faults or settings is None:
        raise SettingsError("\n".join(reading.faults))
    return Configuration(settings, reading.origins)


def load_roster(
    config: str | None = None, environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> Roster:
    """Every engine and profile there is, whichever is chosen, with their keys. Raises: SettingsError."""
    reading = _Reading(folder or Path(), os.environ if environment is None else environment)
    reading.file(config)
    reading.variables(reading.dotenv, ".env")
    reading.variables(reading.environment, "env")
    roster = reading.roster()
    if faults := [*reading.faults, *roster.faults]:
        raise SettingsError("\n".join(faults))
    return roster


class _Reading:
    """Gathers values from the lowest source to the highest, and the faults of all."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self.environment = environment
        self.dotenv = self._dotenv()
        self.values: dict[str, Any] = {}
        self.origins: dict[str, str] = {}
        self.faults: list[str] = []
        self._models: dict[str, Any] = {}
        """Tables of engines and profiles, as they stand in the file."""
        self._path = "config"
        self._overrides: list[Override] = []
        self._looked_up: dict[str, tuple[str, str] | None] = {}

    def file(self, config: str | None) -> None:
        name = config or self.environment.get(_CONFIG) or self.dotenv.get(_CONFIG)
        if not name:
            return
        path = Path(name) if "/" in name or name.endswith(".toml") else Path("config") / f"{name}.toml"
        try:
            kept = tomllib.loads((self._folder / path).read_text())
        except FileNotFoundError:
            there = sorted(one.stem for one in (self._folder / "config").glob("*.toml"))
            self.faults.append(f"{path}: there is no such file" + (f"; there is {', '.join(there)}" if there else ""))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
            self.faults.append(f"{path}: {fault}")
        else:
            self._path = str(path)
            self._models = {part: kept.pop(part) for part in (ENGINE, PROFILE) if part in kept}
            self._table(kept, (), path)

    def variables(self, variables: Mapping[str, str], where: Literal["env", ".env"]) -> None:
        names = _variables()
        for variable, text in sorted(variables.items()):
            direct = variable in names
            name = variable if direct else variable.removesuffix("_FILE")
            if name in names:
                if not text:
                    continue
                if not direct and variables.get(name):
                    self.faults.append(f"{where}: {name} and {variable} are both set: leave one out")
                    continue
                value = text if direct else self._mounted(variable, text, where)
                if value is not None:
                    self._set(names[name], value, f"{where} {variable}")
            elif variable.startswith(PREFIX):
                self._overrides.extend([Override(variable, text, where)] if text else [])
            elif variable.startswith("IVR_") and variable != _CONFIG and not variable.startswith(_OTHERS):
                self.faults.append(f"{where}: unknown {variable}{nearest(variable, [*names, _CONFIG])}")

    def flags(self, flags: Mapping[str, object]) -> None:
        for name, value in flags.items():
            if value is not None:
                assert (name,) in _paths(), f"no setting {name}"
                self._set((name,), value, f"flag --{name.replace('_', '-')}")

    def settings(self) -> Settings | None:
        """None where there are faults."""
        self.faults.extend(_unsafe(self.values, self.origins))
        self._choose()
        try:
            return Settings.model_validate(self.values)
        except ValidationError as fault:
            self.faults.extend(self._worded(one["loc"], one["msg"]) for one in fault.errors(include_input=False))
            return None

    def _choose(self) -> None:
        """Who hears, thinks and speaks: as named, else by the first key there is, else those of this process."""
        for variable, profile in BY_KEY:
            if "engines" not in self.values and (found := self._found(variable)) is not None:
                self._set(("engines",), profile, found[1])
        name = str(self.values.get("engines", "embedded"))
        # Engines of this process are there whatever else the environment holds.
        roster = self.roster(keys=name not in HOUSES)
        chosen = roster.choose(name, self.origins.get("engines", "engines"))
        self.faults.extend(roster.faults)
        if chosen is not None and chosen.far:
            self.values["chosen"] = chosen
            self.origins.update(roster.origins)

    def roster(self, *, keys: bool = True) -> Roster:
        """`keys`: with what variables hold."""
        return read_roster(self._models, self._path, self._overrides, self._found if keys else lambda _: None)

    def _found(self, variable: str) -> tuple[str, str] | None:
        """The text of a variable, or of the file that NAME_FILE names; the environment before `.env`."""
        if variable not in self._looked_up:
            self._looked_up[variable] = self._look_up(variable)
        return self._looked_up[variable]

    def _look_up(self, variable: str) -> tuple[str, str] | None:
        for variables, where in ((self.environment, "env"), (self.dotenv, ".env")):
            text, path = variables.get(variable, "").strip(), variables.get(f"{variable}_FILE", "")
            if text and path:
                self.faults.append(f"{where}: {variable} and {variable}_FILE are both set: leave one out")
            if text:
                return text, f"{where} {variable}"
            if path:
                text = self._mounted(f"{variable}_FILE", path, where) or ""
                return (text, f"{where} {variable}_FILE") if text else None
        return None

    def _worded(self, place: tuple[int | str, ...], what: str) -> str:
        name = ".".join(str(part) for part in place)
        return f"{self.origins.get(name, name)}: {name}: {what[:1].lower()}{what[1:]}"

    def _table(self, table: Mapping[str, Any], above: tuple[str, ...], path: Path) -> None:
        known = _paths()
        for key, value in table.items():
            here = (*above, key)
            name = ".".join(here)
            siblings = sorted({one[len(above)] for one in known if one[: len(above)] == above})
            siblings.extend(() if above else (ENGINE, PROFILE))
            if name in SECRETS:
                variable = WELL_KNOWN.get(name, name)
                self.faults.append(f"{path}: {name} is a secret: set {variable} or {variable}_FILE instead")
            elif key not in siblings:
                self.faults.append(f"{path}: unknown key '{name}'{nearest(key, siblings)}")
            elif key == "engines" and isinstance(value, Mapping):
                self.faults.append(f"{path}: engines names a profile; an engine stands under [engine.NAME]")
            elif here in known:
                self._set(here, value, f"file {path}")
            elif isinstance(value, Mapping):
                self._table(value, here, path)
            else:
                self.faults.append(f"{path}: {name} is a table: [{name}]")

    def _set(self, path: tuple[str, ...], value: object, origin: str) -> None:
        inner = self.values
        for part in path[:-1]:
            inner = inner.setdefault(part, {})
        inner[path[-1]] = value
        self.origins[".".join(path)] = origin

    def _mounted(self, variable: str, path: str, where: str) -> str | None:
        try:
            return (self._folder / path).read_text().strip()
        except (OSError, UnicodeDecodeError) as fault:
            why = fault.strerror if isinstance(fault, OSError) else "not text"
            self.faults.append(f"{where}: {variable}: {path}: {why}")
            return None

    def _dotenv(self) -> dict[str, str]:
        path = self._folder / ".env"
        if not path.is_file():
            return {}
        return {name: value for name, value in dotenv_values(path, interpolate=False).items() if value is not None}


def _unsafe(values: Mapping[str, Any], origins: Mapping[str, str]) -> Iterator[str]:
    """Settings that may be well formed and must not be started with."""
    host = str(values.get("host", Settings.model_fields["host"].default))
    if not values.get("twilio_auth_token") and not _loopback(host):
        yield (
            f"{origins.get('host', 'host')}: {host} is reached from other machines, and without TWILIO_AUTH_TOKEN "
            "anybody could place calls: set TWILIO_AUTH_TOKEN, or leave the host at 127.0.0.1"
        )
    workers = str(values.get("workers", 1))
    if workers.isdecimal() and int(workers) > MOST_WORKERS and not values.get("database_url"):
        yield (
            f"{origins.get('workers', 'workers')}: {workers} processes are more than SQLite serves, which is "
            f"{MOST_WORKERS}: set DATABASE_URL to a PostgreSQL database, or run fewer"
        )
    if values.get("database_url"):
        from ivr.store import postgres_url

        try:
            postgres_url(str(values["database_url"]))
        except SettingsError as wrong:
            yield f"{origins.get('database_url', 'database_url')}: {wrong}"
    overflow = str(values.get("overflow", "busy"))
    if overflow not in ("busy", "record") and not is_dialable(overflow):
        yield (
            f"{origins.get('overflow', 'overflow')}: {overflow} is nothing that callers can get: write busy, record, a "
            "number like +15550107788, or a SIP address"
        )
    if values.get("clock_at") and values.get("twilio_auth_token"):
        yield f"{origins.get('clock_at', 'clock_at')}: a clock of tests is for a server without TWILIO_AUTH_TOKEN"
    if values.get("public_url"):
        fault = _url_fault(str(values["public_url"]))
        if fault:
            yield f"{origins.get('public_url', 'public_url')}: {fault}"


def _url_fault(text: str) -> str | None:
    try:
        url = urlsplit(text)
        host, _port = url.hostname, url.port
    except ValueError:
        return "the public URL is written like https://calls.example.com"
    if url.scheme not in ("http", "https") or not host:
        return "the public URL is written like https://calls.example.com"
    if url.query or url.fragment or url.username is not None:
        return "the public URL has no query, no fragment and no user in it"
    if url.scheme == "http" and not _loopback(host):
        return "http on another host would send calls in the clear: use https"
    return None


def _loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _paths() -> dict[tuple[str, ...], object]:
    """Every setting by its path, with its default."""
    defaults = {name: field.default for name, field in Settings.model_fields.items() if name != _MADE}
    return {tuple(name.split(".")): default for name, default in _flat(defaults)}


def _open(settings: Settings) -> dict[str, Any]:
    return {name: value for name, value in settings if name != _MADE}


def _variables() -> dict[str, tuple[str, ...]]:
    """Name in the environment to the setting's path."""
    return {WELL_KNOWN.get(".".join(path), "IVR_" + "__".join(path).upper()): path for path in _paths()}


def _flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if is_dataclass(value):
            inner = {field.name: getattr(value, field.name) for field in fields(value)}
            yield from _flat(inner, f"{above}{name}.")
        else:
            yield above + name, value


def _shown(name: str, value: object) -> str:
    if isinstance(value, SecretStr) and name == "database_url":
        from ivr.store import shown_url

        return shown_url(value.get_secret_value())
    if isinstance(value, SecretStr):
        return masked(value.get_secret_value())
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
