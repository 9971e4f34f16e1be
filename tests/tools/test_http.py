"""Requests to a back end over real HTTP on this machine."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from ivr.breaker import Breaker, BreakerSettings
from ivr.flow.flow import Api, Retry
from ivr.secret import Secret
from ivr.tools.http import HttpTools
from ivr.tools.ports import HttpRequest, ToolReply
from ivr.units import Millis

pytestmark = pytest.mark.asyncio(loop_scope="module")
Serve = Callable[[Starlette], AbstractAsyncContextManager[str]]


def soon(ms: int = 5000) -> Millis:
    return Millis(int(time.monotonic() * 1000) + ms)


class Far:
    """The far end: what it was asked, and what it is to answer, in order; the last answer stays."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answers: list[Response] = [JSONResponse({"ok": True})]
        self.held = asyncio.Event()
        self.hold = False

    async def answer(self, request: Request) -> Response:
        raw = request.scope["raw_path"].decode()
        target = raw + ("?" + request.url.query if request.url.query else "")
        self.asked.append((request.method, target, dict(request.headers), await request.body()))
        if self.hold:
            await self.held.wait()
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Door:
    """One server for all tests of this file; each test puts a far end of its own behind it."""

    def __init__(self) -> None:
        self.url = ""
        self.far = Far()

    async def answer(self, request: Request) -> Response:
        return await self.far.answer(request)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(serve: Serve) -> AsyncIterator[Door]:
    door = Door()
    app = Starlette(routes=[Route("/{rest:path}", door.answer, methods=["GET", "POST", "PUT", "DELETE"])])
    async with serve(app) as door.url:
        yield door


@pytest_asyncio.fixture(loop_scope="module")
async def far(door: Door) -> AsyncIterator[Far]:
    door.far = Far()
    yield door.far
    door.far.held.set()


@pytest.fixture
def url(door: Door) -> str:
    return door.url


@pytest_asyncio.fixture(loop_scope="module")
async def tools(url: str) -> AsyncIterator[HttpTools]:
    tools = HttpTools(Api("crm", url, allow_private=True))
    yield tools
    await tools.aclose()


def look_up(**changes: Any) -> HttpRequest:
    return HttpRequest("C1:7:1", "find_account", "crm", segments=("v1", "accounts", "12345678"), **changes)


def change(**changes: Any) -> HttpRequest:
    return HttpRequest("C1:9:1", "note", "crm", method="POST", segments=("v1", "notes"), changes_things=True, **changes)


def told(reply: ToolReply) -> tuple[object, ...]:
    return reply.status, reply.body, reply.error, reply.sent


async def test_a_look_up(far: Far, tools: HttpTools, url: str) -> None:
    far.answers = [JSONResponse({"first": "Ana", "balance": 42.5})]
    reply = await tools.call_tool(
        look_up(query={"full": "yes & no"}, headers={"X-Key": Secret("k"), "X-Note": "é"}, bearer=Secret("t")), soon()
    )
    assert told(reply) == (200, {"first": "Ana", "balance": Decimal("42.5")}, None, True)
    ((method, target, headers, body),) = far.asked
    assert (method, target, body) == ("GET", "/v1/accounts/12345678?full=yes+%26+no", b"")
    assert (headers["authorization"], headers["x-key"]) == ("Bearer t", "k")
    assert headers["host"] == url.removeprefix("http://")
    assert "idempotency-key" not in headers


async def test_a_change_carries_its_key_and_body(far: Far, tools: HttpTools) -> None:
    far.answers = [Response(status_code=201)]
    reply = await tools.call_tool(change(body={"n": Decimal("1.50"), "told": False}, traceparent="00-1"), soon())
    assert told(reply) == (201, None, None, True)
    ((_, _, headers, body),) = far.asked
    assert headers["idempotency-key"] == "C1:9:1"
    assert (headers["content-type"], headers["traceparent"]) == ("application/json", "00-1")
    assert json.loads(body) == {"n": 1.5, "told": False}


async def test_an_api_may_stand_below_a_path(far: Far, url: str) -> None:
    tools = HttpTools(Api("crm", f"{url}/base/", allow_private=True))
    await tools.call_tool(HttpRequest("1", "t", "crm", segments=("a/../b",)), soon())
    await tools.aclose()
    assert far.asked[0][1] == "/base/a%2F..%2Fb"


async def test_connections_are_kept(far: Far, tools: HttpTools) -> None:
    for _ in range(3):
        await tools.call_tool(look_up(), soon())
    assert len(far.asked) == 3


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Response("<html>", 200), (200, None, "garbage")),
        (Response('{"a":', 200), (200, None, "garbage")),
        (Response(b"\xff\xfe", 200), (200, None, "garbage")),
        (Response("[" * 100_000, 200), (200, None, "garbage")),
        (Response("NaN", 200), (200, None, "garbage")),
        (Response("<html>", 404), (404, None, None)),
        (Response('{"why":"x"}', 404), (404, {"why": "x"}, None)),
        (Response("", 204), (204, None, None)),
        (Response("  ", 200), (200, None, None)),
        (Response(b"1" * 1_000_001, 200), (200, None, "too_large")),
        (Response(b'{"a":1}', 200, {"content-encoding": "gzip"}), (200, None, "garbage")),
        (RedirectResponse("/elsewhere"), (307, None, "garbage")),
        (RedirectResponse("http://127.0.0.1:1/"), (307, None, "garbage")),
        (Response("oops", 500), (500, None, None)),
    ],
)
async def test_what_answers_come_to(far: Far, tools: HttpTools, answer: Response, expected: tuple[object, ...]) -> None:
    far.answers = [answer]
    reply = await tools.call_tool(look_up(), soon())
    assert (reply.status, reply.body, reply.error) == expected
    assert len(far.asked) == 1


async def test_the_deadline_and_the_tools_own_timeout_hold(far: Far, tools: HttpTools) -> None:
    far.hold = True
    assert told(await tools.call_tool(look_up(timeout_ms=50), soon())) == (None, None, "timeout", True)
    assert told(await tools.call_tool(look_up(), soon(50))) == (None, None, "timeout", True)
    assert (await tools.call_tool(look_up(), soon(-1))).error == "timeout"


async def test_an_answer_that_drips_does_not_outlast_the_deadline() -> None:
    gone = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        dripping = asyncio.get_running_loop().create_task(reader.read())  # ends when the other side hangs up
        while not dripping.done():
            writer.write(b" ")
            await asyncio.wait([dripping], timeout=0.005)
        writer.close()
        gone.set()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    async with server:
        tools = HttpTools(Api("crm", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", allow_private=True))
        reply = await tools.call_tool(look_up(timeout_ms=100), soon())
        await tools.aclose()
        await gone.wait()
    assert told(reply) == (None, None, "timeout", True)


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"", "unreachable"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{", "garbage"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "garbage"),
    ],
)
async def test_an_answer_that_breaks_off(said: bytes, error: str) -> None:
    gone = asyncio.Event()

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        writer.close()
        await writer.wait_closed()
        gone.set()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    async with server:
        tools = HttpTools(Api("crm", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", allow_private=True))
        reply = await tools.call_tool(look_up(), soon())
        await tools.aclose()
        await gone.wait()
    assert (reply.error, reply.sent) == (error, True)


@pytest.fixture
def nobody() -> int:
    """A port where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def test_nobody_answers(nobody: int) -> None:
    tools = HttpTools(Api("crm", f"http://127.0.0.1:{nobody}", allow_private=True))
    reply = await tools.call_tool(change(retry=Retry(2, 1)), soon())
    await tools.aclose()
    assert told(reply) == (None, None, "unreachable", False)


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_a_look_up_is_asked_again(far: Far, tools: HttpTools, status: int) -> None:
    far.answers = [Response(status_code=status), Response("<html>", 200), JSONResponse({"ok": True})]
    reply = await tools.call_tool(look_up(retry=Retry(2, 1)), soon())
    assert told(reply) == (200, {"ok": True}, None, True)
    assert len(far.asked) == 3


async def test_but_only_as_often_as_it_says(far: Far, tools: HttpTools) -> None:
    far.answers = [Response(status_code=500)]
    assert (await tools.call_tool(look_up(retry=Retry(2, 1)), soon())).status == 500
    assert len(far.asked) == 3
    await tools.call_tool(look_up(), soon())
    assert len(far.asked) == 4


async def test_nor_is_a_clear_answer(far: Far, tools: HttpTools) -> None:
    far.answers = [Response(status_code=404)]
    await tools.call_tool(look_up(retry=Retry(2, 1)), soon())
    assert len(far.asked) == 1


@pytest.mark.parametrize("status", [429, 503])
async def test_a_back_end_that_asks_for_time_gets_it_within_the_deadline(
    far: Far, tools: HttpTools, status: int
) -> None:
    waits = Response(status_code=status, headers={"retry-after": "1"})
    far.answers = [waits, JSONResponse({"ok": True})]
    reply = await tools.call_tool(look_up(retry=Retry(1, 1)), soon())
    assert (reply.status, len(far.asked)) == (200, 2)
    assert reply.ms >= 1000
    far.answers = [Response(status_code=status, headers={"retry-after": "60"})]
    reply = await tools.call_tool(look_up(retry=Retry(1, 1)), soon())
    assert (reply.status, len(far.asked)) == (status, 3)  # a minute is more than there is


async def test_a_change_that_was_turned_away_undone_is_sent_again_with_its_key(far: Far, tools: HttpTools) -> None:
    far.answers = [Response(status_code=429), Response(status_code=201)]
    reply = await tools.call_tool(change(retry=Retry(1, 1)), soon())
    assert (reply.status, [headers["idempotency-key"] for _, _, headers, _ in far.asked]) == (201, ["C1:9:1"] * 2)


async def test_a_change_that_was_sent_is_never_sent_again(far: Far, tools: HttpTools) -> None:
    far.answers = [Response(status_code=500)]
    reply = await tools.call_tool(change(retry=Retry(2, 1)), soon())
    assert (reply.status, reply.sent, len(far.asked)) == (500, True, 1)


async def test_a_back_end_that_fails_is_left_alone_for_a_while(far: Far, tools: HttpTools) -> None:
    far.answers = [Response(status_code=500)]
    for _ in range(5):
        await tools.call_tool(look_up(), soon())
    assert told(await tools.call_tool(look_up(), soon())) == (None, None, "breaker_open", False)
    assert len(far.asked) == 5


async def test_and_probed_after_its_rest(far: Far, url: str) -> None:
    clock = [time.monotonic()]
    tools = HttpTools(
        Api("crm", url, allow_private=True), breaker=Breaker(BreakerSettings(failures=1)), now=lambda: clock[0]
    )
    far.answers = [Response(status_code=500), JSONResponse({"ok": True})]
    await tools.call_tool(look_up(), soon())
    assert (await tools.call_tool(look_up(), soon())).error == "breaker_open"
    clock[0] += 5
    deadline = Millis(int(clock[0] * 1000) + 5000)
    assert (await tools.call_tool(look_up(), deadline)).status == 200
    assert (await tools.call_tool(look_up(), deadline)).status == 200
    await tools.aclose()


async def test_wrong_callers_do_not_open_the_breaker(far: Far, tools: HttpTools) -> None:
    far.answers = [Response(status_code=404)]
    for _ in range(10):
        assert (await tools.call_tool(look_up(), soon())).status == 404


@pytest.mark.parametrize(
    "request_",
    [
        look_up(headers={"X-Name": "a\r\nX-Other: b"}),
        look_up(headers={"X-Name": "a\x00"}),
        look_up(headers={"X-Name": "\ud800"}),
        look_up(headers={"Bad Name": "a"}),
        look_up(headers={"Host": "evil.example.com"}),
        look_up(headers={"Transfer-Encoding": "chunked"}),
        look_up(method="GET / HTTP/1.1"),
        look_up(body={"a": object()}),
        HttpRequest("1", "t", "crm", segments=("v1", "..")),
        HttpRequest("1", "t", "crm", segments=("v1", "")),
    ],
)
async def test_what_cannot_be_said_is_not_sent(far: Far, tools: HttpTools, request_: HttpRequest) -> None:
    reply = await tools.call_tool(request_, soon())
    assert (reply.error, reply.sent, far.asked) == ("refused", False, [])


async def test_no_value_and_no_secret_is_in_a_reply(far: Far, tools: HttpTools) -> None:
    far.answers = [Response("<html>4929123412341234", 200)]
    reply = await tools.call_tool(look_up(bearer=Secret("hunter2")), soon())
    assert "12345678" not in repr(reply) and "4929" not in repr(reply) and "hunter2" not in repr(reply)
