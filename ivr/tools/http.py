"""Tools that are an HTTP request to one of the project's back ends.

One client an api: connections are kept, each request has one deadline for everything, nothing is followed elsewhere,
nothing of a caller's can leave its place in the address, and no answer is larger than we want to hold.
"""

import asyncio
import random
import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any, Final
from urllib.parse import urlencode

import httpx
import msgspec

from ivr.breaker import Breaker
from ivr.errors import ToolError
from ivr.flow.flow import Api
from ivr.secret import Secret
from ivr.tools.address import Refused, Resolve, look_up, origin_of, pin, target_of
from ivr.tools.ports import HttpRequest, ToolReply
from ivr.units import Millis

ANSWER_BYTES: Final = 1_000_000
_CONNECTIONS: Final = httpx.Limits(max_connections=20, max_keepalive_connections=5, keepalive_expiry=30.0)
_PIN_S: Final = 60.0
_METHOD = re.compile(r"[A-Z]{3,10}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_NOT_IN_HEADER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_OUR_HEADERS: Final = frozenset(
    {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "upgrade",
        "te",
        "trailer",
        "expect",
        "accept-encoding",
    }
)
_AGAIN: Final = frozenset({"unreachable", "garbage", "timeout"})
"""Errors that asking again may mend, if asking twice does no harm."""
_FAULTS: Final = frozenset({"unreachable", "garbage", "timeout", "too_large"})
"""Errors that speak against the back end's health; so does any 5xx."""

_parse = msgspec.json.Decoder(float_hook=Decimal).decode
_write = msgspec.json.Encoder(decimal_format="number").encode
Now = Callable[[], float]
"""Seconds of a clock that rises."""


class HttpTools:
    """The requests to one api. Raises: ToolError when its address is none."""

    def __init__(
        self, api: Api, *, resolve: Resolve = look_up, breaker: Breaker | None = None, now: Now = time.monotonic
    ) -> None:
        self._api, self._origin = api, origin_of(api.url)
        self._resolve, self._breaker, self._now = resolve, breaker or Breaker(), now
        self._address: tuple[str, float] | None = None
        self._client = httpx.AsyncClient(
            verify=_trusted() if self._origin.scheme == "https" else False,
            limits=_CONNECTIONS,
            timeout=httpx.Timeout(None),  # there is one deadline for the whole request
            follow_redirects=False,
            trust_env=False,  # a proxy from the environment would undo the pinned address
        )

    async def call_tool(self, request: HttpRequest, deadline: Millis, breaker: Breaker | None = None) -> ToolReply:
        """`breaker`: the tool's own; without one, that of the api."""
        began_s, breaker = self._now(), breaker or self._breaker
        until_s = min(deadline / 1000, began_s + request.timeout_ms / 1000)
        reply = await self._try(request, until_s, breaker)
        for _ in range(request.retry.times):
            if not _is_worth_another(request, reply):
                break
            pause_s = request.retry.wait_ms / 1000 * random.uniform(0.5, 1.5)
            pause_s = max(pause_s, reply.retry_after_s or 0.0)
            if self._now() + pause_s >= until_s:
                break
            await asyncio.sleep(pause_s)
            sent_before = reply.sent
            reply = await self._try(request, until_s, breaker)
            reply = replace(reply, sent=reply.sent or sent_before)
        return replace(reply, ms=round((self._now() - began_s) * 1000))

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _try(self, request: HttpRequest, until_s: float, breaker: Breaker) -> ToolReply:
        if not breaker.lets_through(self._now() * 1000):
            return ToolReply(error="breaker_open", sent=False, detail="the back end failed too often just now")
        on_the_way = _OnTheWay()
        try:
            async with asyncio.timeout(max(0.0, until_s - self._now())):
                reply = await self._send(request, on_the_way)
        except TimeoutError:
            reply = ToolReply(error="timeout", sent=on_the_way.sent, detail="no answer in time")
        except ToolError as fault:
            reply = ToolReply(error="refused", sent=False, detail=str(fault))
        except (httpx.InvalidURL, httpx.LocalProtocolError, httpx.UnsupportedProtocol) as fault:
            reply = ToolReply(error="refused", sent=on_the_way.sent, detail=type(fault).__name__)
        except httpx.RemoteProtocolError as fault:
            silent = "disconnected without" in str(fault)
            reply = ToolReply(
                error="unreachable" if silent else "garbage", sent=on_the_way.sent, detail="the answer broke off"
            )
        except (httpx.TransportError, OSError) as fault:
            self._address = None  # look its name up again next time
            reply = ToolReply(error="unreachable", sent=on_the_way.sent, detail=type(fault).__name__)
        self._judge(reply, breaker)
        return reply

    async def _send(self, request: HttpRequest, on_the_way: "_OnTheWay") -> ToolReply:
        built = self._build(request, await self._pinned())
        built.extensions["trace"] = on_the_way.note
        response = await self._client.send(built, stream=True)
        try:
            return await _read(response)
        finally:
            await response.aclose()

    def _build(self, request: HttpRequest, address: str) -> httpx.Request:
        if not _METHOD.fullmatch(request.method):
            raise Refused("the method is none")
        target = target_of(self._origin, request.segments, list(request.query.items()))
        content = _form(request.form) if request.form is not None else None
        if request.body is not None:
            content = _json(request.body)
        url = httpx.URL(
            scheme=self._origin.scheme, host=address, port=self._origin.port, raw_path=target.encode("ascii")
        )
        return self._client.build_request(
            request.method,
            url,
            headers=self._headers(request, content),
            content=content,
            extensions={"sni_hostname": self._origin.host},  # the certificate is that of the name, not the address
        )

    def _headers(self, request: HttpRequest, content: bytes | None) -> list[tuple[bytes, bytes]]:
        headers: dict[str, str | Secret] = {"Accept": "application/json", **request.headers}
        if request.bearer is not None:
            headers["Authorization"] = Secret("Bearer " + request.bearer.reveal())
        if content is not None:
            is_form = request.form is not None
            headers["Content-Type"] = "application/x-www-form-urlencoded" if is_form else "application/json"
        if request.changes_things:
            headers["Idempotency-Key"] = request.id
        if request.traceparent is not None:
            headers["traceparent"] = request.traceparent
        ours = [(b"Host", self._origin.authority.encode()), (b"Accept-Encoding", b"identity")]
        return ours + [_header(name, value) for name, value in headers.items()]

    async def _pinned(self) -> str:
        if self._address is None or self._now() - self._address[1] > _PIN_S:
            address = await pin(self._origin, allow_private=self._api.allow_private, resolve=self._resolve)
            self._address = (address, self._now())
        return self._address[0]

    def _judge(self, reply: ToolReply, breaker: Breaker) -> None:
        if reply.error in _FAULTS or (reply.status or 0) >= 500:
            breaker.failed(self._now() * 1000)
        elif reply.error is None:
            breaker.succeeded()


class _OnTheWay:
    """Whether a byte of the request can have left us: what is certain only before that may be asked again."""

    def __init__(self) -> None:
        self.sent = False

    async def note(self, event: str, _: Any) -> None:
        if event.endswith("send_request_headers.started"):
            self.sent = True


async def _read(response: httpx.Response) -> ToolReply:
    status = response.status_code
    if 300 <= status < 400:
        return ToolReply(status, error="garbage", detail="the answer leads elsewhere, which is not followed")
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        return ToolReply(status, error="garbage", detail="the answer is compressed, which was not asked for")
    content = bytearray()
    async for piece in response.aiter_raw():
        content += piece
        if len(content) > ANSWER_BYTES:
            return ToolReply(status, error="too_large", detail="the answer is over 1 MB")
    if not content.strip():
        return ToolReply(status, retry_after_s=_retry_after_s(response))
    try:
        return ToolReply(status, _parse(bytes(content)), retry_after_s=_retry_after_s(response))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        if status >= 400:  # a page that tells a human of the error: the status says all
            return ToolReply(status, retry_after_s=_retry_after_s(response))
        return ToolReply(status, error="garbage", detail="the answer is not JSON")


def _retry_after_s(response: httpx.Response) -> float | None:
    """Seconds only: a date is rare here, and would need a clock that agrees with theirs."""
    if response.status_code not in (429, 503):
        return None
    written = response.headers.get("retry-after", "").strip()
    return float(written) if re.fullmatch(r"\d{1,6}", written, re.ASCII) else None


def _is_worth_another(request: HttpRequest, reply: ToolReply) -> bool:
    """A change is asked again where it certainly never left us, or was turned away undone: too many requests."""
    if request.changes_things and reply.sent and reply.status != 429:
        return False
    return reply.error in _AGAIN or (reply.status or 0) >= 500 or reply.status == 429


def _form(fields: Mapping[str, str]) -> bytes:
    return urlencode(fields).encode()


def _json(value: object) -> bytes:
    try:
        return _write(value)
    except (TypeError, ValueError, RecursionError):
        raise Refused("the body is not JSON") from None


def _header(name: str, value: str | Secret) -> tuple[bytes, bytes]:
    text = value.reveal() if isinstance(value, Secret) else value
    if not _HEADER.fullmatch(name) or name.lower() in _OUR_HEADERS or _NOT_IN_HEADER.search(text):
        raise Refused("a header's name or value is not allowed")
    try:
        return name.encode(), text.strip().encode()
    except UnicodeEncodeError:
        raise Refused("a header's value is not text") from None


@cache
def _trusted() -> ssl.SSLContext:
    """Reading the certificates takes a while: once for all apis."""
    return httpx.create_ssl_context(trust_env=True)
