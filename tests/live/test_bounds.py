"""No call outlasts its bound, whatever becomes of media, marks, timers, tools and the flow; and its row says why."""

import asyncio
import os
from pathlib import Path

import pytest

from ivr import metrics
from ivr.call import effects as fx
from ivr.call import events as ev
from ivr.call.machine import Call
from ivr.call.settings import CallSettings
from ivr.call.watch import GRACE_MS, RUNGS_MS
from ivr.flow.flow import Bundle
from ivr.live.lookout import ENDS_WITHIN_MS
from ivr.live.process import Process, ProcessSettings
from ivr.models.engines import Engines
from ivr.store import Answer, Connected
from ivr.units import CallSid, Millis, StreamSid
from ivr.wire import LineCounts
from tests.flow.language.trial import bundle_of
from tests.live.line import FarEnd, StoppedClock, Trial, TurnedClock, trial

CALL_MS, SILENCE_MS = 60_000, 20_000
FLOW = """
limits: {call: CALL, silence: SILENCE, turns: none, tries_per_question: none}
slots: {account: {type: digits, length: 4, ask: What is your account number?}}
tools: {look_up: {http: GET crm/accounts, timeout: 50s, results: {ok: {}}}}
trouble:
  no_input: [{say: "{question}"}, {say: "{question}"}, {goto: first}]
  no_match: [{say: "{question}"}, {say: "{question}"}, {goto: first}]
  invalid:  [{say: "{question}"}, {say: "{question}"}, {goto: first}]
nodes:
  first: [{ask: account}, {call: look_up, on: {ok: {goto: last}, failed: {goto: last}}}]
  last: [{forget: account}, {goto: first}]
"""


def bounded(call: str = "60s", silence: str = "20s") -> Bundle:
    return bundle_of(FLOW.replace("CALL", call).replace("SILENCE", silence))


async def until_it_ends(call: Trial, most_ms: int) -> int:
    """How long the call lasted."""
    began = call.now
    while not call.running.done():
        assert call.now - began < most_ms, "the call does not end"
        await call.wait(200)
    return call.now - began


async def test_a_flow_ends_its_call_at_its_own_limit() -> None:
    async with trial(bounded(silence="none")) as call:
        await until_it_ends(call, CALL_MS + GRACE_MS)
        assert call.notebook.finishes[0].outcome == "limit"
        assert "time limit" in call.notebook.heard[-1]


async def test_a_call_none_of_whose_timers_fires_ends_all_the_same() -> None:
    """No frames, no receipts, no timer, and a tool that hangs: no limit of the flow is ever noticed."""
    async with trial(bounded(), call_clock=StoppedClock) as call:
        await call.wait(3_000)
        await call.press("1234")  # the tool hangs from here on
        call.frames = call.far.returns_marks = False
        lasted_ms = await until_it_ends(call, CALL_MS + GRACE_MS + 1_000)
        assert lasted_ms + 3_400 >= CALL_MS
        assert call.notebook.finishes == [fx.Finish("limit", "the call was too long")]
        assert [leave.intent for leave in call.notebook.left] == ["hang_up"]
        assert call.far.closed == 1000


async def test_a_call_in_which_nobody_is_heard_ends() -> None:
    async with trial(bounded(), call_clock=StoppedClock) as call:
        await call.wait(100)
        call.frames = call.far.returns_marks = False
        lasted_ms = await until_it_ends(call, CALL_MS + GRACE_MS)
        assert lasted_ms >= SILENCE_MS + RUNGS_MS
        assert call.notebook.finishes == [fx.Finish("limit", "nobody was heard any more")]


class Stubborn(Call):
    """Ends by nothing."""

    def feed(self, event: ev.Event, now: Millis) -> list[fx.Effect]:
        return [] if isinstance(event, ev.CutOff) else super().feed(event, now)


async def test_a_call_that_does_not_end_when_told_to_is_given_up() -> None:
    async with trial(bounded(), call_clock=StoppedClock, kind=Stubborn) as call:
        await call.wait(3_000)
        await call.press("1234")
        await until_it_ends(call, CALL_MS + GRACE_MS + ENDS_WITHIN_MS + 1_000)
        assert call.notebook.finishes == [fx.Finish("limit", "the call was too long")]
        assert call.far.closed == 1000


async def test_a_silent_caller_hears_the_rungs_and_then_goodbye() -> None:
    async with trial(bounded(silence="6s")) as call:
        await until_it_ends(call, 30_000)
        assert call.notebook.finishes[0].outcome == "limit"
        assert call.notebook.heard[-1].startswith("I can't hear you")


def silences(cause: str) -> float:
    return metrics.REGISTRY.get_sample_value("ivr_silences_total", {"cause": cause}) or 0.0


@pytest.mark.parametrize("timers", [True, False], ids=["with its timers", "without any"])
async def test_the_row_of_such_a_call_is_closed_with_why(tmp_path: Path, timers: bool) -> None:
    clock, before = TurnedClock(), silences("dead_stream")
    settings = ProcessSettings(tmp_path, os.environ, CallSettings(), record=False)
    async with Process(settings, Engines.of("instant"), clock) as process:
        bundle = bounded()
        await process.adopt(bundle)
        sid, now, answer = CallSid("CA1"), clock.wall(), Answer("<Response/>", token="token")
        row, _ = await process.calls.open_call(
            sid, "AC1", caller="+15550199", dialled="+15550100", now=now, answer=answer
        )
        choose = ("line", bundle.hash)
        connected = await process.holders.connect(answer.token, sid, "AC1", lambda _dialled: choose, now=now)
        assert isinstance(connected, Connected)
        if not timers:
            process.clock = StoppedClock(clock)  # for this call's own; the process has its timers already
        far = FarEnd(clock, returns_marks=False)
        call = await process.begin(connected, bundle, "line", far, StreamSid("MZ1"))
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(call.run())
            for _ in range((CALL_MS + GRACE_MS + 5_000) // 100):
                clock.turn(100)
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            async with asyncio.timeout(10):
                await running
        call.close(LineCounts())
        await process.keeper.settled()
        causes = [note.what for note in await process.turns.notes(row.id) if note.kind == "silence"]
        assert "dead_stream" in causes
        assert silences("dead_stream") == before + causes.count("dead_stream")
        ended = await process.calls.by_id(row.id)
        assert ended is not None and ended.ended_at is not None
        reason = "the flow ended the call" if timers else "nobody was heard any more"
        assert (ended.outcome, ended.end_reason) == ("limit", reason)
