"""What a flow may ask of the world, and what comes back.

A reply is never an exception: whatever happens to a request is a ToolReply, which the flow's `results:` then name. A
ToolError says that a tool cannot be used at all (a secret or a file is missing), and belongs at load.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from ivr.flow.flow import Retry
from ivr.secret import Secret
from ivr.units import Millis

ErrorKind: TypeAlias = Literal["timeout", "unreachable", "garbage", "too_large", "refused", "breaker_open", "raised"]


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request to a back end. `id` is the idempotency key: the same id never does a thing twice.

    `segments` stand behind the api's own address; each is one piece of the path, whatever characters it holds.
    `body` is any JSON value; None is no body.
    """

    id: str
    name: str
    api: str
    method: str = "GET"
    segments: Sequence[str] = ()
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str | Secret] = field(default_factory=dict)
    body: object = None
    form: Mapping[str, str] | None = None
    """In place of a body: fields of a form."""
    bearer: Secret | None = None
    changes_things: bool = False
    timeout_ms: int = 4000
    retry: Retry = field(default_factory=Retry)
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class McpRequest:
    """One call of the tool `remote` of the project's server `server`. `arguments` are JSON values."""

    id: str
    name: str
    server: str
    remote: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    timeout_ms: int = 4000


@dataclass(frozen=True, slots=True)
class PythonRequest:
    """One call of the function `function` in the project's `tools/<module>.py`."""

    id: str
    name: str
    module: str
    function: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    timeout_ms: int = 4000


ToolRequest: TypeAlias = HttpRequest | PythonRequest | McpRequest


@dataclass(frozen=True, slots=True)
class ToolReply:
    """HTTP: `status`, and `body` as parsed JSON (its broken numbers as Decimal; None is no content). Python: `result`,
    the name it returned, and its values as `body`. MCP: `status` 200 and the structured content as `body`. `error` is
    set when there was no usable answer."""

    status: int | None = None
    body: object = None
    result: str | None = None
    error: ErrorKind | None = None
    sent: bool = True
    """False when it is certain that the far end never got the request."""
    ms: int = 0
    """How long it took, tries and pauses together."""
    detail: str = ""
    """For operators: what went wrong and where; never holds a value of the call."""
    retry_after_s: float | None = None
    """HTTP: what the far end asked us to wait before we ask again."""


class ToolPort(Protocol):
    """Something that performs requests."""

    async def call_tool(self, request: ToolRequest, deadline: Millis) -> ToolReply:
        """Answers by `deadline`, a moment of `time.monotonic()` in milliseconds, or by the request's own timeout."""
        ...
