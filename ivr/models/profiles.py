"""Which engine serves in which role, in what order, and where each stands: values only, read from an installation's
settings by `profile_tables`, made into adapters by `engines`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Annotated, Final, Literal, get_args

from pydantic import Field, SecretStr

from ivr.errors import SettingsError

Kind = Literal["audio_chat", "chat", "transcription", "speech", "realtime"]
"""The endpoint a far end serves: chat completions with sound, or without; /audio/transcriptions; /audio/speech; a
websocket of /realtime."""
House = Literal["embedded", "instant"]
"""Engines of this process: no key, no network."""
Role = Literal["hear", "think", "understand", "speak", "duplex"]
"""hear: words of speech. think: what an agent answers. understand: what was meant at a question, where the words do
not tell. speak: a voice. duplex: hears and speaks at once."""

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
HOUSES: Final[tuple[House, ...]] = get_args(House)
ROLES: Final[tuple[Role, ...]] = get_args(Role)
SERVING: Final[Mapping[Role, tuple[Kind, ...]]] = {
    "hear": ("transcription",),
    "think": ("realtime", "audio_chat", "chat"),
    "understand": ("audio_chat", "chat"),
    "speak": ("speech",),
    "duplex": ("realtime",),
}
ONLY_FOR: Final[Mapping[str, tuple[Kind, ...]]] = {
    "voice": ("audio_chat", "speech", "realtime"),
    "stream": ("audio_chat", "chat"),
    "speaks": ("audio_chat",),
    "rate_hz": ("speech",),
    "language": ("transcription",),
    "request": ("audio_chat", "chat", "speech"),
    "turns": ("realtime",),
}
"""Keys of an engine that mean something for some kinds only."""
AT_HOME: Final[frozenset[Role]] = frozenset({"hear", "speak"})
"""Roles that the engines of this process can fill."""


@dataclass(frozen=True, slots=True)
class Prices:
    """In the currency the provider bills in. Tokens and characters by the million. 0: nothing, or not known."""

    text_in: Decimal = Decimal(0)
    text_out: Decimal = Decimal(0)
    audio_in: Decimal = Decimal(0)
    audio_out: Decimal = Decimal(0)
    cached_text_in: Decimal | None = None
    """None: as what is not cached."""
    cached_audio_in: Decimal | None = None
    minute: Decimal = Decimal(0)
    """A minute of sound that is transcribed."""
    characters: Decimal = Decimal(0)
    """Text that is spoken, where it is not counted in tokens."""

    @property
    def known(self) -> bool:
        return any(getattr(self, one.name) for one in fields(self))


@dataclass(frozen=True, slots=True)
class FarEngine:
    """One model behind one address."""

    name: str
    kind: Kind
    url: str
    """Without a slash at its end; mostly it ends in /v1."""
    model: str
    voice: str = ""
    """Empty: the far end's own."""
    key_from: str = ""
    """The variable that holds the key; empty: none is asked for."""
    key: SecretStr | None = None
    """None: none is asked for, or the variable is not set."""
    stream: bool = True
    speaks: bool = True
    """Of a chat with sound: it answers with sound; else the voice speaks its words."""
    connect_ms: int = 3_000
    first_ms: int = 6_000
    """Until the first part of an answer."""
    idle_ms: int = 5_000
    """From one part to the next."""
    rate_hz: int = 0
    """Of a voice's sound where no header tells it; 0: as usual."""
    language: str = ""
    """What a recogniser is to expect; empty: it finds out."""
    turns: Literal["ours"] = "ours"
    """Who tells where a caller's turn ends."""
    request: Mapping[str, object] = field(default_factory=dict, hash=False)
    """Fields of each request beside ours."""
    prices: Prices = Prices()

    @property
    def keyless(self) -> bool:
        """Its key is wanted and not there: it cannot be asked."""
        return bool(self.key_from) and self.key is None


Rung = FarEngine | House


def means(kind: Kind, key: str) -> bool:
    """Whether a key of an engine means anything for that kind."""
    return kind in ONLY_FOR.get(key, KINDS)


@dataclass(frozen=True, slots=True)
class Caps:
    """What far ends may cost before they are not asked any more, in the currency of their prices. None: no cap."""

    call: Annotated[Decimal, Field(gt=0)] | None = None
    hour: Annotated[Decimal, Field(gt=0)] | None = None


NO_CAPS: Final = Caps()


@dataclass(frozen=True, slots=True)
class Profile:
    """For each role who is asked, in that order; the next one where one fails."""

    name: str
    hear: tuple[Rung, ...]
    think: tuple[Rung, ...]
    understand: tuple[Rung, ...]
    speak: tuple[Rung, ...]
    duplex: tuple[Rung, ...] = ()
    left_out: tuple[FarEngine, ...] = ()
    """Named, and not asked: they have no key."""

    def rungs(self, role: Role) -> tuple[Rung, ...]:
        match role:
            case "hear":
                return self.hear
            case "think":
                return self.think
            case "understand":
                return self.understand
            case "speak":
                return self.speak
            case "duplex":
                return self.duplex

    @property
    def thinking(self) -> tuple[Rung, ...]:
        """Who answers in an agent, in that order: whoever hears and speaks at once is asked first."""
        return tuple(dict.fromkeys((*self.duplex, *self.think)))

    @property
    def far(self) -> bool:
        """Whether anybody outside was meant to be asked."""
        return bool(self.far_engines or self.left_out)

    @property
    def far_engines(self) -> tuple[FarEngine, ...]:
        """Those that may be asked, each once, in the order of the roles."""
        found = (rung for role in ROLES for rung in self.rungs(role))
        return tuple({rung.name: rung for rung in found if isinstance(rung, FarEngine)}.values())

    def warnings(self) -> Iterator[str]:
        """What is allowed and should be known: who is left out, and what serves instead."""
        for one in self.left_out:
            yield f"engine {one.name} is left out, because {one.key_from} is not set: {self.fix_of(one)}"

    def fix_of(self, left_out: FarEngine) -> str:
        return f"set it, or {left_out.key_from}_FILE; until then {self.without([left_out])}"

    def without(self, engines: Sequence[FarEngine]) -> str:
        """What serves where these do not, in words."""
        names, told = [one.name for one in engines], []
        for role in ROLES:
            rungs = self.rungs(role)
            if not any(name_of(rung) in names for rung in rungs) and not any(
                one in self.left_out and one.kind in SERVING[role] for one in engines
            ):
                continue
            others = [name_of(rung) for rung in rungs if name_of(rung) not in names]
            told.append(_SERVES[role].format(others[0]) if others else _UNSERVED[role])
        return ", ".join(told)


_SERVES: Final[Mapping[Role, str]] = {
    "hear": "{} hears",
    "think": "{} thinks",
    "understand": "{} understands",
    "speak": "{} speaks",
    "duplex": "{} is asked",
}
_UNSERVED: Final[Mapping[Role, str]] = {
    "hear": "nobody hears",
    "think": "agents take their way for a model that is down",
    "understand": "questions are understood by the words alone",
    "speak": "nobody speaks",
    "duplex": "nobody hears and speaks at once",
}


def name_of(rung: Rung) -> str:
    return rung.name if isinstance(rung, FarEngine) else rung


def shown(profile: Profile) -> Iterator[tuple[str, str]]:
    """Its settings by name, `profile.NAME.ROLE` and `engine.NAME.KEY`, with every key masked."""
    for role in ROLES:
        yield f"profile.{profile.name}.{role}", ", ".join(name_of(rung) for rung in profile.rungs(role))
    for engine in (*profile.far_engines, *profile.left_out):
        for one in fields(engine):
            value = getattr(engine, one.name)
            if one.name == "prices":
                priced = [(price.name, getattr(value, price.name)) for price in fields(value)]
                value = ", ".join(f"{name} {amount}" for name, amount in priced if amount is not None and amount != 0)
            elif one.name == "request":
                value = ", ".join(f"{name} = {told!r}" for name, told in value.items())
            elif one.name == "key":
                value = "" if value is None else masked(value.get_secret_value())
            if one.name != "name" and means(engine.kind, one.name):
                key = {"prices": "price"}.get(one.name, one.name)
                yield f"engine.{engine.name}.{key}", str(value).lower() if isinstance(value, bool) else str(value)


def masked(secret: str) -> str:
    """With its end where it is long enough."""
    return "••••" + (secret[-4:] if len(secret) >= 16 else "")


def at_home(name: str) -> Profile:
    """The profile that asks nobody outside. Raises: SettingsError: it is none of HOUSES."""
    if name not in HOUSES:
        raise SettingsError(f"no engines are called {name!r}; there are {' and '.join(HOUSES)}")
    return Profile(name, hear=(name,), think=(), understand=(), speak=(name,))
