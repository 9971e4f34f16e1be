"""How a call goes on when its stream is over: hung up, handed over, or lost and asked back, also by a new process."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.models.engines import Engines
from ivr.store import RESUME_GRACE, Calls, open_recording, read_journal, recover
from tests.server.back_end import back_end
from tests.server.carrier import Carrier, Stream, new_sid, token_of, until
from tests.server.conftest import Server, serving, settings_in

FIRST, SECOND = b"\x7e", b"\x7d"
"""Two very soft sounds."""
RESUMED, ASKED = "Sorry the line was lost.", "What do you wish?"


@asynccontextmanager
async def back_on_line(carrier: Carrier, sid: str) -> AsyncIterator[Stream]:
    """The carrier asks how the call goes on, and opens the stream it is told to."""
    token = token_of(await carrier.ask("/twilio/resume", sid, CallStatus="in-progress"))
    async with carrier.stream(sid) as stream:
        await stream.start(token)
        await until(lambda: stream.sound > 0)
        await stream.quiet()
        yield stream


async def test_a_hang_up_is_told_once_the_stream_is_closed(server: Server) -> None:
    async with server.carrier.call() as (sid, stream):
        await stream.press("3")
        assert await stream.closed() == 1000
    for _ in range(2):
        told = await server.carrier.ask("/twilio/resume", sid)
        assert "<Hangup" in told and "<Connect" not in told
    row = await server.ended(sid)
    assert (row.outcome, (await server.said(sid))[-1]) == ("completed", "Goodbye.")


async def test_a_lost_stream_is_asked_back_three_times_and_then_the_caller_is_told(server: Server) -> None:
    async with server.carrier.call() as (sid, stream):
        await stream.quiet()
        await stream.asked("1")
        await stream.quiet()
        stream.lose()
    for _ in range(3):
        async with back_on_line(server.carrier, sid) as stream:
            stream.lose()
    await server.said_is(sid, ["Hello there.", ASKED, "Very well.", ASKED, *[RESUMED, ASKED] * 3])

    apology = await server.carrier.ask("/twilio/resume", sid)
    assert "<Say" in apology and "<Hangup" in apology and "<Connect" not in apology
    row = await server.ended(sid)
    assert (row.outcome, row.resumes) == ("error", 4)
    assert "<Hangup" in await server.carrier.ask("/twilio/resume", sid)


async def test_a_call_that_is_back_takes_answers_and_ends_well(server: Server) -> None:
    async with server.carrier.call() as (sid, stream):
        await stream.quiet()
        stream.lose()
    async with back_on_line(server.carrier, sid) as stream:
        await stream.asked("1")
        await stream.quiet()
        await stream.press("3")
        assert await stream.closed() == 1000
    row = await server.ended(sid)
    assert row.outcome == "completed"
    assert [turn.no for turn in await server.turns(sid)] == list(range(1, 10))


async def test_the_carrier_loses_a_stream_that_we_still_take_for_open(server: Server) -> None:
    """Two streams of one call are never live at once: the later one has it."""
    async with server.carrier.call() as (sid, stream):
        await stream.quiet()
        async with back_on_line(server.carrier, sid) as later:
            assert await stream.closed() == 1000
            await later.asked("1")
            await later.quiet()
    await server.said_is(sid, ["Hello there.", ASKED, RESUMED, ASKED, "Very well.", ASKED])


async def test_the_recording_holds_both_streams_one_behind_the_other(server: Server) -> None:
    async with server.carrier.call() as (sid, stream):
        await stream.quiet()
        await stream.silence(40, FIRST)
        await stream.asked("1")
        stream.lose()
    async with back_on_line(server.carrier, sid) as stream:
        await stream.silence(40, SECOND)
        await stream.press("3")
        assert await stream.closed() == 1000
    row = await server.ended(sid)
    async with asyncio.timeout(5):
        while True:  # the writer is a little behind
            caller, _ = open_recording(server.data, row.id).sides()
            if caller.count(SECOND) >= 40 * 160:
                break
            await asyncio.sleep(0.05)
    assert caller.count(FIRST) == 40 * 160
    assert caller.rindex(FIRST) < caller.index(SECOND)


async def test_a_call_that_went_on_in_another_process_is_that_processs(tmp_path: Path, quick: Engines) -> None:
    async with serving(settings_in(tmp_path), quick) as server, server.carrier.call() as (sid, stream):
        await stream.quiet()
        stream.lose()
        await stream.closed()
    async with serving(settings_in(tmp_path), quick) as server, back_on_line(server.carrier, sid) as stream:
        await server.has_said(sid, RESUMED)
        later = datetime.now(UTC) + timedelta(seconds=70)
        assert await recover(server.database, now=later, grace=RESUME_GRACE) == []
        await stream.asked("1")


async def test_a_tool_that_was_under_way_is_not_sent_twice(tmp_path: Path, quick: Engines) -> None:
    async with back_end() as desk, serving(settings_in(tmp_path, desk.url), quick) as server:
        desk.answer("/v1/notes", status=201, after_s=1)
        async with server.carrier.call() as (sid, stream):
            await stream.quiet()
            await stream.press("5")
            await until(lambda: desk.asked["/v1/notes"] == 1)
            stream.lose()
        async with back_on_line(server.carrier, sid):
            pass
        assert desk.asked["/v1/notes"] == 1
        await server.has_said(sid, "It is noted.")
        said = await server.said(sid)
        assert said.index(RESUMED) < said.index("It is noted.") < len(said) - 1


async def hand_over(server: Server, key: str = "2") -> str:
    async with server.carrier.call() as (sid, stream):
        await stream.quiet()
        await stream.press(key)
        assert await stream.closed() == 1000
    told = await server.carrier.ask("/twilio/resume", sid)
    assert "+15550107788</Number>" in told and "/twilio/transfer" in told
    return sid


@pytest.mark.parametrize("result", ["no-answer", "busy", "failed", "nonsense"])
async def test_a_transfer_nobody_took_brings_the_caller_back_to_the_flow(server: Server, result: str) -> None:
    sid = await hand_over(server)
    async with asyncio.TaskGroup() as tasks:  # the carrier may ask more than once
        asked = [tasks.create_task(server.carrier.ask("/twilio/transfer", sid, DialCallStatus=result)) for _ in "12"]
    assert all("<Connect" in one.result() for one in asked)
    async with server.carrier.stream(sid) as stream:
        await stream.start(token_of(asked[-1].result()))
        await until(lambda: stream.sound > 0)
        await stream.quiet()
        await stream.press("3")
        assert await stream.closed() == 1000
    assert "<Hangup" in await server.carrier.ask("/twilio/resume", sid)
    await server.ended(sid)
    await server.said_is(sid, ["Nobody is there.", "Very well.", ASKED, "Goodbye."], first=2)


async def test_the_goodbye_after_a_transfer_nobody_took_is_heard(server: Server) -> None:
    """The flow ends with it: the caller is still on the line, and needs a stream to hear it on."""
    sid = await hand_over(server, "6")
    told = await server.carrier.ask("/twilio/transfer", sid, DialCallStatus="no-answer")
    async with server.carrier.stream(sid) as stream:
        await stream.start(token_of(told))
        await until(lambda: stream.sound > 0)
        assert await stream.closed() == 1000
    assert "<Hangup" in await server.carrier.ask("/twilio/resume", sid)
    assert (await server.ended(sid)).outcome == "completed"
    await server.has_said(sid, "Nobody can come. Please call tomorrow.")


async def test_who_asks_for_a_person_at_a_question_for_a_card_is_told_when_nobody_takes_the_call(
    server: Server,
) -> None:
    """What is answered there is not written down, but a command is no such answer."""
    async with server.carrier.call() as (sid, stream):
        await stream.quiet()
        await stream.asked("7")
        await stream.quiet()
        for key in "*0":
            await stream.press(key)
        assert await stream.closed() == 1000
    await server.carrier.ask("/twilio/resume", sid)
    told = await server.carrier.ask("/twilio/transfer", sid, DialCallStatus="busy")
    async with server.carrier.stream(sid) as stream:
        await stream.start(token_of(told))
        assert await stream.closed() == 1000
    await server.has_said(sid, "Nobody can come. Please call tomorrow.")


async def typed(stream: Stream, *entries: str) -> None:
    for entry in entries:
        await stream.quiet()
        for key in entry:
            await stream.press(key)


@pytest.mark.parametrize("status", [201, 402])
async def test_what_a_card_was_charged_for_is_known_when_the_call_goes_on(
    tmp_path: Path, quick: Engines, status: int
) -> None:
    """The card is nowhere written down, and what came after it is known all the same: nobody is asked for it again."""
    async with back_end() as desk, serving(settings_in(tmp_path, desk.url), quick) as server:
        desk.answer("/v1/charges", status=status)
        async with server.carrier.call() as (sid, stream):
            await typed(stream, "7", "4111111111111111", "1028")
            assert await stream.closed() == 1000
        await server.carrier.ask("/twilio/resume", sid)
        told = await server.carrier.ask("/twilio/transfer", sid, DialCallStatus="busy")
        async with server.carrier.stream(sid) as stream:
            await stream.start(token_of(told))
            assert await stream.closed() == 1000
        await server.has_said(sid, "Nobody can come. Please call tomorrow.")
        assert desk.asked["/v1/charges"] == 1


async def test_who_is_cut_off_before_the_card_is_charged_types_it_again(tmp_path: Path, quick: Engines) -> None:
    """What stood in for the card meanwhile is never sent to anybody."""
    async with back_end() as desk, serving(settings_in(tmp_path, desk.url), quick) as server:
        desk.answer("/v1/charges", status=201)
        async with server.carrier.call() as (sid, stream):
            await typed(stream, "7", "4111111111111111")
            await server.has_said(sid, "Until when?")
            stream.lose()
        async with back_on_line(server.carrier, sid) as stream:
            await server.has_said(sid, RESUMED)
            await typed(stream, "4111111111111111", "1028")
            assert await stream.closed() == 1000
        assert desk.asked["/v1/charges"] == 1
        assert (await server.said(sid)).count("Which card?") == 2


async def test_a_caller_who_left_while_it_rang_is_not_waited_for(server: Server) -> None:
    """Nobody hears the goodbye."""
    sid = await hand_over(server, "6")
    gone = {"DialCallStatus": "no-answer", "CallStatus": "completed"}
    assert "<Hangup" in await server.carrier.ask("/twilio/transfer", sid, **gone)
    assert (await server.ended(sid)).outcome is not None


async def test_a_hand_over_that_was_decided_and_not_kept_is_decided_again(server: Server) -> None:
    """As after a kill between the two: the journal knows of it, the row does not."""
    async with server.carrier.call() as (sid, stream):
        await stream.quiet()
        await stream.press("2")
        assert await stream.closed() == 1000
    row = await server.row(sid)
    assert row is not None and row.intent is not None
    await Calls(server.database).set_intent(row.id, None)
    token = token_of(await server.carrier.ask("/twilio/resume", sid))
    async with server.carrier.stream(sid) as stream:
        await stream.start(token)
        assert await stream.closed() == 1000
    await server.has_said(sid, RESUMED)
    assert "+15550107788</Number>" in await server.carrier.ask("/twilio/resume", sid)


async def test_a_transfer_that_was_taken_ends_the_call(server: Server) -> None:
    sid = await hand_over(server)
    for _ in range(2):
        told = await server.carrier.ask("/twilio/transfer", sid, DialCallStatus="completed")
        assert "<Hangup" in told and "<Connect" not in told
    assert (await server.ended(sid)).outcome == "transferred"


async def test_another_process_on_the_same_data_goes_on_with_a_transfer(tmp_path: Path, quick: Engines) -> None:
    async with serving(settings_in(tmp_path), quick) as server:
        sids = [await hand_over(server) for _ in range(2)]
    async with serving(settings_in(tmp_path), quick) as server:
        done = await server.carrier.ask("/twilio/transfer", sids[0], DialCallStatus="completed")
        back = await server.carrier.ask("/twilio/transfer", sids[1], DialCallStatus="no-answer")
        assert "<Hangup" in done and (await server.ended(sids[0])).outcome == "transferred"
        async with server.carrier.stream(sids[1]) as stream:
            await stream.start(token_of(back))
            await until(lambda: stream.sound > 0)
            await stream.quiet()
        await server.said_is(sids[1], ["Nobody is there.", "Very well.", ASKED], first=2)


async def test_a_call_whose_version_of_the_flow_is_gone_is_told_so(tmp_path: Path, quick: Engines) -> None:
    async with serving(settings_in(tmp_path), quick) as server, server.carrier.call() as (sid, stream):
        await stream.quiet()
        stream.lose()
        await stream.closed()
    flow = tmp_path / "flows" / "tiny" / "tiny.flow.yaml"
    flow.write_text(flow.read_text().replace("Very well.", "All right."))
    async with serving(settings_in(tmp_path), quick) as server:
        told = await server.carrier.ask("/twilio/resume", sid)
        assert "<Say" in told and "<Hangup" in told
        assert (await server.ended(sid)).outcome == "error"


async def test_a_call_nobody_asks_for_again_is_closed(server: Server) -> None:
    """No process holds it any more, so that whoever looks a minute later closes it."""
    async with server.carrier.call() as (sid, stream):
        await stream.quiet()
        stream.lose()
    row = await server.row(sid)
    assert row is not None and row.ended_at is None
    now = datetime.now(UTC)
    assert await recover(server.database, now=now + timedelta(seconds=50), grace=RESUME_GRACE) == []
    async with asyncio.timeout(5):
        later = now + timedelta(seconds=70)
        while not (closed := await recover(server.database, now=later, grace=RESUME_GRACE)):  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # it is let go of behind the last rows
    assert closed == [row.id]
    assert (await server.ended(sid)).outcome == "lost"


async def test_a_new_webhook_of_a_call_that_is_over_hangs_up(server: Server) -> None:
    sid = new_sid()
    await server.carrier.voice(sid)
    fields = {"CallSid": sid, "CallStatus": "completed", "SequenceNumber": "3"}
    await server.carrier.post("/twilio/status", fields)
    assert "<Hangup" in await server.carrier.ask("/twilio/voice", sid)


async def test_while_the_journal_is_locked_calls_go_on_and_new_ones_are_refused(server: Server) -> None:
    async with server.carrier.call() as (sid, stream):
        await stream.quiet()
        with closing(sqlite3.connect(server.data / "journal.db", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            await stream.asked("1")
            while (await server.carrier.client.get("/readyz")).status_code == 200:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            assert 'reason="busy"' in await server.carrier.ask("/twilio/voice", new_sid())
            await stream.quiet()
            await stream.asked("1")
            other.execute("ROLLBACK")
        while (await server.carrier.client.get("/readyz")).status_code != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        await stream.press("3")
        assert await stream.closed() == 1000
    row = await server.ended(sid)
    kept = read_journal(server.data, row.id, await Calls(server.database).key(row.id))
    assert sum(entry.kind == "flow.KeysEntered" for entry in kept) == 3
    assert [entry.seq for entry in kept] == list(range(1, len(kept) + 1))
    await server.carrier.voice(new_sid())
