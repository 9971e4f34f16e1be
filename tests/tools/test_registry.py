"""A flow's tools, from their declaration to the answer, against the sample line's own back end."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from starlette.applications import Starlette

from ivr.errors import ToolError
from ivr.flow.flow import Api, Auth, Body, ToolSpec
from ivr.flow.grammar.tree import Field, Template
from ivr.flow.text import Place
from ivr.flow.types import Type
from ivr.secret import Secret
from ivr.sim.backend import BackEnd
from ivr.tools.ports import HttpRequest, PythonRequest
from ivr.tools.registry import Tools
from ivr.tools.requests import request_of
from ivr.tools.secret import Secrets
from ivr.units import Millis

Serve = Callable[[Starlette], AbstractAsyncContextManager[str]]
HERE = Place("support.flow.yaml", 1, 1)


def words(*parts: str | Field) -> Template:
    return Template(parts, HERE)


def field(name: str, type_: Type = Type.TEXT, fallback: str | None = None) -> Field:
    return Field((name,), type_, None, fallback, HERE)


FIND = ToolSpec(
    name="find_account",
    kind="http",
    place=HERE,
    takes={"account": Type.DIGITS},
    results=(),
    api="crm",
    segments=(words("v1"), words("accounts"), words(field("account"))),
    auth=Auth("bearer", "CRM_TOKEN"),
)
NOTE = ToolSpec(
    name="note_call",
    kind="http",
    place=HERE,
    takes={"account": Type.DIGITS, "told": Type.YES_NO},
    results=(),
    method="POST",
    api="crm",
    segments=(words("v1"), words("notes")),
    body=Body({"account": words(field("account")), "told": words(field("told")), "by": words("phone")}),
    auth=Auth("bearer", "CRM_TOKEN"),
    changes_things=True,
)
AREA = ToolSpec(
    name="area_fault",
    kind="python",
    place=HERE,
    takes={"area": Type.TEXT},
    results=(),
    module="faults",
    function="by_area",
)


def soon() -> Millis:
    return Millis(int(time.monotonic() * 1000) + 5000)


@pytest.fixture
def back_end(tmp_path: Path) -> BackEnd:
    return BackEnd(tmp_path / "crm.db", "token")


@pytest.fixture
async def tools(back_end: BackEnd, tmp_path: Path, serve: Serve) -> AsyncIterator[Tools]:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "faults.py").write_text(
        "from ivr.tools import Result\ndef by_area(area):\n    return Result('fault', area=area)\n"
    )
    async with serve(back_end.app) as url:
        secrets = Secrets({"IVR_SECRET_CRM_TOKEN": "token"}, tmp_path)
        tools = Tools({"crm": Api("crm", url, allow_private=True)}, tmp_path, secrets)
        yield tools
        await tools.aclose()


async def test_an_account_is_looked_up(tools: Tools) -> None:
    found = await tools.run(FIND, "C1:4:1", {"account": "12345678"}, soon())
    assert found.status == 200
    assert found.body == {"first": "Ana", "dob": "1980-05-02", "balance": Decimal("42.5"), "area": "N1"}
    assert (await tools.run(FIND, "C1:4:2", {"account": "99999999"}, soon())).status == 404


async def test_a_note_is_written_once_for_its_key(tools: Tools, back_end: BackEnd) -> None:
    for _ in range(2):
        reply = await tools.run(NOTE, "C1:9:1", {"account": "12345678", "told": True}, soon())
        assert reply.status == 201
    assert back_end.notes() == [{"account": "12345678", "told": True, "by": "phone"}]
    await tools.run(NOTE, "C1:9:2", {"account": "12345678", "told": False}, soon())
    assert len(back_end.notes()) == 2


async def test_the_back_end_refuses_what_it_must(tools: Tools, back_end: BackEnd) -> None:
    assert (await tools.run(NOTE, "C1:9:1", {"account": "99999999", "told": True}, soon())).status == 404
    await tools.run(NOTE, "C1:9:2", {"account": "12345678", "told": True}, soon())
    assert (await tools.run(NOTE, "C1:9:2", {"account": "12345678", "told": False}, soon())).status == 422
    assert (await tools.run(NOTE, "C1:9:3", {"account": None, "told": True}, soon())).status == 400
    assert len(back_end.notes()) == 1


async def test_the_back_end_wants_its_token(back_end: BackEnd, serve: Serve, tmp_path: Path) -> None:
    async with serve(back_end.app) as url:
        secrets = Secrets({"IVR_SECRET_CRM_TOKEN": "wrong"}, tmp_path)
        tools = Tools({"crm": Api("crm", url, allow_private=True)}, tmp_path, secrets)
        assert (await tools.run(FIND, "1", {"account": "12345678"}, soon())).status == 401
        assert (await tools.run(NOTE, "2", {"account": "12345678", "told": True}, soon())).status == 401
        await tools.aclose()
    assert back_end.notes() == []


async def test_a_python_tool_is_found_by_name(tools: Tools) -> None:
    reply = await tools.run(AREA, "C1:5:1", {"area": "N1"}, soon())
    assert (reply.result, reply.body) == ("fault", {"area": "N1"})


async def test_what_is_missing_is_told_before_a_caller_meets_it(tools: Tools) -> None:
    broken = [
        replace(FIND, name="a", auth=Auth("bearer", "NO_TOKEN")),
        replace(FIND, name="b", api="no"),
        replace(AREA, name="c", function="no"),
    ]
    assert [fault.split(":")[0] for fault in tools.faults([FIND, NOTE, AREA, *broken])] == ["a", "b", "c"]
    for spec in broken:
        reply = await tools.run(spec, "1", {"account": "12345678", "area": "N1"}, soon())
        assert (reply.error, reply.sent) == ("refused", False)


def test_arguments_are_put_where_the_tool_says() -> None:
    spec = replace(
        NOTE,
        query={"day": words("d:", field("day")), "none": words(field("empty"))},
        headers={"X-Who": words(field("empty", fallback="nobody"))},
        body=Body(
            {
                "deep": Body({"amount": words(field("amount"))}),
                "list": (words(field("account")), words("x ", field("told"))),
                "empty": words(field("empty")),
                "wait": words(field("wait")),
            }
        ),
    )
    arguments = {
        "day": date(2026, 11, 24),
        "empty": None,
        "amount": Decimal("12.50"),
        "account": "00012345",
        "told": False,
        "wait": timedelta(seconds=90),
    }
    request = request_of(spec, "C1:9:1", arguments, Secret)
    assert isinstance(request, HttpRequest)
    assert (request.id, request.method, request.segments) == ("C1:9:1", "POST", ("v1", "notes"))
    assert request.query == {"day": "d:2026-11-24"}
    assert request.headers == {"X-Who": "nobody"}
    assert request.body == {
        "deep": {"amount": Decimal("12.50")},
        "list": ["00012345", "x false"],
        "empty": None,
        "wait": "90",
    }
    assert request.bearer == Secret("CRM_TOKEN")


def test_a_python_tool_gets_its_arguments_as_they_are() -> None:
    request = request_of(AREA, "1", {"area": "N1"}, Secret)
    assert request == PythonRequest("1", "area_fault", "faults", "by_area", {"area": "N1"}, 4000)


def test_an_argument_the_flow_does_not_give_is_our_own_mistake() -> None:
    with pytest.raises(ToolError):
        request_of(FIND, "1", {}, Secret)
