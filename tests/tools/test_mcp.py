"""Tools of a server that speaks MCP, which really runs on this machine."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from typer.testing import CliRunner

from ivr.cli import app
from ivr.flow.answers import name_reply
from ivr.flow.flow import Auth, McpServer, ToolSpec
from ivr.flow.state import RawReply
from ivr.flow.text import Place
from ivr.flow.types import Type
from ivr.tools import mcp as ours
from ivr.tools.registry import Tools
from ivr.tools.secret import Secrets
from ivr.units import Millis
from tests.flow.language.trial import HEAD, PROJECT, bundle_of, only, plays

pytest.importorskip("mcp", reason="the extra ivr[mcp] is not installed")

FIND = ToolSpec(
    "nearest", "mcp", Place("line.flow.yaml", 1, 1), {"zip": Type.DIGITS}, (), server="clinics", remote="find"
)


def soon(ms: int = 8000) -> Millis:
    return Millis(int(time.monotonic() * 1000) + ms)


class Clinics:
    """A server of tools, and what its requests brought."""

    def __init__(self) -> None:
        from mcp.server import MCPServer
        from mcp.server.mcpserver.exceptions import ToolError

        self.headers: list[dict[str, str]] = []
        self.found: list[str] = []
        self.late = asyncio.Event()
        server = self.server = MCPServer("clinics")

        @server.tool()
        def find(zip: str) -> dict[str, Any]:
            self.found.append(zip)
            return {"clinics": [{"name": "Harbour Clinic", "miles": 2.5}] if zip == "12345" else []}

        @server.tool(structured_output=False)
        def words() -> str:
            return "The clinic opens at nine."

        @server.tool()
        def fails() -> str:
            raise ToolError("no clinic for the caller's 12345678")

        @server.tool()
        def huge() -> str:
            return "x" * 1_200_000

        @server.tool()
        async def slow() -> str:
            await self.late.wait()
            return "late"

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        app = self._noting(self.server.streamable_http_app())
        config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", lifespan="on")
        server = uvicorn.Server(config)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server.serve())
            while not server.started:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            try:
                yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/mcp"
            finally:
                self.late.set()
                server.should_exit = True

    def _noting(self, app: ASGIApp) -> ASGIApp:
        async def noting(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                self.headers.append({name.decode(): value.decode() for name, value in scope["headers"]})
            await app(scope, receive, send)

        return noting

    @asynccontextmanager
    async def tools(
        self, folder: Path, *, allow_private: bool = True, auth: Auth | None = None
    ) -> AsyncIterator[Tools]:
        async with self.serving() as url:
            server = McpServer("clinics", url, allow_private, auth)
            tools = Tools({}, folder, Secrets({"IVR_SECRET_CLINICS": "hunter2"}, folder), servers={"clinics": server})
            yield tools
            await tools.aclose()


async def test_a_tool_answers_with_its_structured_content(tmp_path: Path) -> None:
    clinics = Clinics()
    async with clinics.tools(tmp_path, auth=Auth("bearer", "CLINICS")) as tools:
        reply = await tools.run(FIND, "C1:1:1", {"zip": "12345"}, soon())
    assert (reply.status, reply.error) == (200, None)
    assert reply.body == {"clinics": [{"name": "Harbour Clinic", "miles": Decimal("2.5")}]}
    assert clinics.found == ["12345"]
    assert {headers.get("authorization") for headers in clinics.headers} == {"Bearer hunter2"}
    assert all(headers["host"].startswith("127.0.0.1:") for headers in clinics.headers)


async def test_without_structure_there_is_the_text(tmp_path: Path) -> None:
    async with Clinics().tools(tmp_path) as tools:
        reply = await tools.run(replace(FIND, remote="words", takes={}), "C1:1:1", {}, soon())
    assert (reply.status, reply.body) == (200, {"text": "The clinic opens at nine."})


@pytest.mark.parametrize("remote", ["fails", "nothing_of_that_name"])
async def test_an_error_is_told_without_its_words(tmp_path: Path, remote: str) -> None:
    async with Clinics().tools(tmp_path) as tools:
        reply = await tools.run(replace(FIND, remote=remote, takes={}), "C1:1:1", {}, soon())
    assert reply.error is not None and reply.status is None
    assert "12345678" not in reply.detail


async def test_an_answer_larger_than_we_want_to_hold_is_none(tmp_path: Path) -> None:
    async with Clinics().tools(tmp_path) as tools:
        reply = await tools.run(replace(FIND, remote="huge", takes={}), "C1:1:1", {}, soon())
    assert (reply.status, reply.body, reply.error, reply.sent) == (None, None, "garbage", True)


async def test_a_server_that_leads_elsewhere_is_not_followed(tmp_path: Path, serve: Any) -> None:
    clinics, asked = Clinics(), []

    async def elsewhere(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope["path"])
        await RedirectResponse(url)(scope, receive, send)

    async with clinics.serving() as url, serve(elsewhere) as here:
        server = McpServer("clinics", f"{here}/mcp", allow_private=True)
        tools = Tools({}, tmp_path, Secrets({}, tmp_path), servers={"clinics": server})
        reply = await tools.run(FIND, "C1:1:1", {"zip": "12345"}, soon())
    assert reply.error is not None and clinics.headers == [] and asked


async def test_a_slow_tool_is_given_up_at_its_deadline(tmp_path: Path) -> None:
    async with Clinics().tools(tmp_path) as tools:
        spec = replace(FIND, remote="slow", takes={}, timeout_ms=700)
        reply = await tools.run(spec, "C1:1:1", {}, soon())
    assert (reply.error, reply.sent) == ("timeout", True)


async def test_a_private_address_is_refused(tmp_path: Path) -> None:
    clinics = Clinics()
    async with clinics.tools(tmp_path, allow_private=False) as tools:
        reply = await tools.run(FIND, "C1:1:1", {"zip": "12345"}, soon())
    assert (reply.error, reply.sent, clinics.headers) == ("refused", False, [])


async def test_a_server_that_is_not_there_was_not_asked(tmp_path: Path) -> None:
    tools = Tools(
        {}, tmp_path, Secrets({}, tmp_path), servers={"clinics": McpServer("clinics", "http://127.0.0.1:9/mcp", True)}
    )
    reply = await tools.run(FIND, "C1:1:1", {"zip": "12345"}, soon())
    assert (reply.error, reply.sent) == ("unreachable", False)


async def test_without_the_extra_it_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.tools.registry.is_installed", lambda: False)
    monkeypatch.setattr(ours, "is_installed", lambda: False)
    async with Clinics().tools(tmp_path) as tools:
        assert tools.faults([FIND]) == ("nearest: the library for mcp: is not installed: pip install 'ivr[mcp]'",)
        assert (await tools.run(FIND, "C1:1:1", {"zip": "1"}, soon())).error == "refused"


def test_check_tells_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "project.yaml").write_text(CLINIC)
    (tmp_path / "line.flow.yaml").write_text(HEAD + "nodes: {first: [{end: Bye.}]}\n")

    def lines() -> str:
        return CliRunner().invoke(app, ["check", str(tmp_path)]).output

    assert "IVR145" not in lines()
    monkeypatch.setattr(ours, "is_installed", lambda: False)
    assert "project.yaml:8:7  warning  IVR145" in lines() and "pip install 'ivr[mcp]'" in lines()


CLINIC = PROJECT + "mcp: {clinics: {url: https://clinics.example.com/mcp, auth: {bearer: CRM_TOKEN}}}\n"
FLOW = """
slots: {zip: {type: digits, length: 5, ask: Your zip code?}}
tools:
  nearest:
    mcp: clinics/find
    takes: {zip: digits}
    changes_things: no
    results: {none: {when: $.clinics is empty}, ok: {keep: {clinic: "$.clinics[0].name as text"}}}
nodes:
  first:
    - ask: zip
    - {call: nearest, on: {ok: {end: "It is {clinic}."}, none: {end: None is near.}, failed: {end: Sorry.}}}
"""


def test_its_results_are_worked_out_as_those_of_http() -> None:
    answers = "answers: {nearest: {status: 200, body: {clinics: [{name: Harbour Clinic}]}}}"
    plays(FLOW, "- {asks: zip}\n- {keys: 12345, says: It is Harbour Clinic}", given=answers, project=CLINIC)
    empty = "answers: {nearest: {status: 200, body: {clinics: []}}}"
    plays(FLOW, "- {asks: zip}\n- {keys: 12345, says: None is near}", given=empty, project=CLINIC)
    tool = bundle_of(FLOW, CLINIC).flows["line"].tools["nearest"]
    assert name_reply(tool, RawReply(error="refused"), None).result == "failed"  # type: ignore[arg-type]


def test_a_server_that_is_not_declared_is_told() -> None:
    only(FLOW, "IVR140 <clinics>", PROJECT)
