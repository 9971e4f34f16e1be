"""The tools of one version of a project, found by name and kept ready: a client an api, a module a file."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from ivr.errors import ToolError
from ivr.flow.flow import Api, ToolSpec
from ivr.tools.address import Resolve, look_up
from ivr.tools.http import HttpTools
from ivr.tools.ports import PythonRequest, ToolReply, ToolRequest
from ivr.tools.python import PythonTools
from ivr.tools.requests import Arguments, request_of
from ivr.tools.secret import Secrets
from ivr.units import Millis


class Tools:
    """Owns the clients; close it with `aclose` when the last call of its version is over.

    Raises: ToolError for an api whose address is none.
    """

    def __init__(self, apis: Mapping[str, Api], folder: Path, secrets: Secrets, *, resolve: Resolve = look_up) -> None:
        self._http = {name: HttpTools(api, resolve=resolve) for name, api in apis.items()}
        self._python = PythonTools(folder)
        self._secrets = secrets

    async def run(self, spec: ToolSpec, id: str, arguments: Arguments, deadline: Millis) -> ToolReply:
        """One call of a flow's tool; `id` is the idempotency key. A missing secret is a refused reply."""
        try:
            request = request_of(spec, id, arguments, self._secrets.find)
        except ToolError as fault:
            return ToolReply(error="refused", sent=False, detail=str(fault))
        return await self.call_tool(request, deadline)

    async def call_tool(self, request: ToolRequest, deadline: Millis) -> ToolReply:
        """See ToolPort."""
        if isinstance(request, PythonRequest):
            return await self._python.call_tool(request, deadline)
        client = self._http.get(request.api)
        if client is None:
            return ToolReply(error="refused", sent=False, detail=f"there is no api {request.api}")
        return await client.call_tool(request, deadline)

    def faults(self, specs: Iterable[ToolSpec]) -> tuple[str, ...]:
        """What would keep these tools from working, told before a caller meets it: secrets, files, functions."""
        told = ((spec.name, self._fault(spec)) for spec in specs)
        return tuple(f"{name}: {fault}" for name, fault in told if fault is not None)

    def _fault(self, spec: ToolSpec) -> str | None:
        try:
            if spec.kind == "python":
                self._python.find(spec.module, spec.function)
            elif spec.api not in self._http:
                return f"there is no api {spec.api}"
            elif spec.bearer is not None:
                self._secrets.find(spec.bearer)
        except ToolError as fault:
            return str(fault)
        return None

    async def aclose(self) -> None:
        for client in self._http.values():
            await client.aclose()
