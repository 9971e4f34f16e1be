"""What is left of calls: made once, by one process at a time, and by another where one died."""

import asyncio
from datetime import timedelta

import pytest

from ivr.store import Account, Accounts, Calls, Database, Holders, SpokenWord
from ivr.store.accounts import LOOK_BACK, MOST_TRIES
from ivr.store.leases import Leases
from ivr.units import CallId
from tests.store.conftest import NOW, open_one

MADE = Account(
    "en-US",
    "transferred",
    "They want a table.",
    "offline",
    ({"flow": "desk", "name": "guests", "value": "4", "private": False},),
    {3: (SpokenWord("table", 1200, 1500),)},
)


@pytest.fixture
async def ended(database: Database) -> CallId:
    calls = Calls(database)
    call = await open_one(calls)
    await Holders(database).begin(call.id, flow="desk", bundle="version", now=NOW)
    await calls.finish_call(call.id, now=NOW, outcome="transferred", end_reason="", recording=None)
    return call.id


async def test_it_is_taken_by_one_and_kept_once(database: Database, ended: CallId) -> None:
    leases = Leases(database)
    one, other = [Accounts(database, await leases.take(NOW)) for _ in range(2)]
    alive = list(await leases.alive(NOW))
    async with asyncio.TaskGroup() as tasks:
        taken = [tasks.create_task(each.take(alive, 8, now=NOW)) for each in (one, other, one, other)]
    found = [row.id for task in taken for row in task.result()]
    assert found == [ended]
    mine, not_mine = (one, other) if taken[0].result() or taken[2].result() else (other, one)
    assert await one.of_call(ended) is None
    assert not await not_mine.keep(ended, MADE, now=NOW)
    assert await mine.keep(ended, MADE, now=NOW)
    assert not await mine.keep(ended, MADE, now=NOW)
    assert await other.of_call(ended) == MADE
    assert await one.take(alive, 8, now=NOW) == []
    raw = await database.read(lambda c: bytes(c.exec_driver_sql("SELECT words FROM accounts").scalar_one()))
    assert b"table" not in raw
    await Calls(database).erase_key(ended)
    erased = await one.of_call(ended)
    assert erased is not None and erased.words == {} and erased.summary == MADE.summary


async def test_another_goes_on_where_a_process_died_but_not_for_ever(database: Database, ended: CallId) -> None:
    leases = Leases(database)
    for _ in range(MOST_TRIES):
        lease = await leases.take(NOW)
        assert [row.id for row in await Accounts(database, lease).take([lease], 8, now=NOW)] == [ended]
        assert await Accounts(database, "other").take([lease], 8, now=NOW) == []
        await leases.give_back(lease)
    assert await Accounts(database, await leases.take(NOW)).take([], 8, now=NOW) == []


async def test_calls_of_long_ago_and_those_under_way_have_none(database: Database, ended: CallId) -> None:
    accounts = Accounts(database, "me")
    assert await accounts.take([], 8, now=NOW + LOOK_BACK + timedelta(seconds=1)) == []
    assert len(await accounts.take([], 8, now=NOW)) == 1
