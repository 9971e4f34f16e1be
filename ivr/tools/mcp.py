"""Tools of a server that speaks the Model Context Protocol over streamable HTTP.

Needs the extra `ivr[mcp]`; its library is imported when the first such tool is called, since it takes a while. A call
opens a connection of its own: servers differ in how long they hold one, and a look-up in a phone call is rare.
"""

import asyncio
import importlib.util
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import msgspec

from ivr.errors import ToolError
from ivr.flow.flow import McpServer
from ivr.flow.messages import Message
from ivr.secret import Secret
from ivr.tools.address import Refused, Resolve, look_up, origin_of, pin
from ivr.tools.ports import McpRequest, ToolReply
from ivr.units import Millis

MISSING: Final = "the library for mcp: is not installed: pip install 'ivr[mcp]'"
ANSWER_BYTES: Final = 1_000_000
_parse = msgspec.json.Decoder(float_hook=Decimal).decode

Headers = Callable[[Millis], Awaitable[dict[str, str | Secret]]]
"""What shows the server who we are; asked anew for each call."""


def is_installed() -> bool:
    return importlib.util.find_spec("mcp") is not None


def missing_library(servers: Iterable[McpServer]) -> Iterator[Message]:
    """A warning at the first server, where the extra is not installed here."""
    first = None if is_installed() else next(iter(servers), None)
    if first is not None:
        text = "The library for tools of other servers is not installed here: calls of them would fail."
        fix = "pip install 'ivr[mcp]'"
        yield Message(first.place, "IVR145", text, "warning", len(first.name), fix)


class McpTools:
    """The tools of one server. Raises: ToolError when its address is none."""

    def __init__(self, server: McpServer, headers: Headers, *, resolve: Resolve = look_up) -> None:
        self._server, self._headers, self._resolve = server, headers, resolve
        self._origin = origin_of(server.url)

    async def call_tool(self, request: McpRequest, deadline: Millis) -> ToolReply:
        began_s = time.monotonic()
        until_s = min(deadline / 1000, began_s + request.timeout_ms / 1000)
        on_the_way = _OnTheWay()
        try:
            async with asyncio.timeout(max(0.0, until_s - began_s)):
                reply = await self._call(request, Millis(int(until_s * 1000)), on_the_way)
        except TimeoutError:
            reply = ToolReply(error="timeout", sent=on_the_way.sent, detail="no answer in time")
        except ToolError as fault:
            sent = on_the_way.sent
            reply = ToolReply(error="garbage" if sent else "refused", sent=sent, detail=str(fault))
        except Exception as fault:  # the library's tasks fail in groups; what they say may hold what was sent
            reply = _failed(fault, on_the_way.sent)
        return replace(reply, ms=round((time.monotonic() - began_s) * 1000))

    async def _call(self, request: McpRequest, deadline: Millis, on_the_way: "_OnTheWay") -> ToolReply:
        if not is_installed():
            raise Refused(MISSING)
        from mcp import Client
        from mcp.client.streamable_http import streamable_http_client

        from ivr.tools.mcp_line import pinned_client

        address = await pin(self._origin, allow_private=self._server.allow_private, resolve=self._resolve)
        headers = {
            name: value.reveal() if isinstance(value, Secret) else value
            for name, value in (await self._headers(deadline)).items()
        }
        async with AsyncExitStack() as stack:
            http = await stack.enter_async_context(pinned_client(self._origin, address, headers, ANSWER_BYTES))
            transport = streamable_http_client(self._server.url, http_client=http)
            client = await stack.enter_async_context(Client(transport))
            on_the_way.sent = True
            answer = await client.call_tool(request.remote, dict(request.arguments))
            return _reply(answer)


class _OnTheWay:
    """Whether the call itself can have left us; greeting the server does nothing there."""

    def __init__(self) -> None:
        self.sent = False


def _reply(answer: Any) -> ToolReply:
    """The structured content; without one `$.text`, and its JSON if it is some. An answer that is flagged as an error
    has no status, so that no result fits it."""
    texts = [block.text for block in answer.content if getattr(block, "type", "") == "text"]
    if answer.is_error:
        return ToolReply(error="refused", detail="the tool says that it failed")
    structured = answer.structured_content
    if structured is None:
        return ToolReply(200, {"text": "\n".join(texts)})
    return ToolReply(200, _parse(json.dumps(structured).encode()))


def _failed(fault: Exception, sent: bool) -> ToolReply:
    kinds = {type(one).__name__ for one in _leaves(fault)}
    if kinds & {"ConnectError", "ConnectTimeout", "OSError", "ConnectionRefusedError"}:
        return ToolReply(error="unreachable", sent=False, detail="the server does not answer")
    return ToolReply(error="garbage", sent=sent, detail=", ".join(sorted(kinds)))


def _leaves(fault: BaseException) -> list[BaseException]:
    if isinstance(fault, BaseExceptionGroup):
        return [leaf for one in fault.exceptions for leaf in _leaves(one)]
    return [fault]
