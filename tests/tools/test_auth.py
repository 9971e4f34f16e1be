"""How a back end is shown who we are, and that nothing of it is shown to anybody else."""

import base64
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ivr.flow.flow import Api, Auth, Break, ToolSpec
from ivr.flow.grammar.tree import Template
from ivr.flow.text import Place
from ivr.tools.registry import Tools
from ivr.tools.secret import Secrets
from ivr.units import Millis

HERE = Place("line.flow.yaml", 3, 3)
LOOK = ToolSpec("look", "http", HERE, {}, (), api="crm", segments=(Template(("v1",), HERE), Template(("x",), HERE)))
OAUTH = Auth("oauth", "CLIENT", user="line one", api="login", segments=("oauth", "token"), scope="read write")


def soon() -> Millis:
    return Millis(int(time.monotonic() * 1000) + 5000)


@dataclass
class Far:
    """A back end, and a server of tokens beside it."""

    asked: list[dict[str, str]] = field(default_factory=list)
    forms: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    good: str = "token-1"
    lives_s: object = 3600
    fails: bool = False

    async def look(self, request: Request) -> Response:
        self.asked.append(dict(request.headers))
        if self.fails:
            return Response(status_code=500)
        given = request.headers.get("authorization", "")
        return JSONResponse({"ok": True}, 200 if given in (f"Bearer {self.good}", "") or "Basic" in given else 401)

    async def token(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        self.forms.append((request.headers["authorization"], form))
        return JSONResponse({"access_token": self.good, "token_type": "bearer", "expires_in": self.lives_s})

    @asynccontextmanager
    async def tools(self, serve: Any, folder: Path, **secrets: str) -> AsyncIterator[Tools]:
        app = Starlette(
            routes=[Route("/v1/x", self.look), Route("/oauth/token", self.token, methods=["POST"])],
        )
        async with serve(app) as url:
            kept = Secrets({f"IVR_SECRET_{name}": text for name, text in secrets.items()}, folder)
            apis = {name: Api(name, url, allow_private=True) for name in ("crm", "login")}
            tools = Tools(apis, folder, kept)
            yield tools
            await tools.aclose()


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        (Auth("bearer", "KEY"), "authorization", "Bearer token-1"),
        (Auth("header", "KEY", header="X-Key"), "x-key", "token-1"),
        (Auth("basic", "KEY", user="line"), "authorization", "Basic " + base64.b64encode(b"line:token-1").decode()),
    ],
    ids=["bearer", "header", "basic"],
)
async def test_a_secret_goes_out_in_its_header(serve: Any, tmp_path: Path, auth: Auth, header: str, value: str) -> None:
    far = Far()
    async with far.tools(serve, tmp_path, KEY="token-1") as tools:
        reply = await tools.run(replace(LOOK, auth=auth), "C1:1:1", {}, soon())
    assert (reply.status, far.asked[0][header]) == (200, value)
    assert "token-1" not in repr(reply)


@pytest.mark.parametrize("kind", ["bearer", "header", "basic", "oauth"])
async def test_a_missing_secret_is_told_beforehand_and_refuses(serve: Any, tmp_path: Path, kind: Any) -> None:
    far = Far()
    spec = replace(LOOK, auth=replace(OAUTH, kind=kind, secret="MISSING", header="X-Key"))
    async with far.tools(serve, tmp_path) as tools:
        assert "the secret MISSING is missing" in tools.faults([spec])[0]
        reply = await tools.run(spec, "C1:1:1", {}, soon())
    assert (reply.error, reply.sent, far.asked) == ("refused", False, [])


async def test_a_token_is_fetched_once_kept_and_renewed(serve: Any, tmp_path: Path) -> None:
    far = Far()
    spec = replace(LOOK, auth=OAUTH)
    async with far.tools(serve, tmp_path, CLIENT="s3cret") as tools:
        for _ in range(3):
            assert (await tools.run(spec, "C1:1:1", {}, soon())).status == 200
        assert len(far.forms) == 1
        basic, form = far.forms[0]
        assert base64.b64decode(basic.removeprefix("Basic ")) == b"line+one:s3cret"
        assert form == {"grant_type": "client_credentials", "scope": "read write"}
        far.good = "token-2"  # the server takes the old one no more
        assert (await tools.run(spec, "C1:1:2", {}, soon())).status == 200
        assert len(far.forms) == 2
    assert [headers["authorization"] for headers in far.asked] == [
        *["Bearer token-1"] * 4,
        "Bearer token-2",
    ]


async def test_a_token_that_lives_shortly_is_fetched_each_time(serve: Any, tmp_path: Path) -> None:
    far = Far(lives_s=10)
    async with far.tools(serve, tmp_path, CLIENT="s3cret") as tools:
        for _ in range(2):
            await tools.run(replace(LOOK, auth=OAUTH), "C1:1:1", {}, soon())
    assert len(far.forms) == 2


@pytest.mark.parametrize("good", ["", 5])
async def test_an_answer_without_a_token_refuses(serve: Any, tmp_path: Path, good: Any) -> None:
    far = Far(good=good)
    async with far.tools(serve, tmp_path, CLIENT="s3cret") as tools:
        reply = await tools.run(replace(LOOK, auth=OAUTH), "C1:1:1", {}, soon())
    assert (reply.error, reply.sent) == ("refused", False)
    assert "no token from login" in reply.detail and "s3cret" not in reply.detail


async def test_each_tool_has_a_breaker_of_its_own_for_all_calls(serve: Any, tmp_path: Path) -> None:
    far = Far(fails=True)
    weak = replace(LOOK, name="weak", breaker=Break(2, 60_000))
    other = replace(LOOK, name="other")
    async with far.tools(serve, tmp_path) as tools:
        replies = [await tools.run(weak, f"C{call}:1:1", {}, soon()) for call in range(4)]
        assert [reply.error or reply.status for reply in replies] == [500, 500, "breaker_open", "breaker_open"]
        assert (await tools.run(other, "C9:1:1", {}, soon())).status == 500
    assert len(far.asked) == 3


async def test_a_trace_is_told_the_same_for_all_requests_of_a_call(serve: Any, tmp_path: Path) -> None:
    far = Far()
    async with far.tools(serve, tmp_path) as tools:
        for id in ("C1:1:1", "C1:2:1", "C2:1:1"):
            await tools.run(LOOK, id, {}, soon())
    traces = [headers["traceparent"].split("-") for headers in far.asked]
    assert [len(part) for part in traces[0]] == [2, 32, 16, 2]
    assert traces[0][1] == traces[1][1] != traces[2][1]
    assert len({trace[2] for trace in traces}) == 3
