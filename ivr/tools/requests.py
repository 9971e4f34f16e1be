"""A tool of the flow and its arguments to the request that is sent. Pure, but for the secrets it is given."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256

from ivr.errors import ToolError
from ivr.flow.flow import Auth, ToolSpec
from ivr.flow.grammar.tree import Field, Template
from ivr.flow.spoken.writing import json_value, plain_text
from ivr.flow.types import Value
from ivr.secret import Secret
from ivr.tools.ports import HttpRequest, McpRequest, PythonRequest, ToolRequest

Arguments = Mapping[str, Value | None]


def request_of(spec: ToolSpec, id: str, arguments: Arguments, secret: Callable[[str], Secret]) -> ToolRequest:
    """`id` is the effect's and becomes the idempotency key. Empty arguments are left out of query and headers.

    Raises: ToolError when a secret is missing.
    """
    if spec.kind == "python":
        return PythonRequest(id, spec.name, spec.module, spec.function, dict(arguments), spec.timeout_ms)
    if spec.kind == "mcp":
        sent = {name: json_value(value) for name, value in arguments.items() if value is not None}
        return McpRequest(id, spec.name, spec.server, spec.remote, sent, spec.timeout_ms)
    return HttpRequest(
        id=id,
        name=spec.name,
        api=spec.api,
        method=spec.method,
        segments=tuple(_text(template, arguments) or "" for template in spec.segments),
        query=_texts(spec.query, arguments),
        headers={**_texts(spec.headers, arguments), **auth_headers(spec.auth, secret)},
        body=None if spec.body is None else spec.body.filled_in(lambda entry: _leaf(entry, arguments)),
        bearer=bearer_of(spec.auth, secret),
        changes_things=spec.changes_things,
        timeout_ms=spec.timeout_ms,
        retry=spec.retry,
        traceparent=traceparent(id),
    )


def bearer_of(auth: Auth | None, secret: Callable[[str], Secret]) -> Secret | None:
    """The token that is known beforehand; one by oauth is fetched (see oauth.py). Raises: ToolError."""
    return secret(auth.secret) if auth is not None and auth.kind == "bearer" else None


def auth_headers(auth: Auth | None, secret: Callable[[str], Secret]) -> dict[str, str | Secret]:
    """Those of the kinds `header` and `basic`. Raises: ToolError when the secret is missing."""
    if auth is None or auth.kind not in ("header", "basic"):
        return {}
    found = secret(auth.secret)
    if auth.kind == "header":
        return {auth.header: found}
    both = f"{auth.user}:{found.reveal()}".encode()
    return {"Authorization": Secret("Basic " + b64encode(both).decode())}


def traceparent(id: str) -> str:
    """W3C trace context: one trace a phone call, one span an effect, the same in a replay."""
    call = id.partition(":")[0]
    return f"00-{sha256(call.encode()).hexdigest()[:32]}-{sha256(id.encode()).hexdigest()[:16]}-01"


def _texts(templates: Mapping[str, Template], arguments: Arguments) -> dict[str, str]:
    texts = {name: _text(template, arguments) for name, template in templates.items()}
    return {name: text for name, text in texts.items() if text is not None}


def _text(template: Template, arguments: Arguments) -> str | None:
    """None when it holds an empty value."""
    parts = [part if isinstance(part, str) else _filled(part, arguments) for part in template.parts]
    return None if None in parts else "".join(part for part in parts if part is not None)


def _filled(field: Field, arguments: Arguments) -> str | None:
    value = _argument(field, arguments)
    return field.fallback if value is None else plain_text(value)


def _argument(field: Field, arguments: Arguments) -> Value | None:
    name = ".".join(field.path)
    if name not in arguments:
        raise ToolError(f"the tool has no argument {name}")
    return arguments[name]


def _leaf(entry: Template, arguments: Arguments) -> object:
    if len(entry.parts) == 1 and isinstance(entry.parts[0], Field):
        return _typed(entry.parts[0], arguments)
    return _text(entry, arguments)


def _typed(field: Field, arguments: Arguments) -> object:
    """A field alone keeps its type: numbers and yes or no as JSON has them, all else as text."""
    value = _argument(field, arguments)
    return field.fallback if value is None else json_value(value)
