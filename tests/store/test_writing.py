"""Many that write at once: in one process, and several processes on one database."""

import asyncio
import sqlite3
import subprocess
import sys

import pytest
from sqlalchemy import Connection, text

from ivr.errors import StoreUnavailable
from ivr.store.calls import Calls
from ivr.store.clerks import PATIENCE_S
from ivr.store.db import Database
from ivr.units import CallSid
from tests.store.conftest import ACCOUNT, CALLER, DIALLED, NOW, Home

BUSY = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from ivr.store import Calls, KeptNote, open_database, keeping_notes

async def main():
    me, calls_each = sys.argv[3], int(sys.argv[4])
    database, now = open_database(Path(sys.argv[1]), sys.argv[2] or None), datetime.now(UTC)
    calls = Calls(database)
    async def one(number):
        row, opened = await calls.open_call(f"CA{me}-{number}", "AC1", caller="+1", dialled="+2", now=now)
        assert opened
        for note in range(4):
            await database.write(keeping_notes(row.id, [KeptNote(note, 0, "node", "x")]), behind=note % 2 == 0)
    print("up", flush=True)
    sys.stdin.readline()
    for first in range(0, calls_each, 10):
        async with asyncio.TaskGroup() as tasks:
            for number in range(first, first + 10):
                tasks.create_task(one(number))
    await database.close()

asyncio.run(main())
"""
PROCESSES, CALLS_EACH = 4, 60


def test_processes_that_write_hard_do_not_starve_each_other(home: Home) -> None:
    words = [sys.executable, "-c", BUSY, str(home.folder), home.url or ""]
    started = [
        subprocess.Popen(
            [*words, str(me), str(CALLS_EACH)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for me in range(PROCESSES)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
    told = [process.communicate()[1].decode() for process in started]
    assert [process.returncode for process in started] == [0] * PROCESSES, told
    if home.url is None:
        with sqlite3.connect(home.folder / "ivr.db") as kept:
            counted = kept.execute("select (select count(*) from calls), (select count(*) from notes)").fetchone()
        kept.close()
        assert counted == (PROCESSES * CALLS_EACH, PROCESSES * CALLS_EACH * 4)


async def test_many_at_once_in_one_process_all_come_through(database: Database) -> None:
    calls = Calls(database)
    async with asyncio.TaskGroup() as tasks:
        for number in range(300):
            sid = CallSid(f"CA{number}")
            tasks.create_task(calls.open_call(sid, ACCOUNT, caller=CALLER, dialled=DIALLED, now=NOW))
    assert len(await calls.latest(1000)) == 300


async def test_what_somebody_waits_for_goes_before_what_may_stay_behind(in_file: Database) -> None:
    order: list[str] = []

    def noted(name: str):  # type: ignore[no-untyped-def]
        return lambda _connection: order.append(name)

    async with asyncio.TaskGroup() as tasks:
        for number in range(20):
            tasks.create_task(in_file.write(noted(f"row {number}"), behind=True))
        for number in range(20):
            tasks.create_task(in_file.write(noted(f"webhook {number}")))
    assert order.index("webhook 19") < order.index("row 19")
    assert [name for name in order if name.startswith("row")] == [f"row {number}" for number in range(20)]
    assert [name for name in order if name.startswith("webhook")] == [f"webhook {number}" for number in range(20)]


async def test_a_lock_held_by_another_program_is_waited_for_and_then_told(in_file: Database) -> None:
    calls = Calls(in_file)
    other = sqlite3.connect(in_file.folder / "ivr.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    loop = asyncio.get_running_loop()
    loop.call_later(0.2, other.execute, "COMMIT")
    assert await calls.open_call(CallSid("CA1"), ACCOUNT, caller=CALLER, dialled=DIALLED, now=NOW)
    other.execute("BEGIN IMMEDIATE")
    began = loop.time()
    async with asyncio.TaskGroup() as tasks:
        tried = [tasks.create_task(_refused(calls, f"CA2{number}")) for number in range(5)]
    assert [task.result() for task in tried] == ["locked"] * 5
    assert loop.time() - began < 2 * PATIENCE_S  # all at once, not one behind the other
    other.execute("COMMIT")
    other.close()
    assert len(await calls.latest()) == 1


async def _refused(calls: Calls, sid: str) -> str:
    with pytest.raises(StoreUnavailable) as told:
        await calls.open_call(CallSid(sid), ACCOUNT, caller=CALLER, dialled=DIALLED, now=NOW)
    return "locked" if "locked" in str(told.value) or "did not answer" in str(told.value) else str(told.value)


async def test_a_fault_of_the_work_reaches_who_asked_and_nobody_else(database: Database) -> None:
    def fails(connection: Connection) -> None:
        connection.execute(text("delete from call_keys"))
        raise ZeroDivisionError

    call, _ = await Calls(database).open_call(CallSid("CA1"), ACCOUNT, caller=CALLER, dialled=DIALLED, now=NOW)
    with pytest.raises(ZeroDivisionError):
        await database.write(fails)
    assert await Calls(database).key(call.id) is not None


async def test_the_log_is_put_into_the_file_beside_the_writers(in_file: Database) -> None:
    calls, path = Calls(in_file), in_file.folder / "ivr.db"
    before = path.stat().st_size
    for number in range(100):
        await calls.open_call(CallSid(f"CA{number}"), ACCOUNT, caller=CALLER, dialled=DIALLED, now=NOW)
    assert path.stat().st_size == before
    await in_file.tidy()
    assert path.stat().st_size > before
