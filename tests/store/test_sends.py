"""Messages that wait to be sent: kept once, taken by one, freed when who took them dies."""

import asyncio
import subprocess
import sys
from datetime import timedelta

import pytest

from ivr.store import Calls, Database, NewSend, Sends, SendState
from ivr.store.leases import Leases
from ivr.units import CallId
from tests.store.conftest import NOW, Home, open_one, run_sql

LATER = NOW + timedelta(hours=1)


def post(call_id: CallId, number: int = 1, *, repeatable: bool = True, kind: str = "post") -> NewSend:
    due = NOW + timedelta(hours=2) if kind == "callback" else NOW
    return NewSend(
        f"{call_id}:7:{number}",
        call_id,
        "harbour",
        kind,
        "desk",
        {"body": "secret words"},
        NOW,
        due,
        repeatable,
        "••••",
    )


async def kept(database: Database, *new: NewSend) -> Sends:
    calls = Calls(database)
    call = await open_one(calls)
    key = await calls.key(call.id)
    assert key is not None
    sends = Sends(database, await Leases(database).take(NOW))
    for one in new or (post(call.id),):
        assert await sends.keep(one, key)
    return sends


async def opened(database: Database) -> CallId:
    return (await open_one(Calls(database))).id


async def test_one_is_kept_once_sealed_and_taken_by_one(database: Database) -> None:
    call_id = await opened(database)
    sends = await kept(database, post(call_id))
    key = await Calls(database).key(call_id)
    assert key is not None and not await sends.keep(post(call_id), key)
    first, second = await sends.take(NOW, 8, ["harbour"]), await sends.take(NOW, 8, ["harbour"])
    assert [(one.send.kind, one.send.tries, one.payload) for one in first] == [("post", 1, {"body": "secret words"})]
    assert second == []
    raw = await database.read(lambda c: c.exec_driver_sql("SELECT payload FROM sends").scalar_one())
    assert b"secret" not in bytes(raw)


async def test_only_what_is_due_and_served_here_is_taken(database: Database) -> None:
    call_id = await opened(database)
    sends = await kept(database, post(call_id, 1), post(call_id, 2))
    assert await sends.take(NOW, 8, ["other"]) == []
    (one, _) = await sends.take(NOW, 8, ["harbour"])
    await sends.again(one.send.id, LATER, "it answered 503")
    assert await sends.take(NOW, 8, ["harbour"]) == []
    assert await sends.next_due(["harbour"]) == LATER
    (again,) = await sends.take(LATER, 8, ["harbour"])
    assert (again.send.tries, again.send.why) == (2, "it answered 503")
    await sends.settle(again.send.id, SendState.SENT, LATER)
    assert sorted(one.state for one in await sends.of_call(call_id)) == ["sending", "sent"]
    assert await sends.next_due(["harbour"]) is None


async def test_an_erased_call_leaves_nothing_to_send(database: Database) -> None:
    call_id = await opened(database)
    sends = await kept(database, post(call_id))
    await run_sql(database, "DELETE FROM call_keys")
    (taken,) = await sends.take(NOW, 8, ["harbour"])
    assert taken.payload is None


async def test_callbacks_wait_for_a_person(database: Database) -> None:
    call_id = await opened(database)
    sends = await kept(database, post(call_id, 1, kind="callback"), post(call_id, 2))
    assert [one.send.kind for one in await sends.take(LATER, 8, ["harbour"])] == ["post"]
    (open_,) = await sends.callbacks()
    assert (open_.send.name, open_.send.due_at, open_.send.state) == ("desk", NOW + timedelta(hours=2), SendState.OPEN)
    assert await sends.called_back(open_.send.id, LATER)
    assert not await sends.called_back(open_.send.id, LATER)
    assert not await sends.called_back(f"{call_id}:7:2", LATER)
    assert await sends.callbacks() == []
    assert [one.send.state for one in await sends.callbacks(done=True)] == [SendState.DONE]


KILLED = """
import asyncio, os, signal, sys
from datetime import datetime
from pathlib import Path
from ivr.store import Sends, open_database
from ivr.store.leases import Leases

async def main():
    database = open_database(Path(sys.argv[1]), sys.argv[3] or None)
    now = datetime.fromisoformat(sys.argv[2])
    sends = Sends(database, await Leases(database).take(now))
    taken = await sends.take(now, 8, ["harbour"])
    print(len(taken), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


@pytest.mark.parametrize("repeatable", [True, False], ids=["known by its id", "not known again"])
async def test_who_is_killed_while_sending_loses_none_and_doubles_none(
    database: Database, home: Home, repeatable: bool
) -> None:
    call_id = await opened(database)
    sends = await kept(database, post(call_id, repeatable=repeatable))
    words = [str(home.folder), NOW.isoformat(), home.url or ""]
    program = [sys.executable, "-c", KILLED, *words]
    ended = await asyncio.to_thread(subprocess.run, program, stdout=subprocess.PIPE, text=True)
    assert ended.stdout.strip() == "1"
    assert await sends.take(LATER, 8, ["harbour"]) == []
    alive = [sends.holder or ""]
    assert await sends.free(alive, LATER) == 1
    assert await sends.free(alive, LATER) == 0
    taken = await sends.take(LATER, 8, ["harbour"])
    (row,) = await sends.of_call(call_id)
    if repeatable:
        assert (len(taken), row.tries) == (1, 2)
    else:
        assert (len(taken), row.state, row.why) == (0, SendState.UNKNOWN, "the process died while it was sending it")
