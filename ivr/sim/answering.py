"""The back end of one test at a time, behind real HTTP: it answers each tool of a project as the test says."""

import asyncio
import socket
from types import TracebackType
from typing import Final, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ivr.flow.answers import UNKNOWN
from ivr.flow.flow import Bundle, ToolSpec
from ivr.flow.scenario import Answer, Given
from ivr.sim.fitting import body_for, plain
from ivr.sim.stand_ins import PYTHON

FAILED: Final = 500
"""The status of an answer that fits no result."""
_METHODS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def cannot_answer(tool: ToolSpec, answer: Answer) -> str | None:
    """Why an answer cannot be given over HTTP; None if it can."""
    if tool.kind == "mcp":
        return f"{tool.name} is a tool of another server: only a text run answers in its place"
    if answer.pending or answer.status is not None or answer.result == "failed" or _is_lost(tool, answer):
        return None
    spec = next((result for result in tool.results if result.name == answer.result), None)
    if spec is None:
        return f'"{answer.result}" of {tool.name} is no answer of the far end'
    if body_for(tool, spec, answer.kept) is None:
        return f'"{answer.result}" of {tool.name} hangs on a condition: write the answer as  {{status: ..., body: ...}}'
    return None


class Answering:
    """Listens while it is entered; `given` is the test whose answers it gives."""

    def __init__(self, bundle: Bundle) -> None:
        self._tools = [t for flow in bundle.flows.values() for t in flow.tools.values()]
        self._apis = tuple(bundle.apis)
        self._secrets = bundle.secrets
        self._given = Given()
        self._asked: dict[str, int] = {}
        self._socket = socket.socket()
        routes = [
            Route(f"/.{PYTHON}/{{module}}/{{function}}", self._answer_python),
            Route("/{api}/{rest:path}", self._answer, methods=_METHODS),
        ]
        app = Starlette(routes=routes)
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
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    @property
    def environment(self) -> dict[str, str]:
        """What a server needs so that its tools ask here."""
        urls = {f"IVR_API__{api.upper()}__URL": f"{self.url}/{api}" for api in self._apis}
        allowed = {f"IVR_API__{api.upper()}__ALLOW_PRIVATE": "yes" for api in self._apis}
        return urls | allowed | {f"IVR_SECRET_{name}": "made-up" for name in self._secrets}

    async def _answer(self, request: Request) -> Response:
        parts = [part for part in request.path_params["rest"].split("/") if part]
        for tool in self._tools:
            if tool.kind == "http" and _is_asked(tool, request.method, request.path_params["api"], parts):
                return await self._of(tool)
        return JSONResponse({"error": "no tool of this project asks for this"}, 404)

    async def _answer_python(self, request: Request) -> Response:
        """To what stands in for a function: the result's name and its values. One that the flow does not know has
        failed."""
        asked = (request.path_params["module"], request.path_params["function"])
        tools = [tool for tool in self._tools if tool.kind == "python" and (tool.module, tool.function) == asked]
        given = next((tool for tool in tools if tool.name in self._given.answers), None)
        answer = None if given is None else await self._next(given)
        if given is None or answer is None:
            return JSONResponse({"result": "failed", "values": {}})
        spec = next((result for result in given.results if result.name == answer.result), None)
        values = None if spec is None else body_for(given, spec, answer.kept)
        return JSONResponse({"result": answer.result, "values": values or {}})

    async def _next(self, tool: ToolSpec) -> Answer | None:
        """When it is due."""
        answers = self._given.answers.get(tool.name, ())
        if not answers:
            return None
        turn = self._asked.get(tool.name, 0)
        self._asked[tool.name] = turn + 1
        answer = answers[min(turn, len(answers) - 1)]
        never = answer.pending or _is_lost(tool, answer)
        await asyncio.sleep((tool.timeout_ms + 1000 if never else answer.after_ms or 0) / 1000)
        return answer

    async def _of(self, tool: ToolSpec) -> Response:
        answer = await self._next(tool)
        if answer is None:
            return JSONResponse({"error": "the test has no answer"}, FAILED)
        if answer.status is not None:
            return JSONResponse(plain(answer.body), answer.status)
        spec = next((result for result in tool.results if result.name == answer.result), None)
        body = None if spec is None else body_for(tool, spec, answer.kept)
        if spec is None or body is None:
            return JSONResponse({}, FAILED)
        return JSONResponse(body, spec.statuses[0] if spec.statuses else 200)


def _is_lost(tool: ToolSpec, answer: Answer) -> bool:
    """Whether a change was made is not known where its answer never comes."""
    return answer.result == UNKNOWN and tool.changes_things


def _is_asked(tool: ToolSpec, method: str, api: str, parts: list[str]) -> bool:
    if (tool.method, tool.api, len(tool.segments)) != (method, api, len(parts)):
        return False
    return all(written.fixed in (None, part) for written, part in zip(tool.segments, parts, strict=True))
