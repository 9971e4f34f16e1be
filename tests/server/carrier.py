"""The carrier as these tests need it: what it asks over HTTP, and media sockets that may behave in any way."""

import asyncio
import json
import re
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from ivr.sim.messages import Upward
from ivr.sim.signing import sign

ACCOUNT = "AC" + "0" * 31 + "1"
FROM, TO = "+15550100199", "+15550100100"
SILENCE = b"\xff" * 160
WITHIN_S = 8.0
TOKEN = re.compile(r'name="token" value="([^"]+)"')


def new_sid() -> str:
    return "CA" + secrets.token_hex(16)


def token_of(twiml: str) -> str:
    found = TOKEN.search(twiml)
    assert found is not None, twiml
    return found[1]


async def until(holds: Callable[[], bool], within_s: float = WITHIN_S) -> None:
    """Fails when it does not hold in time; the time only bounds how long a broken promise is waited for."""
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110  several things are watched this way
            await asyncio.sleep(0.01)


def small_socket(url: str) -> socket.socket:
    """Connected, with little room for what is not read."""
    where = httpx.URL(url)
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.connect((where.host, where.port))
    small.setblocking(False)
    return small


@dataclass(slots=True)
class Stream:
    """One media socket. Marks come back at once, as if all were played in no time."""

    socket: ClientConnection
    upward: Upward
    stream_sid: str
    heard: list[dict[str, Any]] = field(default_factory=list)
    marks_back: list[str] = field(default_factory=list)
    echo: bool = True
    reading: asyncio.Task[None] | None = None
    sent_ms: int = 0

    @property
    def sound(self) -> int:
        """Messages with sound that came."""
        return sum(message["event"] == "media" for message in self.heard)

    async def start(self, token: str | None, **changes: Any) -> None:
        await self.socket.send(self.upward.connected())
        message = json.loads(self.upward.start({} if token is None else {"token": token}))
        message["start"] |= changes
        await self.socket.send(json.dumps(message))

    async def silence(self, frames: int = 1, sample: bytes = SILENCE[:1]) -> None:
        """Frames of one sample over and over."""
        for _ in range(frames):
            await self.socket.send(self.upward.media(sample * 160, self.sent_ms))
            self.sent_ms += 20

    async def live(self) -> None:
        """Silence in real time, for ever."""
        while True:
            await self.silence()
            await asyncio.sleep(0.02)

    async def press(self, key: str) -> None:
        await self.socket.send(self.upward.key(key))

    async def asked(self, key: str) -> None:
        """Presses a key and hears something new."""
        before = self.sound
        await self.press(key)
        await until(lambda: self.sound > before)

    async def quiet(self) -> None:
        """The server has said what it has to say for now: two looks at the same count of marks."""
        seen = -1
        while seen != len(self.marks_back):
            seen = len(self.marks_back)
            await asyncio.sleep(0.15)

    async def read(self) -> None:
        with suppress(ConnectionClosed):
            async for text in self.socket:
                assert isinstance(text, str)
                message = json.loads(text)
                self.heard.append(message)
                if message["event"] == "mark" and self.echo:
                    await self.socket.send(self.upward.mark(message["mark"]["name"]))
                    self.marks_back.append(message["mark"]["name"])

    async def closed(self, within_s: float = WITHIN_S) -> int | None:
        """The code the server closes with."""
        async with asyncio.timeout(within_s):
            await self.socket.wait_closed()
        return self.socket.close_code

    def lose(self) -> None:
        """The line is cut: no `stop`, no close."""
        self.socket.transport.abort()


class Carrier:
    """Asks the server at `url`, signed for `public_url` where there is a token."""

    def __init__(self, url: str, *, auth_token: str | None = None, public_url: str | None = None) -> None:
        self.url, self.auth_token, self.public_url = url, auth_token, public_url or url
        self.client = httpx.AsyncClient(base_url=url, trust_env=False, timeout=15)

    def signature(self, path: str, fields: Mapping[str, str]) -> dict[str, str]:
        if self.auth_token is None:
            return {}
        return {"X-Twilio-Signature": sign(self.public_url + path, fields, self.auth_token)}

    async def post(
        self, path: str, fields: Mapping[str, str], *, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """`headers` replace the signature."""
        return await self.client.post(
            path, data=dict(fields), headers=self.signature(path, fields) if headers is None else headers
        )

    async def ask(self, path: str, call_sid: str, **fields: str) -> str:
        """The TwiML for a webhook of one call."""
        whole = {"CallSid": call_sid, "AccountSid": ACCOUNT, "From": FROM, "To": TO, **fields}
        response = await self.post(path, whole)
        assert response.status_code == 200, response.status_code
        return response.text

    async def voice(self, call_sid: str) -> str:
        """The token of a call that comes in."""
        return token_of(await self.ask("/twilio/voice", call_sid, CallStatus="ringing"))

    @asynccontextmanager
    async def stream(
        self, call_sid: str, *, headers: Mapping[str, str] | None = None, account: str = ACCOUNT
    ) -> AsyncIterator[Stream]:
        stream_sid = "MZ" + secrets.token_hex(16)
        path = "/twilio/media"
        if headers is None and self.auth_token is not None:
            signed = "ws" + self.public_url.removeprefix("http") + path
            headers = {"x-twilio-signature": sign(signed, {}, self.auth_token)}
        connection = await connect(
            "ws" + self.url.removeprefix("http") + path,
            sock=small_socket(self.url),
            additional_headers=dict(headers or {}),
            compression=None,
            proxy=None,
            ping_interval=None,
            close_timeout=1,
            max_queue=None,
        )
        stream = Stream(connection, Upward(account_sid=account, call_sid=call_sid, stream_sid=stream_sid), stream_sid)
        stream.reading = asyncio.create_task(stream.read())
        try:
            yield stream
        finally:
            connection.transport.abort()
            await stream.reading

    @asynccontextmanager
    async def call(self, call_sid: str | None = None) -> AsyncIterator[tuple[str, Stream]]:
        """A call that has been greeted and asked."""
        sid = call_sid or new_sid()
        token = await self.voice(sid)
        async with self.stream(sid) as stream:
            await stream.start(token)
            await until(lambda: stream.sound > 0)
            yield sid, stream
