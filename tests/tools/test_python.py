import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr import metrics
from ivr.errors import ToolError
from ivr.tools import Result
from ivr.tools.ports import PythonRequest, ToolReply
from ivr.tools.python import THREADS, PythonTools
from ivr.units import Millis

FAULTS = """
import asyncio, threading
from ivr.tools import Result

open_gate = threading.Event()
seen = []

def by_area(area):
    return Result("fault", fixed_by="18:00") if area == "N1" else Result("clear")

async def by_area_async(area):
    await asyncio.sleep(0)
    return Result("fault", fixed_by="18:00")

def raises(area):
    raise ValueError(f"no area {area}")

async def raises_async(area):
    raise KeyError(area)

def returns_text(area):
    return "fault"

def waits():
    open_gate.wait(10)
    seen.append("waited")
    return Result("clear")

async def waits_async():
    await asyncio.sleep(10)

NOT_A_FUNCTION = 5
"""


def soon(ms: int = 5000) -> Millis:
    return Millis(int(time.monotonic() * 1000) + ms)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "faults.py").write_text(FAULTS)
    (tmp_path / "tools" / "broken.py").write_text("def f(:\n")
    (tmp_path / "tools" / "fails.py").write_text("1 / 0\n")
    (tmp_path / "outside.py").write_text("def f(): ...\n")
    return tmp_path


@pytest.fixture
def tools(folder: Path) -> Iterator[PythonTools]:
    tools = PythonTools(folder)
    yield tools
    tools.find("faults", "waits").__globals__["open_gate"].set()


def request(function: str, module: str = "faults", timeout_ms: int = 4000, **arguments: object) -> PythonRequest:
    return PythonRequest("1", "area_fault", module, function, arguments, timeout_ms)


def without_ms(reply: ToolReply) -> tuple[object, ...]:
    return reply.result, reply.body, reply.error


@pytest.mark.parametrize("function", ["by_area", "by_area_async"])
async def test_a_function_names_its_result_and_values(tools: PythonTools, function: str) -> None:
    reply = await tools.call_tool(request(function, area="N1"), soon())
    assert without_ms(reply) == ("fault", {"fixed_by": "18:00"}, None)


@pytest.mark.parametrize(("function", "kind"), [("raises", "ValueError"), ("raises_async", "KeyError")])
async def test_what_a_function_raises_is_told_by_kind_and_line_only(
    tools: PythonTools, function: str, kind: str
) -> None:
    reply = await tools.call_tool(request(function, area="secret area"), soon())
    assert reply.error == "raised"
    assert reply.detail.startswith(f"{kind} in faults.py, line ")
    assert "secret area" not in repr(reply)


async def test_a_function_called_with_wrong_arguments_raised(tools: PythonTools) -> None:
    assert (await tools.call_tool(request("by_area", place="N1"), soon())).error == "raised"


async def test_anything_but_a_result_is_garbage(tools: PythonTools) -> None:
    assert (await tools.call_tool(request("returns_text", area="N1"), soon())).error == "garbage"


@pytest.mark.parametrize("function", ["waits", "waits_async"])
async def test_a_slow_function_is_given_up_at_its_deadline(tools: PythonTools, function: str) -> None:
    assert (await tools.call_tool(request(function, timeout_ms=30), soon())).error == "timeout"
    assert (await tools.call_tool(request(function), soon(30))).error == "timeout"


async def test_functions_that_never_end_hold_their_places_and_no_more(tools: PythonTools) -> None:
    before = metrics.REGISTRY.get_sample_value("ivr_tool_threads_stuck") or 0
    held = [await tools.call_tool(request("waits", timeout_ms=5), soon()) for _ in range(THREADS)]
    assert all(reply.error == "timeout" and reply.sent for reply in held)
    assert sum(thread.name == "tool" for thread in threading.enumerate()) == THREADS
    assert metrics.REGISTRY.get_sample_value("ivr_tool_threads_stuck") == before + THREADS
    turned_away = await tools.call_tool(request("by_area", area="N1"), soon())  # at once, and with the reason
    assert (turned_away.error, turned_away.sent) == ("refused", False)
    assert "8 functions that outstayed their time" in turned_away.detail
    assert (await tools.call_tool(request("by_area_async", area="N1"), soon())).result == "fault"
    tools.find("faults", "waits").__globals__["open_gate"].set()
    async with asyncio.timeout(5):
        while (await tools.call_tool(request("by_area", area="N1"), soon())).result != "fault":  # noqa: ASYNC110
            await asyncio.sleep(0)
        while metrics.REGISTRY.get_sample_value("ivr_tool_threads_stuck") != before:  # noqa: ASYNC110
            await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("module", "function"),
    [
        ("nothing", "f"),
        ("faults", "nothing"),
        ("faults", "NOT_A_FUNCTION"),
        ("faults", "__import__"),
        ("../outside", "f"),
        ("..outside", "f"),
        ("broken", "f"),
        ("fails", "f"),
    ],
)
async def test_a_tool_that_is_not_there_is_told_before_and_refused_after(
    tools: PythonTools, module: str, function: str
) -> None:
    with pytest.raises(ToolError):
        tools.find(module, function)
    reply = await tools.call_tool(request(function, module), soon())
    assert (reply.error, reply.sent) == ("refused", False)


async def test_two_versions_of_a_project_have_modules_of_their_own(folder: Path, tools: PythonTools) -> None:
    old = tools.find("faults", "by_area")
    (folder / "tools" / "faults.py").write_text(FAULTS.replace("18:00", "20:00"))
    new = PythonTools(folder).find("faults", "by_area")
    assert old("N1") == Result("fault", fixed_by="18:00")
    assert new("N1") == Result("fault", fixed_by="20:00")


def test_a_result_shows_no_values() -> None:
    assert "18:00" not in repr(Result("fault", fixed_by="18:00"))
