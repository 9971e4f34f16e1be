"""What stands under [engine.NAME]: each key, how it is written, and what is wrong with what is not."""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from ivr.models.profiles import KINDS, ONLY_FOR, Kind, Prices, means

_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9_]{1,79}")
_SECRET: Final = re.compile(r"(^|_)(key|apikey|token|secret|password|authorization|bearer)$")
_ENDPOINTS: Final = (
    *("/chat/completions", "/audio/transcriptions", "/audio/speech", "/models", "/completions", "/realtime"),
)
MOST_MS: Final = 60_000
_PRICES: Final = tuple(one.name for one in fields(Prices))


class Wrong(Exception):
    """The words of a message, without the place. `inner`: the key below, where it is one of a table."""

    def __init__(self, text: str, inner: str = "") -> None:
        super().__init__(text)
        self.inner = inner


def looks_secret(key: str) -> bool:
    return _SECRET.search(key.lower().replace("-", "_")) is not None


def plain_fault(url: str) -> str | None:
    """Why an address must not be asked without encryption."""
    parts = urlsplit(url)
    if parts.scheme == "https" or _loopback(str(parts.hostname)):
        return None
    return (
        "http on another host would send callers' words and the key in the clear: use https, or write "
        "allow_plain = true under the engine where nobody can listen in between"
    )


def of_kind(kind: Kind, key: str) -> str | None:
    """Why a key means nothing for that kind."""
    if means(kind, key):
        return None
    return f"it means nothing for {kind}; it is for {' and '.join(ONLY_FOR[key])}"


def _kind(value: object) -> str:
    if value not in KINDS:
        near = get_close_matches(str(value), KINDS, n=1, cutoff=0.6)
        meant = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(KINDS)}"
        raise Wrong(f"unknown kind {value!r}{meant}")
    return str(value)


def _url(value: object) -> str:
    written = "it is written like https://api.openai.com/v1"
    if not isinstance(value, str):
        raise Wrong(written)
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise Wrong(f"this is no URL: {written}") from None
    if parts.username is not None or parts.query or parts.fragment:
        raise Wrong(f"a URL has no user, no query and no fragment in it, since they may be secret: {written}")
    if parts.scheme in ("ws", "wss"):
        raise Wrong("write https: a session finds its way from there")
    if parts.scheme not in ("http", "https") or not host:
        raise Wrong(f"{value!r} is no URL: {written}")
    url = value.rstrip("/")
    for endpoint in _ENDPOINTS:
        if parts.path.rstrip("/").endswith(endpoint):
            raise Wrong(f"this is the address of one endpoint: leave out {endpoint}")
    return url


def _name(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Wrong("it is a name, in quotes")
    return value.strip()


def _variable(value: object) -> str:
    if not isinstance(value, str) or not _VARIABLE.fullmatch(value):
        raise Wrong(
            "this is no variable's name. The key itself never stands here: put it into the environment, and write "
            'the name of its variable, like "OPENAI_API_KEY"'
        )
    return value


_YES, _NO = ("yes", "true", "on"), ("no", "false", "off")


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in (*_YES, *_NO):
        return value.lower() in _YES
    raise Wrong("it is true or false")


def _ms(value: object) -> int:
    try:
        number = int(value) if isinstance(value, str) else value
    except ValueError:
        number = None
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= MOST_MS:
        raise Wrong(f"it is a number of milliseconds, 1 to {MOST_MS}")
    return number


def _prices(value: object) -> Prices:
    if not isinstance(value, Mapping):
        raise Wrong("it is a table: price = {text_in = 0.15, text_out = 0.60}, each for a million tokens")
    read: dict[str, Decimal] = {}
    for key, amount in value.items():
        if key not in _PRICES:
            near = get_close_matches(key, _PRICES, n=1, cutoff=0.6)
            meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(_PRICES)}"
            raise Wrong(f"unknown price; {meant}", f".{key}")
        try:
            read[key] = Decimal(str(amount))
        except InvalidOperation:
            raise Wrong("a price is a number", f".{key}") from None
        if isinstance(amount, bool) or not read[key].is_finite() or read[key] < 0:
            raise Wrong("a price is a number, 0 or more", f".{key}")
    return Prices(**read)


_OURS: Final = (
    *("model", "messages", "stream", "stream_options", "tools", "tool_choice", "modalities", "audio"),
    *("input", "voice", "response_format"),
)


def _request(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise Wrong("it is a table of fields: request = {temperature = 0.4}")
    for key in value:
        if looks_secret(key):
            raise Wrong("a secret never stands here", f".{key}")
        if key in _OURS:
            raise Wrong("this field is ours to fill", f".{key}")
    return dict(value)


def _rate(value: object) -> int:
    try:
        number = int(value) if isinstance(value, str) else value
    except ValueError:
        number = None
    if not isinstance(number, int) or isinstance(number, bool) or not 8_000 <= number <= 48_000:
        raise Wrong("it is a number of samples in a second, 8000 to 48000")
    return number


def _language(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})?", value):
        raise Wrong('it is written like "en" or "es-US"')
    return value


def _turns(value: object) -> str:
    if value == "theirs":
        raise Wrong(
            "where a turn ends is told here: a far end that tells it would have to hear all that is said, also what "
            "it must not hear. Leave it out"
        )
    if value != "ours":
        raise Wrong('it is "ours"')
    return "ours"


FIELDS: Final[Mapping[str, Callable[[object], Any]]] = {
    "kind": _kind,
    "url": _url,
    "model": _name,
    "voice": _name,
    "key_from": _variable,
    "stream": _flag,
    "speaks": _flag,
    "connect_ms": _ms,
    "first_ms": _ms,
    "idle_ms": _ms,
    "rate_hz": _rate,
    "language": _language,
    "turns": _turns,
    "request": _request,
    "price": _prices,
    "allow_plain": _flag,
}
TABLES: Final = ("request", "price")
NEEDED: Final[Mapping[str, str]] = {
    "kind": f"one of {', '.join(KINDS)}",
    "url": "where it stands, like https://api.openai.com/v1",
    "model": "its name, as the far end lists it",
}


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
