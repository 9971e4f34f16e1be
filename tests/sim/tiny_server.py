"""A tiny server in the place of ours: it answers with the TwiML a test gives it and does as told on the socket."""

import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

CONNECT = '<Connect><Stream url="/media"><Parameter name="token" value="t1"/></Stream></Connect>'


class Socket:
    """The server's end of one media stream."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self.headers = dict(socket.headers)
        self.messages: list[dict[str, Any]] = []
        self.stream_sid = ""

    async def begin(self) -> None:
        await self._socket.accept()
        await self.until("start")
        self.stream_sid = self.messages[-1]["streamSid"]

    async def until(self, event: str, count: int = 1) -> dict[str, Any]:
        """Reads until so many messages of this kind came; the last of them. {} if the socket was closed before."""
        while count:
            try:
                self.messages.append(json.loads(await self._socket.receive_text()))
            except WebSocketDisconnect:
                return {}
            count -= self.messages[-1]["event"] == event
        return self.messages[-1]

    async def media(self, sound: bytes) -> None:
        payload = base64.b64encode(sound).decode()
        await self.send(event="media", streamSid=self.stream_sid, media={"payload": payload})

    async def mark(self, name: str) -> None:
        await self.send(event="mark", streamSid=self.stream_sid, mark={"name": name})

    async def clear(self) -> None:
        await self.send(event="clear", streamSid=self.stream_sid)

    async def send(self, **fields: Any) -> None:
        await self.text(json.dumps(fields))

    async def text(self, text: str) -> None:
        await self._socket.send_text(text)

    async def binary(self, data: bytes) -> None:
        await self._socket.send_bytes(data)

    async def close(self, code: int = 1000) -> None:
        await self._socket.close(code)

    def of(self, event: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["event"] == event]


@dataclass
class Server:
    url: str = ""
    twiml: dict[str, str] = field(default_factory=dict)
    """Verbs by path."""
    talk: Callable[[Socket], Awaitable[None]] | None = None
    requests: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    """Path, form fields, headers."""
    sockets: list[Socket] = field(default_factory=list)

    async def answer(self, request: Request) -> Response:
        fields = {name: str(value) for name, value in (await request.form()).items()}
        path = request.url.path
        self.requests.append((path, fields, dict(request.headers)))
        if path.endswith("status"):
            return Response(status_code=204)
        if path not in self.twiml:
            return Response(status_code=404)
        body = self.twiml[path]
        text = body if body.startswith(("<?", " ", "{")) else f"<Response>{body}</Response>"
        return Response(text, media_type="application/json" if body.startswith("{") else "text/xml")

    async def stream(self, websocket: WebSocket) -> None:
        socket = Socket(websocket)
        self.sockets.append(socket)
        assert self.talk is not None
        try:
            await self.talk(socket)
        except WebSocketDisconnect:
            return

    def asked(self, path: str) -> list[dict[str, str]]:
        return [fields for at, fields, _ in self.requests if at == path]
