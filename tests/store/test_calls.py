import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest
from sqlalchemy import Connection

from ivr.errors import StoreError
from ivr.flow.types import Privacy
from ivr.store.calls import Answer, Calls, finishing
from ivr.store.db import Database
from ivr.store.holders import Holders
from ivr.store.records import (
    CallRow,
    CallStatus,
    HangUpIntent,
    KeptMark,
    KeptNote,
    Quality,
    ToolCall,
    ToolState,
    TransferIntent,
    Turn,
)
from ivr.store.tokens import TokenRefused, Tokens
from ivr.store.turns import Turns
from ivr.units import CallId, CallSid, Millis
from tests.store.conftest import ACCOUNT, CALLER, DIALLED, NOW, SID, open_one


async def test_the_same_webhook_five_times_at_once_opens_one_call(database: Database) -> None:
    calls = Calls(database)
    async with asyncio.TaskGroup() as tasks:
        asked = [
            tasks.create_task(calls.open_call(SID, ACCOUNT, caller=CALLER, dialled=DIALLED, now=NOW))
            for _time in range(5)
        ]
    assert len({task.result()[0].id for task in asked}) == 1
    assert sorted(task.result()[1] for task in asked) == [False, False, False, False, True]
    assert len(await calls.latest()) == 1


async def test_of_two_answers_the_first_is_given_to_both_and_only_its_token_is_good(database: Database) -> None:
    calls, tokens = Calls(database), Tokens(database)
    for number in ("one", "two"):
        answer = Answer(f"<Response>{number}</Response>", token=number)
        call, opened = await calls.open_call(SID, ACCOUNT, caller=CALLER, dialled=DIALLED, now=NOW, answer=answer)
        assert (call.answer, opened) == ("<Response>one</Response>", number == "one")
    assert await tokens.redeem("two", SID, ACCOUNT, now=NOW) is TokenRefused.UNKNOWN
    assert await tokens.redeem("one", SID, ACCOUNT, now=NOW) == call.id


async def test_numbers_are_masked_in_the_row_and_whole_for_who_asks(database: Database) -> None:
    calls = Calls(database)
    call = await open_one(calls)
    assert (call.caller, call.dialled) == ("••••67", "••••00")
    assert await calls.numbers(call.id) == (CALLER, DIALLED)


async def test_an_erased_key_takes_the_private_values_with_it(database: Database) -> None:
    calls, turns = Calls(database), Turns(database)
    call = await open_one(calls)
    key = await calls.key(call.id)
    assert key is not None
    await turns.put_turn(call.id, _private_turn(), key)
    assert (await turns.turns(call.id, key))[0].unmasked == {"words": "my number is canary four two"}
    await calls.erase_key(call.id)
    assert await calls.key(call.id) is None
    assert await calls.numbers(call.id) is None
    assert (await turns.turns(call.id))[0].words == "••••"


async def test_no_private_text_is_in_the_files(in_file: Database) -> None:
    calls, turns = Calls(in_file), Turns(in_file)
    call = await open_one(calls)
    key = await calls.key(call.id)
    assert key is not None
    await turns.put_turn(call.id, _private_turn(), key)
    await in_file.close()
    kept = b"".join(file.read_bytes() for file in in_file.folder.iterdir())
    assert b"canary" not in kept
    assert CALLER.encode() not in kept
    assert DIALLED.encode() not in kept


@pytest.mark.parametrize("privacy", [Privacy.PCI, Privacy.SECRET])
async def test_card_numbers_and_secrets_are_refused(database: Database, privacy: Privacy) -> None:
    calls = Calls(database)
    call = await open_one(calls)
    key = await calls.key(call.id)
    assert key is not None
    with pytest.raises(AssertionError):
        await Turns(database).put_turn(
            call.id, Turn(1, "caller", Millis(0), privacy=privacy, unmasked={"words": "x"}), key
        )


REPORTS = [
    (0, CallStatus.INITIATED),
    (1, CallStatus.RINGING),
    (2, CallStatus.IN_PROGRESS),
    (3, CallStatus.COMPLETED),
]


async def test_status_callbacks_in_every_order_and_twice_end_the_same(database: Database) -> None:
    calls = Calls(database)
    for number, order in enumerate(permutations(REPORTS)):
        sid = CallSid(f"CA{number:032x}")
        when_opened = number % 5  # before, between and after the reports
        for place, (sequence, status) in enumerate(order):
            if place == when_opened:
                await calls.open_call(sid, ACCOUNT, caller=CALLER, dialled=DIALLED, now=NOW)
            assert await calls.record_status(sid, sequence, status, now=NOW)
            assert not await calls.record_status(sid, sequence, status, now=NOW)
            if place >= when_opened and (3, CallStatus.COMPLETED) in order[: place + 1]:
                assert await _status(calls, sid) is CallStatus.COMPLETED
        await calls.open_call(sid, ACCOUNT, caller=CALLER, dialled=DIALLED, now=NOW)
        assert await _status(calls, sid) is CallStatus.COMPLETED


async def test_status_reports_before_the_end_follow_the_carriers_numbers(database: Database) -> None:
    calls = Calls(database)
    await open_one(calls)
    await calls.record_status(SID, 2, CallStatus.IN_PROGRESS, now=NOW)
    await calls.record_status(SID, 1, CallStatus.RINGING, now=NOW)
    assert await _status(calls, SID) is CallStatus.IN_PROGRESS


async def test_a_report_does_not_reopen_a_finished_call_nor_end_an_open_one(database: Database) -> None:
    calls = Calls(database)
    call = await open_one(calls)
    await Holders(database).begin(call.id, flow="support", bundle="abc", now=NOW)
    await calls.record_status(SID, 3, CallStatus.COMPLETED, now=NOW)
    assert (await _row(calls, call.id)).ended_at is None
    await _finish(calls, call.id, outcome="done")
    await calls.record_status(SID, 4, CallStatus.RINGING, now=NOW)
    row = await _row(calls, call.id)
    assert (row.status, row.outcome, row.ended_at) == (CallStatus.COMPLETED, "done", NOW + timedelta(minutes=1))


async def test_a_caller_who_is_gone_before_the_stream_leaves_no_open_call(database: Database) -> None:
    calls = Calls(database)
    call = await open_one(calls)
    await calls.record_status(SID, 1, CallStatus.RINGING, now=NOW)
    assert (await _row(calls, call.id)).ended_at is None
    await calls.record_status(SID, 2, CallStatus.COMPLETED, now=NOW + timedelta(seconds=3))
    row = await _row(calls, call.id)
    assert (row.outcome, row.ended_at) == ("no_stream", NOW + timedelta(seconds=3))


async def test_the_first_end_decides(database: Database) -> None:
    calls = Calls(database)
    answer = Answer("<Response/>", "token")
    call, _ = await calls.open_call(SID, ACCOUNT, caller=CALLER, dialled=DIALLED, now=NOW, answer=answer)
    assert await _finish(calls, call.id, outcome="transferred")
    assert not await _finish(calls, call.id, outcome="lost")
    row = await _row(calls, call.id)
    assert (row.outcome, row.answer, row.quality) == ("transferred", None, Quality(gaps_ms=40, underruns=1))


async def test_intents_come_back_as_they_were_set(database: Database) -> None:
    calls = Calls(database)
    call = await open_one(calls)
    dial = TransferIntent("sip", "sip:desk@example.com", ring_s=20, action_id=f"{call.id}:7:0", target="desk")
    for intent in (HangUpIntent(), dial, None):
        await calls.set_intent(call.id, intent)
        assert (await _row(calls, call.id)).intent == intent


async def test_resumes_are_counted(database: Database) -> None:
    calls = Calls(database)
    call = await open_one(calls)
    assert [await calls.count_resume(call.id) for _time in range(3)] == [1, 2, 3]
    with pytest.raises(StoreError):
        await calls.count_resume(CallId("01" + "0" * 24))


async def test_a_call_keeps_the_flow_version_it_began_with(database: Database) -> None:
    calls = Calls(database)
    call = await open_one(calls)
    holders = Holders(database)
    assert await holders.begin(call.id, flow="support", bundle="abc", now=NOW) == 1
    assert await holders.begin(call.id, flow="support", bundle="def", now=NOW + timedelta(minutes=2)) == 2
    row = await _row(calls, call.id)
    assert (row.flow, row.bundle, row.answered_at, row.status) == ("support", "abc", NOW, CallStatus.IN_PROGRESS)


async def test_a_call_is_found_by_an_unambiguous_beginning_or_as_the_last(database: Database) -> None:
    calls = Calls(database)
    with pytest.raises(StoreError, match="no calls yet"):
        await calls.find("last")
    first, _ = await calls.open_call(CallSid("CA01"), ACCOUNT, caller=CALLER, dialled=DIALLED, now=NOW)
    second, _ = await calls.open_call(
        CallSid("CA02"), ACCOUNT, caller=CALLER, dialled=DIALLED, now=NOW + timedelta(seconds=1)
    )
    assert (await calls.find("last")).id == second.id
    assert (await calls.find(first.id[:16].lower())).id == first.id
    assert (await calls.find("CA01")).id == first.id
    with pytest.raises(StoreError, match="several"):
        await calls.find(first.id[:6])
    for nonsense in ("zzz", "%", "_"):
        with pytest.raises(StoreError, match="no call"):
            await calls.find(nonsense)
    assert [call.id for call in await calls.latest(5, before=second.id)] == [first.id]


async def test_turns_tools_and_marks_come_back(database: Database) -> None:
    calls, turns = Calls(database), Turns(database)
    call = await open_one(calls)
    key = await calls.key(call.id)
    assert key is not None
    sent = Turn(1, "bot", Millis(120), generated="Hello there.", sent="Hello there.", node="main", latencies={"tts": 9})
    heard = Turn(
        1,
        "bot",
        Millis(120),
        Millis(700),
        generated="Hello there.",
        sent="Hello there.",
        heard="Hello",
        interrupted=True,
        node="main",
        latencies={"tts": 9, "heard": 40},
    )
    await turns.put_turn(call.id, sent, key)
    await turns.put_turn(call.id, heard, key)
    assert await turns.turns(call.id) == [heard]

    asked = ToolCall("e1", "pay", Millis(900), changes_world=True)
    await turns.put_tool(call.id, asked)
    assert await turns.tool_calls(call.id) == [asked]
    await turns.put_tool(call.id, replace(asked, state=ToolState.DONE, result="ok", ms=31))
    assert [(tool.state, tool.result, tool.ms) for tool in await turns.tool_calls(call.id)] == [
        (ToolState.DONE, "ok", 31)
    ]

    ended = [
        KeptMark("m1", 1, Millis(130), Millis(640), "acknowledged"),
        KeptMark("m2", 1, Millis(131), Millis(700), "cleared"),
    ]
    await turns.put_turn(call.id, heard, key, ended)
    await turns.put_turn(call.id, heard, key, ended)
    assert await turns.marks(call.id) == ended

    await turns.put_tool(call.id, ToolCall("e2", "look_up", Millis(950), False, ToolState.DONE, 12, "found"))
    assert [(tool.id, tool.result) for tool in await turns.tool_calls(call.id)] == [("e1", "ok"), ("e2", "found")]

    why = [KeptNote(1, Millis(0), "node", "main"), KeptNote(2, Millis(40), "decided", "tries < 3", "1 < 3", "a.yaml:4")]
    await turns.put_notes(call.id, why)
    await turns.put_notes(call.id, why[1:])
    assert await turns.notes(call.id) == why


def _private_turn() -> Turn:
    unmasked = {"words": "my number is canary four two"}
    return Turn(1, "caller", Millis(5), words="••••", privacy=Privacy.PII, unmasked=unmasked)


async def _finish(calls: Calls, call_id: CallId, *, outcome: str) -> bool:
    return await calls.finish_call(
        call_id,
        now=NOW + timedelta(minutes=1),
        outcome=outcome,
        end_reason="the flow ended it",
        quality=Quality(gaps_ms=40, underruns=1),
        recording=None,
    )


async def _row(calls: Calls, call_id: CallId) -> CallRow:
    row = await calls.by_id(call_id)
    assert row is not None
    return row


async def _status(calls: Calls, sid: CallSid) -> CallStatus:
    row = await calls.by_sid(sid)
    assert row is not None
    return row.status


def test_a_moment_survives_to_the_microsecond(tmp_path: Path) -> None:
    from ivr.store.ids import began_at, is_call_id, new_call_id

    moment = datetime(2026, 11, 24, 9, 30, 1, 234567, tzinfo=UTC)
    ids = [new_call_id(moment) for _time in range(50)]
    assert len(set(ids)) == 50
    assert all(is_call_id(one) for one in ids)
    assert began_at(ids[0]) == moment.replace(microsecond=234000)
    assert new_call_id(moment + timedelta(milliseconds=1)) > max(ids)
    assert not is_call_id("../../../../etc/passwd0000")


async def test_what_is_written_together_is_all_there_or_nothing(database: Database) -> None:
    calls = Calls(database)
    call = await open_one(calls)

    def fails(connection: Connection) -> None:
        assert finishing(call.id, now=NOW, outcome="done", end_reason="", quality=Quality(), recording=None)(connection)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(fails)
    assert (await _row(calls, call.id)).ended_at is None
