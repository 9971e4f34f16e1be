"""A mistake of ours ends a turn, not the call, and no other call notices."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.call.settings import CallSettings
from ivr.flow.flow import Bundle
from ivr.live.conductor import Conductor
from ivr.live.process import Process, ProcessSettings
from ivr.models.engines import Engines
from ivr.store import Answer, Connected
from ivr.units import CallSid, StreamSid
from ivr.wire import LineCounts
from tests.call.textflow import line as line_flow


class Wire:
    """The socket's place: what was sent, marks coming back at once."""

    def __init__(self) -> None:
        self.closed: int | None = None
        self.call: Conductor | None = None

    def send(self, text: str) -> None:
        if '"mark"' in text and self.call is not None:
            name = text.rpartition('"name":"')[2].rstrip('"}')
            asyncio.get_running_loop().call_soon(self.call.mark_returned, name)

    def close(self, code: int) -> None:
        self.closed = code


@pytest.fixture
async def process(tmp_path: Path) -> AsyncIterator[Process]:
    settings = ProcessSettings(tmp_path, os.environ, CallSettings(), record=False)
    async with Process(settings, Engines.of("instant")) as process:
        yield process


def broken(bundle: Bundle) -> Bundle:
    """A node that a goto names is missing: the loader would never let that pass."""
    flow = bundle.flows["line"]
    nodes = {name: node for name, node in flow.nodes.items() if name != "who"}
    return replace(bundle, flows={"line": replace(flow, nodes=nodes)}, hash="broken")


async def begun(process: Process, bundle: Bundle, sid: str) -> tuple[Conductor, Wire]:
    await process.adopt(bundle)
    now = process.clock.wall()
    answer = Answer("<Response/>", token=sid)
    await process.calls.open_call(CallSid(sid), "AC1", caller="+1555", dialled="+1556", now=now, answer=answer)
    connected = await process.holders.connect(sid, CallSid(sid), "AC1", lambda _dialled: ("line", bundle.hash), now=now)
    assert isinstance(connected, Connected)
    wire = Wire()
    wire.call = await process.begin(connected, bundle, "line", wire, StreamSid("MZ1"))
    return wire.call, wire


async def test_a_fault_is_followed_by_an_apology_and_an_end(process: Process) -> None:
    call, wire = await begun(process, broken(line_flow()), "CA1")
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(call.run())
        call.key("1")  # the flow goes to the node that is not there
        await running
    call.close(LineCounts())
    await process.keeper.settled()
    row = await process.calls.by_id(call.call_id)
    assert row is not None and row.outcome == "error"
    said = [turn.generated for turn in await process.turns.turns(row.id)]
    assert "something went wrong on our side" in said[-1]
    assert wire.closed == 1000


async def test_another_call_does_not_notice(process: Process) -> None:
    bad, _ = await begun(process, broken(line_flow()), "CA1")
    good, wire = await begun(process, line_flow(), "CA2")
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        tasks.create_task(bad.run())
        running = tasks.create_task(good.run())
        bad.key("1")
        good.key("2")
        await running
    assert wire.closed == 1000
    assert good.call.state.doing == "transferring"


async def test_the_journal_replays_a_fault_to_the_same_state(process: Process) -> None:
    call, _ = await begun(process, broken(line_flow()), "CA1")
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(call.run())
        call.key("1")
        await running
    call.close(LineCounts())
    await process.keeper.settled()
    row = await process.calls.by_id(call.call_id)
    assert row is not None
    bundle = process.bundle("broken")
    assert bundle is not None
    still = await process.standstill(row, bundle)
    assert (still.state.doing, still.state.outcome) == (call.call.state.doing, call.call.state.outcome)
