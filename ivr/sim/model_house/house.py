"""The house: its routes, its key, and the manners that are asked of it.

    GET  /v1/models                   with the days on which models are shut down
    POST /v1/chat/completions         words and sound, whole or streamed
    POST /v1/audio/transcriptions     WAV in
    POST /v1/audio/speech             WAV or samples out
    WS   /v1/realtime                 a session: the line's sound both ways

A test gives it a mind, ears and a voice, asks for faults by `next` and `always`, and reads what came in `requests`.
"""

import asyncio
import hmac
import itertools
import json
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from ivr.sim.model_house.chat import chat
from ivr.sim.model_house.ears import GivenWords, Hears
from ivr.sim.model_house.kept import Endpoint, Request
from ivr.sim.model_house.manners import PLAIN, Manner
from ivr.sim.model_house.minds import Echo, Mind, OutOfAnswers
from ivr.sim.model_house.models import MODELS, Deed, HouseModel
from ivr.sim.model_house.realtime import RealtimeDoor
from ivr.sim.model_house.realtime_session import Session
from ivr.sim.model_house.refusals import Refused, error, missing
from ivr.sim.model_house.sound import speech, transcription
from ivr.sim.model_house.telling import Cut, Reply, Whole, replacement, tell
from ivr.sim.model_house.voices import Speaks, Tones

DEMO_KEY: Final = "sk-house-of-this-machine"
"""It guards nothing."""
DOES: Final[Mapping[Endpoint, tuple[Deed, ...]]] = {
    "chat": ("audio_chat", "chat"),
    "transcriptions": ("hear",),
    "speech": ("speak",),
    "realtime": ("realtime",),
}
PATHS: Final[Mapping[Endpoint, str]] = {
    "models": "/v1/models",
    "chat": "/v1/chat/completions",
    "transcriptions": "/v1/audio/transcriptions",
    "speech": "/v1/audio/speech",
    "realtime": "/v1/realtime",
}


class House:
    def __init__(
        self,
        mind: Mind | None = None,
        ears: Hears | None = None,
        voice: Speaks | None = None,
        *,
        key: str = DEMO_KEY,
        models: Sequence[HouseModel] = MODELS,
        lasts_s: float = 3600.0,
        sessions_last_s: float = 3600.0,
        pace: float = 20.0,
        late_deltas: int = 2,
    ) -> None:
        """`lasts_s`: how long the sound of an answer can be named by its id. Of sessions: how long one lasts, how many
        times faster than it is heard sound leaves, and how many pieces still leave of an answer that was taken back."""
        self.mind: Mind = mind or Echo()
        self.ears: Hears = ears or GivenWords()
        self.voice: Speaks = voice or Tones()
        self.key, self.models, self.lasts_s = key, tuple(models), lasts_s
        self.requests: list[Request] = []
        self.sessions: list[Session] = []
        self.sessions_last_s, self.pace, self.late_deltas = sessions_last_s, pace, late_deltas
        self.sounded: dict[str, int] = {}
        """The sounds that were answered, by their ids, and until when each may be named (seconds since 1970)."""
        self._next: dict[Endpoint, deque[Manner]] = {}
        self._always: dict[Endpoint, Manner] = {}
        self._numbers = itertools.count(1)

    @property
    def routes(self) -> list[BaseRoute]:
        return [
            WebSocketRoute(path, RealtimeDoor(self).answer)
            if endpoint == "realtime"
            else Route(path, _Door(self, endpoint), methods=["GET" if endpoint == "models" else "POST"])
            for endpoint, path in PATHS.items()
        ]

    @property
    def app(self) -> Starlette:
        return Starlette(routes=self.routes)

    def next(self, endpoint: Endpoint, *manners: Manner) -> None:
        """The next answers of this endpoint, one after the other."""
        self._next.setdefault(endpoint, deque()).extend(manners)

    def always(self, endpoint: Endpoint, manner: Manner) -> None:
        """All its answers from here on."""
        self._always[endpoint] = manner

    def asked(self, endpoint: Endpoint) -> list[Request]:
        """What came to it, in order."""
        return [request for request in self.requests if request.endpoint == endpoint]

    def forget_sounds(self) -> None:
        """Whoever names a sound of before is told that it is not found."""
        self.sounded.clear()

    def manner(self, endpoint: Endpoint) -> Manner:
        """Of its next answer."""
        waiting = self._next.get(endpoint)
        return waiting.popleft() if waiting else self._always.get(endpoint, PLAIN)

    def door(self, headers: Mapping[str, str], model: str | None) -> None:
        """Raises: Refused: no session is opened."""
        if not self.is_authorised(headers):
            raise _unauthorised(headers)
        self._does(Request("realtime", {} if model is None else {"model": model}))

    def number(self) -> int:
        """One more, for an id."""
        return next(self._numbers)

    def is_authorised(self, headers: Mapping[str, str]) -> bool:
        return hmac.compare_digest(headers.get("authorization", "").encode(), f"Bearer {self.key}".encode())

    async def answer(self, request: Request, http: HttpRequest) -> tuple[Reply, Manner]:
        """What is to be told, and how."""
        manner = self.manner(request.endpoint)
        try:
            if not self.is_authorised(http.headers):
                raise _unauthorised(http.headers)
            file = await _read(request, http)
            if manner.replaces:
                return replacement(manner), manner
            return await self._answered(request, file, manner)
        except Refused as why:
            return Whole(why.body(), status=why.status), PLAIN
        except OutOfAnswers as why:
            return Whole(json.dumps(error(str(why), "server_error")).encode(), status=500), PLAIN

    async def _answered(self, request: Request, file: tuple[str, bytes] | None, manner: Manner) -> tuple[Reply, Manner]:
        match request.endpoint:
            case "models":
                told = {"object": "list", "data": [model.shape() for model in self.models]}
                return Whole(json.dumps(told).encode()), manner
            case "chat":
                return await chat(self, request, self._does(request), manner)
            case "transcriptions":
                self._does(request)
                return await transcription(self, request, file), manner
            case "speech":
                self._does(request)
                return await speech(self, request, manner), manner
            case "realtime" | "answers":
                raise AssertionError("sessions have a door of their own")

    def _does(self, request: Request) -> Deed:
        """Raises: Refused: no such model, or not for this."""
        name = request.body.get("model")
        if name is None:
            raise missing("model")
        model = next((one for one in self.models if one.id == name), None)
        if model is None or model.does not in DOES[request.endpoint]:
            text = f"The model `{name}` does not exist or you do not have access to it."
            raise Refused(404, text, "model_not_found")
        return model.does


class _Door:
    """One endpoint. It sees when the far end goes, whatever it is doing."""

    def __init__(self, house: House, endpoint: Endpoint) -> None:
        self._house, self._endpoint = house, endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(self._endpoint)
        self._house.requests.append(request)
        http = HttpRequest(scope, receive)
        try:
            await http.body()
        except ClientDisconnect:
            request.left_at = time.monotonic()
            return
        async with asyncio.TaskGroup() as tasks:
            answering = tasks.create_task(self._answer(request, http, send))
            watching = tasks.create_task(_watch(request, receive, answering))
            answering.add_done_callback(lambda _: watching.cancel())

    async def _answer(self, request: Request, http: HttpRequest, send: Send) -> None:
        reply, manner = await self._house.answer(request, http)
        with suppress(Cut):  # whoever serves us breaks a connection whose answer has no end
            await tell(reply, manner, send, request)


async def _watch(request: Request, receive: Receive, answering: asyncio.Task[None]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    if request.done_at is None:
        request.left_at = time.monotonic()
        answering.cancel()


async def _read(request: Request, http: HttpRequest) -> tuple[str, bytes] | None:
    """The body into the request; the name of a file in it, and what it holds. Raises: Refused."""
    if request.endpoint == "models":
        return None
    if request.endpoint == "transcriptions":
        async with http.form() as form:
            given = form.get("file")
            request.body = {name: value for name, value in form.items() if isinstance(value, str)}
            return (given.filename or "", await given.read()) if isinstance(given, UploadFile) else None
    try:
        body: Any = json.loads(await http.body())
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Refused(400, "We could not parse the JSON body of your request.")
    request.body = body
    return None


def _unauthorised(headers: Mapping[str, str]) -> Refused:
    if "authorization" in headers:
        return Refused(401, "Incorrect API key provided.", "invalid_api_key")
    return Refused(401, "You didn't provide an API key.")
