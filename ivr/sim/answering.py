"""The back end of one test at a time, behind real HTTP: it answers each tool of a project as the test says."""

import asyncio
import socket
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from itertools import pairwise
from types import TracebackType
from typing import Any, Final, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ivr.flow.flow import Bundle, ToolSpec
from ivr.flow.scenario import Answer, Given
from ivr.flow.types import Type

FAILED: Final = 500
"""The status of an answer that fits no result."""
_METHODS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def cannot_answer(tool: ToolSpec, answer: Answer) -> str | None:
    """Why an answer cannot be given over HTTP; None if it can."""
    if tool.kind != "http":
        return f"{tool.name} is no http tool: only a text run answers in its place"
    if answer.pending or answer.status is not None or answer.result == "failed":
        return None
    spec = next((result for result in tool.results if result.name == answer.result), None)
    if spec is None:
        return f'"{answer.result}" of {tool.name} is no answer of the far end'
    if spec.when is not None:
        return f'"{answer.result}" of {tool.name} hangs on a condition: write the answer as  {{status: ..., body: ...}}'
    return None


class Answering:
    """Listens while it is entered; `given` is the test whose answers it gives."""

    def __init__(self, bundle: Bundle) -> None:
        self._tools = [t for flow in bundle.flows.values() for t in flow.tools.values() if t.kind == "http"]
        self._apis = tuple(bundle.apis)
        self._secrets = bundle.secrets
        self._given = Given()
        self._asked: dict[str, int] = {}
        self._socket = socket.socket()
        app = Starlette(routes=[Route("/{api}/{rest:path}", self._answer, methods=_METHODS)])
        config = uvicorn.Config(app, log_level="warning", lifespan="off", access_log=False)
        self._server = uvicorn.Server(config)
        self._serving: asyncio.Task[None] | None = None
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(64)
        await self._tasks.__aenter__()
        self._serving = self._tasks.create_task(self._server.serve([self._socket]))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        await self._tasks.__aexit__(kind, fault, trace)
        self._socket.close()

    def plays(self, given: Given) -> None:
        self._given, self._asked = given, {}

    @property
    def environment(self) -> dict[str, str]:
        """What a server needs so that its tools ask here."""
        base = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        urls = {f"IVR_API__{api.upper()}__URL": f"{base}/{api}" for api in self._apis}
        allowed = {f"IVR_API__{api.upper()}__ALLOW_PRIVATE": "yes" for api in self._apis}
        return urls | allowed | {f"IVR_SECRET_{name}": "made-up" for name in self._secrets}

    async def _answer(self, request: Request) -> Response:
        parts = [part for part in request.path_params["rest"].split("/") if part]
        for tool in self._tools:
            if _is_asked(tool, request.method, request.path_params["api"], parts):
                return await self._of(tool)
        return JSONResponse({"error": "no tool of this project asks for this"}, 404)

    async def _of(self, tool: ToolSpec) -> Response:
        answers = self._given.answers.get(tool.name, ())
        if not answers:
            return JSONResponse({"error": "the test has no answer"}, FAILED)
        turn = self._asked.get(tool.name, 0)
        self._asked[tool.name] = turn + 1
        answer = answers[min(turn, len(answers) - 1)]
        if answer.pending or answer.after_ms:
            await asyncio.sleep((tool.timeout_ms + 1000 if answer.pending else answer.after_ms or 0) / 1000)
        if answer.status is not None:
            return JSONResponse(_plain(answer.body), answer.status)
        spec = next((result for result in tool.results if result.name == answer.result), None)
        if spec is None:
            return JSONResponse({}, FAILED)
        body: dict[str, Any] = {}
        for keep in spec.keep:
            if keep.name in answer.kept:
                _put(body, keep.path, _typed(answer.kept[keep.name], keep.type))
        return JSONResponse(body, spec.statuses[0] if spec.statuses else 200)


def _is_asked(tool: ToolSpec, method: str, api: str, parts: list[str]) -> bool:
    if (tool.method, tool.api, len(tool.segments)) != (method, api, len(parts)):
        return False
    return all(written.fixed in (None, part) for written, part in zip(tool.segments, parts, strict=True))


def _put(body: dict[str, Any], path: tuple[str | int, ...], value: object) -> None:
    """Puts a value where `keep:` will look for it."""
    at: Any = body
    for name, following in pairwise(path):
        empty: Any = [] if isinstance(following, int) else {}
        if isinstance(name, int):
            at += [{}] * (name + 1 - len(at))
            at[name] = at[name] or empty
            at = at[name]
        else:
            at = at.setdefault(name, empty)
    last = path[-1]
    if isinstance(last, int):
        at += [None] * (last + 1 - len(at))
    at[last] = _plain(value)


def _typed(value: object, kind: Type) -> object:
    """A written value as JSON has it."""
    if isinstance(value, str) and kind in (Type.NUMBER, Type.MONEY):
        return Decimal(value)
    return value in ("yes", "true") if kind is Type.YES_NO else value


def _plain(value: object) -> object:
    match value:
        case Decimal():
            return float(value)
        case datetime() | date() | time():
            return value.isoformat()
        case Mapping():
            return {str(name): _plain(held) for name, held in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
        case _:
            return value
