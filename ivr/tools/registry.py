"""The tools of one version of a project, found by name and kept ready: a client an api, a module a file."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from ivr.breaker import Breaker, BreakerSettings
from ivr.errors import ToolError
from ivr.flow.flow import Api, Auth, McpServer, ToolSpec
from ivr.flow.text import Place
from ivr.secret import Secret
from ivr.tools.address import Resolve, look_up
from ivr.tools.http import HttpTools
from ivr.tools.mcp import MISSING, McpTools, is_installed
from ivr.tools.oauth import Tokens
from ivr.tools.ports import HttpRequest, McpRequest, PythonRequest, ToolReply, ToolRequest
from ivr.tools.python import PythonTools
from ivr.tools.requests import Arguments, auth_headers, bearer_of, request_of, traceparent
from ivr.tools.secret import Secrets
from ivr.units import Millis

_UNWELL = frozenset({"timeout", "unreachable", "garbage", "raised"})
"""Errors of a Python function or a server of tools that speak against its health."""


class Tools:
    """Owns the clients; close it with `aclose` when the last call of its version is over.

    Raises: ToolError for an api whose address is none.
    """

    def __init__(
        self,
        apis: Mapping[str, Api],
        folder: Path,
        secrets: Secrets,
        *,
        servers: Mapping[str, McpServer] | None = None,
        resolve: Resolve = look_up,
    ) -> None:
        self._http = {name: HttpTools(api, resolve=resolve) for name, api in apis.items()}
        self._python = PythonTools(folder)
        self._secrets = secrets
        self._tokens = Tokens(self._ask, secrets.find)
        self._mcp = {name: self._server(server, resolve) for name, server in (servers or {}).items()}
        self._servers = servers or {}
        self._breakers: dict[tuple[str, Place], Breaker] = {}

    async def run(self, spec: ToolSpec, id: str, arguments: Arguments, deadline: Millis) -> ToolReply:
        """One call of a flow's tool; `id` is the idempotency key. A missing secret is a refused reply."""
        try:
            request = request_of(spec, id, arguments, self._secrets.find)
        except ToolError as fault:
            return ToolReply(error="refused", sent=False, detail=str(fault))
        breaker = self._breaker(spec)
        if isinstance(request, HttpRequest) and spec.auth is not None and spec.auth.kind == "oauth":
            return await self.call_with_token(request, spec.auth, deadline, breaker)
        return await self.call_tool(request, deadline, breaker)

    async def call_tool(self, request: ToolRequest, deadline: Millis, breaker: Breaker | None = None) -> ToolReply:
        """See ToolPort. `breaker`: the tool's own."""
        if isinstance(request, HttpRequest):
            client = self._http.get(request.api)
            if client is None:
                return ToolReply(error="refused", sent=False, detail=f"there is no api {request.api}")
            return await client.call_tool(request, deadline, breaker)
        if breaker is not None and not breaker.lets_through(time.monotonic() * 1000):
            return ToolReply(error="breaker_open", sent=False, detail="it failed too often just now")
        if isinstance(request, PythonRequest):
            reply = await self._python.call_tool(request, deadline)
        else:
            reply = await self._call_mcp(request, deadline)
        if breaker is not None and reply.error in _UNWELL:
            breaker.failed(time.monotonic() * 1000)
        elif breaker is not None and reply.error is None:
            breaker.succeeded()
        return reply

    async def post(
        self,
        id: str,
        name: str,
        api: str,
        segments: tuple[str, ...],
        body: object,
        auth: Auth | None,
        deadline: Millis,
    ) -> ToolReply:
        """A message to a back end: a POST with its id as idempotency key, tried once."""
        try:
            request = HttpRequest(
                id=id,
                name=name,
                api=api,
                method="POST",
                segments=segments,
                headers=auth_headers(auth, self._secrets.find),
                body=body,
                bearer=bearer_of(auth, self._secrets.find),
                changes_things=True,
                timeout_ms=max(1, deadline - _from_now(0)),
                traceparent=traceparent(id),
            )
        except ToolError as fault:
            return ToolReply(error="refused", sent=False, detail=str(fault))
        if auth is not None and auth.kind == "oauth":
            return await self.call_with_token(request, auth, deadline)
        return await self.call_tool(request, deadline)

    async def call_with_token(
        self, request: HttpRequest, auth: Auth, deadline: Millis, breaker: Breaker | None = None
    ) -> ToolReply:
        """With a token by oauth. One that is refused (401: nothing was done) is fetched anew, once."""
        for again in (True, False):
            try:
                token = await self._tokens.token(auth, min(deadline, _from_now(request.timeout_ms)))
            except ToolError as fault:
                return ToolReply(error="refused", sent=False, detail=str(fault))
            reply = await self.call_tool(replace(request, bearer=token), deadline, breaker)
            if reply.status != 401:
                break
            self._tokens.drop(auth, token)
            if not again:
                break
        return reply

    def faults(self, specs: Iterable[ToolSpec]) -> tuple[str, ...]:
        """What would keep these tools from working, told before a caller meets it: secrets, files, functions."""
        told = ((spec.name, self._fault(spec)) for spec in specs)
        return tuple(f"{name}: {fault}" for name, fault in told if fault is not None)

    def find_secret(self, name: str) -> Secret:
        """Raises: ToolError."""
        return self._secrets.find(name)

    def _fault(self, spec: ToolSpec) -> str | None:
        try:
            if spec.kind == "python":
                self._python.find(spec.module, spec.function)
            elif spec.kind == "mcp":
                return self._mcp_fault(spec.server)
            elif spec.api not in self._http:
                return f"there is no api {spec.api}"
            elif spec.auth is not None:
                self._secrets.find(spec.auth.secret)
        except ToolError as fault:
            return str(fault)
        return None

    def _mcp_fault(self, name: str) -> str | None:
        if not is_installed():
            return MISSING
        server = self._servers.get(name)
        if server is None:
            return f"there is no server {name} under mcp:"
        if server.auth is not None:
            self._secrets.find(server.auth.secret)
        return None

    def _breaker(self, spec: ToolSpec) -> Breaker:
        """One for each tool as it stands in the files, for all calls of this process."""
        kept = self._breakers.get((spec.name, spec.place))
        if kept is None:
            own = spec.breaker
            kept = Breaker(BreakerSettings(own.after, None, own.rest_ms) if own else None)
            self._breakers[spec.name, spec.place] = kept
        return kept

    def _server(self, server: McpServer, resolve: Resolve) -> McpTools:
        async def headers(deadline: Millis) -> dict[str, str | Secret]:
            auth = server.auth
            if auth is None:
                return {}
            if auth.kind == "oauth":
                token: Secret | None = await self._tokens.token(auth, deadline)
            else:
                token = bearer_of(auth, self._secrets.find)
            bearer = {} if token is None else {"Authorization": Secret("Bearer " + token.reveal())}
            return {**auth_headers(auth, self._secrets.find), **bearer}

        return McpTools(server, headers, resolve=resolve)

    async def _call_mcp(self, request: McpRequest, deadline: Millis) -> ToolReply:
        server = self._mcp.get(request.server)
        if server is None:
            return ToolReply(error="refused", sent=False, detail=f"there is no server {request.server} under mcp:")
        return await server.call_tool(request, deadline)

    async def _ask(self, request: HttpRequest, deadline: Millis) -> ToolReply:
        return await self.call_tool(request, deadline)

    async def aclose(self) -> None:
        for client in self._http.values():
            await client.aclose()


def _from_now(ms: int) -> Millis:
    return Millis(int(time.monotonic() * 1000) + ms)
