"""Who has a call: one process at a time, whatever the others believe."""

import asyncio
from datetime import timedelta

from ivr.store.calls import Answer, Calls, finishing
from ivr.store.db import Database, open_database
from ivr.store.holders import Connected, Holders
from ivr.store.leases import DEAD_AFTER, Leases
from ivr.store.records import CallRow, HangUpIntent, Quality
from ivr.store.tokens import TokenRefused
from ivr.units import CallId
from tests.store.conftest import ACCOUNT, CALLER, DIALLED, NOW, SID, open_one, run_sql


async def holders(database: Database) -> Holders:
    return Holders(database, await Leases(database).take(NOW))


async def row(database: Database, call_id: CallId) -> CallRow:
    found = await Calls(database).by_id(call_id)
    assert found is not None
    return found


async def begun(database: Database, who: Holders) -> CallId:
    call = await open_one(Calls(database))
    assert await who.begin(call.id, flow="support", bundle="abc", now=NOW) == 1
    return call.id


async def test_a_stream_asks_the_store_once(database: Database) -> None:
    who, calls = await holders(database), Calls(database)
    answer = Answer("<Response/>", token="a-token")
    call, _ = await calls.open_call(SID, ACCOUNT, caller=CALLER, dialled=DIALLED, now=NOW, answer=answer)

    def choose(dialled: str) -> tuple[str, str]:
        assert dialled == DIALLED
        return "support", "abc"

    connected = await who.connect("a-token", SID, ACCOUNT, choose, now=NOW)
    assert isinstance(connected, Connected)
    assert (connected.row.id, connected.row.flow, connected.row.bundle) == (call.id, "support", "abc")
    assert (connected.caller, connected.dialled, connected.stream) == (CALLER, DIALLED, 1)
    assert await who.connect("a-token", SID, ACCOUNT, choose, now=NOW) is TokenRefused.USED


async def test_a_call_that_was_let_in_by_one_process_begins_in_another(database: Database) -> None:
    here, there = await holders(database), await holders(database)
    call, _ = await Calls(database, here.lease).open_call(SID, ACCOUNT, caller=CALLER, dialled=DIALLED, now=NOW)
    assert await there.begin(call.id, flow="support", bundle="abc", now=NOW) == 1
    assert await here.take(call.id, NOW) is None


async def test_of_many_that_want_a_call_one_gets_it(database: Database) -> None:
    first = await holders(database)
    call_id = await begun(database, first)
    await first.release(call_id, 1)
    other = open_database(database.folder, database.url)
    some = [await holders(one) for one in (database, other) for _ in range(4)]
    async with asyncio.TaskGroup() as tasks:
        tried = [tasks.create_task(who.take(call_id, NOW)) for who in some]
    await other.close()
    assert sorted(task.result() or 0 for task in tried) == [0] * 7 + [2]


async def test_a_holder_is_told_that_another_wants_its_call_and_lets_go(database: Database) -> None:
    here, there = await holders(database), await holders(database)
    call_id = await begun(database, here)
    assert await here.claimed() == []
    assert await there.take(call_id, NOW) is None
    assert await here.claimed() == [(call_id, 1)]
    assert await there.claimed() == []
    await here.release(call_id, 1)
    assert await there.take(call_id, NOW) == 2
    assert await here.claimed() == await there.claimed() == []


async def test_a_call_of_a_dead_process_is_taken_at_once(database: Database) -> None:
    here, there = await holders(database), await holders(database)
    call_id = await begun(database, here)
    await run_sql(database, "update leases set process_started = '1' where id = :id", id=here.lease)
    assert await there.take(call_id, NOW) == 2


async def test_who_was_taken_for_dead_changes_nothing_any_more(database: Database) -> None:
    here, there = await holders(database), await holders(database)
    calls, leases = Calls(database), Leases(database)
    call_id = await begun(database, here)
    assert here.lease is not None and there.lease is not None
    await run_sql(database, "update leases set host = 'elsewhere' where id = :id", id=here.lease)
    later = NOW + DEAD_AFTER + timedelta(seconds=1)
    await leases.keep(there.lease, later)
    assert await there.take(call_id, later) == 2
    assert await leases.keep(here.lease, later) is False  # so it hears of it

    await here.release(call_id, 1)
    assert await here.take(call_id, later) is None
    await calls.set_intent(call_id, HangUpIntent(), stream=1)
    end = finishing(call_id, now=later, outcome="lost", end_reason="", quality=Quality(), recording=None, stream=1)
    assert await database.write(end) is False
    found = await row(database, call_id)
    assert (found.intent, found.ended_at) == (None, None)
    await calls.set_intent(call_id, HangUpIntent(), stream=2)
    assert (await row(database, call_id)).intent == HangUpIntent()


async def test_a_call_that_is_over_is_nobodys(database: Database) -> None:
    who = await holders(database)
    call_id = await begun(database, who)
    await Calls(database).finish_call(
        call_id, now=NOW, outcome="done", end_reason="", quality=Quality(), recording=None
    )
    assert await who.take(call_id, NOW) is None
    assert await who.claimed() == []
