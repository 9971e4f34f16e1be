"""One OpenAI-compatible endpoint: its address, its key, its kept connections, and the time each thing may take."""

import asyncio
import re
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from functools import cache
from ipaddress import ip_address
from typing import Any, Final

import httpx

from ivr.errors import ModelError, ModelUnavailable, SettingsError
from ivr.models.deadline import due_in, left_s
from ivr.models.openai.faults import Fault, fault_of
from ivr.secret import Secret
from ivr.units import Millis

CONNECT_MS: Final = 2_500
FIRST_MS: Final = 6_000
"""Until the first part of an answer; the deadline of who asks may be sooner."""
IDLE_MS: Final = 5_000
"""From one byte of an answer to the next; a comment counts as a sign of life."""
LINGER_MS: Final = 40
"""What ends a body comes with its last piece, or at once after it; so long it is waited for, so that the connection
can serve again."""
MOST_BYTES: Final = 24_000_000
"""Of one answer: 16 MB of sound as base64, and the words around them."""
_FAULT_BYTES: Final = 65_536
_FAULT_MS: Final = 500
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_NOT_IN_HEADER = re.compile(r"[^\x20-\x7e]")


class Answer:
    """What comes back of one request, under way."""

    def __init__(self, who: str, response: httpx.Response, pieces: AsyncGenerator[bytes, None], idle_ms: int) -> None:
        self._who, self._response, self._pieces, self._idle_ms = who, response, pieces, idle_ms
        self._had = 0
        self.status = response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        return self._response.headers

    @property
    def content_type(self) -> str:
        """Without parameters, in small letters."""
        return str(self.headers.get("content-type", "")).partition(";")[0].strip().lower()

    async def piece(self, due: Millis) -> bytes:
        """The next of the body; empty at its end. Raises: ModelUnavailable."""
        try:
            async with asyncio.timeout(min(left_s(due), self._idle_ms / 1000)):
                piece = await anext(self._pieces, b"")
        except TimeoutError:
            raise ModelUnavailable(f"{self._who} stopped in the middle of an answer", "late") from None
        except (httpx.TransportError, httpx.StreamError, OSError) as fault:
            raise ModelUnavailable(f"{self._who} broke off an answer ({type(fault).__name__})", "cut") from None
        self._had += len(piece)
        if self._had > MOST_BYTES:
            raise ModelUnavailable(f"{self._who} answers without end", "garbage")
        return piece

    async def whole(self, due: Millis) -> bytes:
        """All that is left of the body. Raises: ModelUnavailable."""
        pieces = []
        while piece := await self.piece(due):
            pieces.append(piece)
        return b"".join(pieces)

    async def finish(self) -> None:
        """Nothing more is of interest: reads to an end that is near, so that the connection is kept."""
        try:
            async with asyncio.timeout(LINGER_MS / 1000):
                while await anext(self._pieces, b""):
                    pass
        except (TimeoutError, httpx.TransportError, httpx.StreamError, OSError):
            pass

    async def fault(self) -> Fault | None:
        """Of an answer whose status is an error; None: it is none. Never takes long."""
        if self.status == 200 and self.headers.get("content-encoding", "identity").lower() == "identity":
            return None
        body = b""
        try:
            async with asyncio.timeout(_FAULT_MS / 1000):
                async for piece in self._pieces:
                    body += piece
                    if len(body) > _FAULT_BYTES:
                        break
        except (TimeoutError, httpx.TransportError, httpx.StreamError, OSError):
            pass  # the status says enough
        return fault_of(self.status, self.headers, body)


class FarEnd:
    """Kept for as long as the process lives; one event loop. Nothing but what an adapter gives it is sent."""

    def __init__(
        self,
        url: str,
        key: Secret | None = None,
        *,
        headers: Mapping[str, str | Secret] | None = None,
        connect_ms: int = CONNECT_MS,
        first_ms: int = FIRST_MS,
        idle_ms: int = IDLE_MS,
        connections: int = 200,
    ) -> None:
        """`url`: up to and with `/v1`, or wherever `/chat/completions` stands. `headers`: sent with every request.

        Raises: SettingsError."""
        self._base = _address(url)
        self.name = self._base.host
        self._headers = _headers(key, headers or {})
        self._first_ms, self._idle_ms = first_ms, idle_ms
        self.connect_ms = connect_ms
        here = is_here(self._base.host)
        self._client = httpx.AsyncClient(
            verify=trusted() if self._base.scheme == "https" else False,
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=50, keepalive_expiry=60.0),
            timeout=httpx.Timeout(None, connect=connect_ms / 1000),  # the rest is bounded by deadlines
            follow_redirects=False,  # the key would go along
            trust_env=not here,  # a proxy of the company, but never to this machine itself
        )

    @property
    def url(self) -> httpx.URL:
        """Without a slash at its end."""
        return self._base

    def shown_headers(self) -> dict[str, str]:
        """With the key: for who asks by another way than this client, and for nobody else."""
        return _shown(self._headers)

    def idle_due(self) -> Millis:
        """When the next part of an answer has to be here."""
        return due_in(self._idle_ms)

    def first_due(self, deadline: Millis) -> Millis:
        """When the first part of an answer has to be here."""
        return min(deadline, due_in(self._first_ms))

    async def start(self) -> None:
        """Connections are made when they are needed."""

    async def close(self) -> None:
        await self._client.aclose()

    def post(
        self, path: str, content: bytes, *, due: Millis, content_type: str = "application/json"
    ) -> AbstractAsyncContextManager[Answer]:
        """As an asynchronous context: inside it, the answer from its head on. Leaving it takes the request back.

        `path`: behind the address, as `/chat/completions`. `due`: for the head of the answer.
        Raises: ModelUnavailable."""
        return self._ask("POST", path, content, content_type, due)

    def get(self, path: str, *, due: Millis) -> AbstractAsyncContextManager[Answer]:
        """As `post`."""
        return self._ask("GET", path, None, "", due)

    @asynccontextmanager
    async def _ask(
        self, method: str, path: str, content: bytes | None, content_type: str, due: Millis
    ) -> AsyncGenerator[Answer, None]:
        if left_s(due) <= 0:
            raise ModelUnavailable(f"there is no time left to ask {self.name}", "late")
        kind = {"content-type": content_type} if content_type else {}
        response = await self._head(method, self._base.copy_with(path=self._base.path + path), kind, content, due)
        try:
            async with aclosing(response.aiter_raw()) as pieces:  # type: ignore[type-var]
                yield Answer(self.name, response, pieces, self._idle_ms)  # type: ignore[arg-type]
        finally:
            await response.aclose()

    async def _head(
        self, method: str, url: httpx.URL, kind: Mapping[str, str], content: bytes | None, due: Millis
    ) -> httpx.Response:
        """A kept connection that the far end has closed meanwhile is no fault: it is asked once more, by another."""
        while True:
            way = _Way()
            request = self._client.build_request(
                method, url, headers={**_shown(self._headers), **kind}, content=content
            )
            request.extensions["trace"] = way.note
            try:
                async with asyncio.timeout(left_s(due)):
                    return await self._client.send(request, stream=True)
            except TimeoutError:
                raise ModelUnavailable(f"{self.name} did not answer in time", "late") from None
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError) as fault:
                if not way.kept or way.answered:
                    raise self._unreachable(fault) from None
            except (httpx.TransportError, OSError) as fault:
                raise self._unreachable(fault) from None

    def _unreachable(self, fault: Exception) -> ModelUnavailable:
        return ModelUnavailable(f"{self.name} could not be reached ({type(fault).__name__})", "unreachable")

    def refused(self, fault: Fault) -> ModelError:
        """The fault as the error that is raised for it."""
        return fault.error(self.name)

    def garbage(self, what: str) -> ModelUnavailable:
        """An answer that is none. `what`: it says, in our words."""
        return ModelUnavailable(f"{self.name} answered with {what}", "garbage")


class _Way:
    """How a request went: over a connection kept from before, and up to where."""

    def __init__(self) -> None:
        self.kept, self.answered = True, False

    async def note(self, event: str, _: Any) -> None:
        if event.endswith("connect_tcp.started"):
            self.kept = False
        elif event.endswith("receive_response_headers.complete"):
            self.answered = True


def _address(url: str) -> httpx.URL:
    try:
        address = httpx.URL(url.strip().rstrip("/"))
    except (httpx.InvalidURL, ValueError):
        raise SettingsError("the address of a model is not an address") from None
    if address.scheme not in ("http", "https") or not address.host:
        raise SettingsError(f"{url!r} is not the address of a model: it begins with https:// (or http://) and a host")
    if address.userinfo or address.query or address.fragment:
        raise SettingsError(
            "the address of a model has no name, password, ? or # in it; its key is a setting of its own"
        )
    return address


def _headers(key: Secret | None, others: Mapping[str, str | Secret]) -> dict[str, Secret]:
    """Raises: SettingsError."""
    named = {"accept-encoding": Secret("identity"), "user-agent": Secret("ivr")}
    if key is not None:
        named["authorization"] = Secret(f"Bearer {key.reveal()}")
    for name, value in others.items():
        named[name.lower()] = value if isinstance(value, Secret) else Secret(value)
    for name, value in named.items():
        if not _HEADER.fullmatch(name) or _NOT_IN_HEADER.search(value.reveal()):
            raise SettingsError(f"the key or the header {name} of a model has a sign in it that cannot be sent")
    return named


def _shown(headers: Mapping[str, Secret]) -> dict[str, str]:
    return {name: value.reveal() for name, value in headers.items()}


def is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@cache
def trusted() -> ssl.SSLContext:
    """Reading the certificates takes a while: once for all far ends."""
    return httpx.create_ssl_context(trust_env=True)
