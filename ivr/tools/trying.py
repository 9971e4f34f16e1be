"""One call of a tool by hand: what goes out, secrets by their names, what comes back, what the flow makes of it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from datetime import time as time_of_day
from typing import Any

from ivr.errors import ToolError
from ivr.flow.answers import Named, name_reply, typed
from ivr.flow.flow import Api, Bundle, Flow, Keep, McpServer, ToolSpec
from ivr.flow.grammar.tree import Path
from ivr.flow.spoken.masks import DOTS, mask
from ivr.flow.spoken.writing import json_value
from ivr.flow.state import RawReply
from ivr.flow.types import Privacy, Type, Value
from ivr.secret import Secret
from ivr.tools.address import origin_of, target_of
from ivr.tools.ports import HttpRequest, McpRequest, PythonRequest, ToolReply
from ivr.tools.requests import Arguments, request_of


@dataclass(frozen=True, slots=True)
class Given:
    """The arguments as the scope of a result's `when:`."""

    values: Arguments
    now: datetime

    def value(self, path: Path) -> Value | None:
        return self.values.get(".".join(path))

    def is_open(self, hours: str, on: date | None, at: time_of_day | datetime | None) -> bool:
        return True


def find_tool(bundle: Bundle, name: str) -> tuple[Flow, ToolSpec]:
    """`find_account`, or `support/find_account` where two flows have one of that name.

    Raises: ToolError that says which there are.
    """
    flow_name, _, tool_name = name.rpartition("/")
    found = [
        (flow, flow.tools[tool_name])
        for flow in bundle.flows.values()
        if tool_name in flow.tools and flow_name in ("", flow.name)
    ]
    if not found:
        there = sorted({tool for flow in bundle.flows.values() for tool in flow.tools})
        raise ToolError(f'there is no tool "{name}"; there is {", ".join(there) or "none"}')
    if any(spec != found[0][1] for _, spec in found[1:]):
        both = ", ".join(f"{flow.name}/{tool_name}" for flow, _ in found)
        raise ToolError(f'several flows have a tool "{name}": name one of {both}')
    return found[0]


def arguments_of(flow: Flow, spec: ToolSpec, written: Mapping[str, str], now: datetime) -> dict[str, Value | None]:
    """Texts as values of the tool's types; those that are not given are empty. Raises: ToolError naming the slip."""
    unknown = [name for name in written if name not in spec.takes]
    if unknown:
        raise ToolError(f'"{spec.name}" takes no {unknown[0]}; it takes {", ".join(spec.takes) or "nothing"}')
    values: dict[str, Value | None] = {}
    for name, type_ in spec.takes.items():
        text = written.get(name)
        values[name] = None if text is None else _value(name, type_, text, flow, now)
    return values


def _value(name: str, type_: Type, text: str, flow: Flow, now: datetime) -> Value:
    slot = flow.slots.get(name)
    options = {option.name for option in slot.options} if slot is not None else set()
    if type_ is Type.CHOICE and options and text not in options:
        raise ToolError(f"{name} is one of {', '.join(sorted(options))}")
    value = typed(Keep(name, (), type_, Privacy.OPEN, optional=False), text, now.tzinfo)
    if value is None:
        raise ToolError(f'{name}: "{text}" is no {type_.value}')
    return value


def hidden(name: str) -> Secret:
    """In place of a secret where nothing is sent."""
    return Secret(f"‹{name}›")


def shown_request(bundle: Bundle, spec: ToolSpec, id: str, arguments: Arguments) -> dict[str, Any]:
    """What would go out, secrets by their names. Raises: ToolError for one that cannot be built."""
    request = request_of(spec, id, arguments, hidden)
    match request:
        case HttpRequest():
            return _http(bundle.apis.get(request.api), request, spec)
        case PythonRequest():
            sent = {name: json_value(value) for name, value in arguments.items()}
            return {"python": f"{request.module}.{request.function}", "arguments": sent}
        case McpRequest():
            return _mcp(bundle.servers.get(request.server), request)


def _http(api: Api | None, request: HttpRequest, spec: ToolSpec) -> dict[str, Any]:
    if api is None:
        raise ToolError(f"there is no api {request.api}")
    origin = origin_of(api.url)
    target = target_of(origin, request.segments, list(request.query.items()))
    headers = {name: _shown(value) for name, value in request.headers.items()}
    if spec.auth is not None:
        named = f"‹{spec.auth.secret}›"
        if spec.auth.kind == "basic":
            headers["Authorization"] = f"Basic {spec.auth.user}:{named}"
        elif spec.auth.kind == "oauth":
            headers["Authorization"] = (
                f"Bearer ‹a token from {spec.auth.api} for {spec.auth.user} with {spec.auth.secret}›"
            )
        elif spec.auth.kind == "bearer":
            headers["Authorization"] = f"Bearer {named}"
    if request.changes_things:
        headers["Idempotency-Key"] = request.id
    made: dict[str, Any] = {
        "http": f"{request.method} {origin.scheme}://{origin.authority}{target}",
        "headers": headers,
    }
    return made if request.body is None else {**made, "body": request.body}


def _mcp(server: McpServer | None, request: McpRequest) -> dict[str, Any]:
    if server is None:
        raise ToolError(f"there is no server {request.server} under mcp:")
    headers = {} if server.auth is None else {"Authorization": f"by ‹{server.auth.secret}›"}
    return {"mcp": f"{server.url} {request.remote}", "headers": headers, "arguments": dict(request.arguments)}


def _shown(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value  # of `hidden`, which is its name


def named_reply(spec: ToolSpec, reply: ToolReply, scope: Given) -> Named:
    raw = RawReply(reply.status, reply.body, reply.result, reply.error, reply.sent)
    return name_reply(spec, raw, scope)


def shown_kept(spec: ToolSpec, named: Named) -> dict[str, object]:
    """The kept values, private ones masked."""
    keeps = {keep.name: keep for result in spec.results if result.name == named.result for keep in result.keep}
    return {name: _masked(keeps[name], value) for name, value in named.kept.items()}


def _masked(keep: Keep, value: Value) -> object:
    if keep.privacy is Privacy.OPEN:
        return json_value(value)
    return DOTS if keep.privacy is Privacy.SECRET else mask(value, keep.type)


def deadline_in(ms: int) -> int:
    return int(time.monotonic() * 1000) + ms
