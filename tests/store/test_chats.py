"""Conversations in writing: found by whom they are with, opened once, and each request given one answer."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from ivr.store import Calls, Chats, Database, NewChat, NotOpened, OpenChat, recover
from ivr.store.leases import Leases
from tests.store.conftest import CALLER, DIALLED, NOW, Home

IDLE = timedelta(hours=1)
LATER = NOW + timedelta(minutes=30)
ANA = NewChat(CALLER, "harbour", CALLER, DIALLED, "desk", "version")
BEN = replace(ANA, conversation="ben", caller="")


@pytest.fixture
async def chats(database: Database) -> Chats:
    return Chats(database, await Leases(database).take(NOW))


async def opened(chats: Chats, new: NewChat = ANA, now: object = NOW) -> OpenChat:
    found = await chats.open(new, now=now, idle=IDLE, most=2)  # type: ignore[arg-type]
    assert isinstance(found, OpenChat)
    return found


async def test_it_is_opened_once_and_found_again(database: Database, chats: Chats) -> None:
    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(opened(chats)) for _ in range(5)]
    found = [task.result() for task in asked]
    assert len({one.row.id for one in found}) == 1
    assert sorted(one.stream is None for one in found) == [False, True, True, True, True]
    row = found[0].row
    assert (row.medium, row.caller, row.flow, row.bundle, row.answered_at) == ("text", "••••67", "desk", "version", NOW)
    assert await Calls(database).numbers(row.id) == (CALLER, DIALLED)
    assert CALLER not in str(await database.read(lambda c: c.exec_driver_sql("SELECT * FROM chats").all()))
    assert (await opened(chats, replace(ANA, project="other"))).row.id != row.id


async def test_who_comes_back_late_or_after_the_end_begins_anew(database: Database, chats: Chats) -> None:
    first = (await opened(chats)).row
    assert await chats.idle(NOW - IDLE) == []
    second = (await opened(chats, now=NOW + IDLE)).row
    assert second.id != first.id
    assert [row.id for row in await chats.idle(NOW)] == [first.id]
    end = {"now": LATER, "outcome": "completed", "end_reason": "", "recording": None}
    for row in (first, second):
        await Calls(database).finish_call(row.id, **end)  # type: ignore[arg-type]
    assert await chats.idle(NOW + IDLE) == []
    third = (await opened(chats, now=NOW + IDLE)).row
    assert third.id not in (first.id, second.id)
    latest = await chats.latest(CALLER, "harbour")
    assert latest is not None and latest.id == third.id


async def test_no_more_than_so_many_are_open(chats: Chats) -> None:
    await opened(chats)
    await opened(chats, BEN)
    assert await chats.open(replace(BEN, conversation="cy"), now=NOW, idle=IDLE, most=2) is NotOpened.FULL
    assert (await opened(chats, BEN)).stream is None


async def test_a_request_is_known_by_its_key_and_its_answer_is_sealed(database: Database, chats: Chats) -> None:
    call = (await opened(chats)).row
    assert await chats.asked("1", "harbour", "hello", now=NOW) is None
    again = await chats.asked("1", "harbour", "hello", now=NOW)
    assert again is not None and (again.same, again.answer) == (True, None)
    await chats.answered("1", "harbour", call.id, {"replies": ["your secret words"]})
    answered = await chats.asked("1", "harbour", "hello", now=NOW)
    assert answered is not None and (answered.call_id, answered.answer) == (call.id, {"replies": ["your secret words"]})
    other = await chats.asked("1", "harbour", "something else", now=NOW)
    assert other is not None and not other.same
    kept = await database.read(
        lambda c: [bytes(a) for a in c.exec_driver_sql("SELECT answer FROM chat_requests").scalars()]
    )
    assert len(kept) == 1 and b"secret" not in kept[0]
    await Calls(database).erase_key(call.id)
    assert await database.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM chats").scalar_one()) == 0
    assert await database.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM chat_requests").scalar_one()) == 0


async def test_what_came_to_nothing_may_be_asked_again_and_old_requests_are_forgotten(chats: Chats) -> None:
    assert await chats.asked("1", "harbour", "hello", now=NOW) is None
    await chats.unasked("1", "harbour")
    assert await chats.asked("1", "harbour", "hello", now=NOW) is None
    await chats.forget(NOW + timedelta(hours=23))
    assert await chats.asked("1", "harbour", "hello", now=NOW) is not None
    await chats.forget(NOW + timedelta(hours=25))
    assert await chats.asked("1", "harbour", "hello", now=NOW) is None


async def test_one_that_no_process_has_stays_open_though_its_process_died(home: Home, database: Database) -> None:
    leases = Leases(database)
    lease = await leases.take(NOW)
    chats = Chats(database, lease)
    call = (await opened(chats)).row
    await leases.give_back(lease)
    assert await recover(database, now=NOW + timedelta(hours=5)) == []
    assert await recover(database, now=NOW + timedelta(hours=50)) == [call.id]
