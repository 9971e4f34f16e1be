import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.errors import SettingsError, StoreError
from ivr.store.calls import Calls
from ivr.store.db import Database, open_database
from ivr.store.holders import Holders
from ivr.store.journal import open_journal
from ivr.store.leases import DEAD_AFTER, Leases
from ivr.store.records import CallStatus, ToolCall, ToolState
from ivr.store.recovery import recover
from ivr.store.revisions import newest_revision, revision
from ivr.store.turns import Turns
from ivr.units import CallId, CallSid, Millis
from tests.store.conftest import ACCOUNT, CALLER, DIALLED, NOW, run_sql

LATER = NOW + timedelta(minutes=5)

DOOMED = """
import asyncio, os, signal, sys
from datetime import datetime, timedelta
from pathlib import Path
from ivr.store import Answer, Calls, Holders, ToolCall, Turns, open_database, open_journal
from ivr.store.leases import Leases
from ivr.store.recordings import Recorder

async def main():
    folder, now, url = Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]), sys.argv[3] or None
    database = open_database(folder, url)
    lease = await Leases(database).take(now)
    calls = Calls(database, lease)
    call, _ = await calls.open_call(
        "CAdead", "ACx", caller="+15550001111", dialled="+15550002222", now=now, answer=Answer("<Response/>", "token")
    )
    await Holders(database, lease).begin(call.id, flow="support", bundle="abc", now=now)
    await Turns(database).put_tool(call.id, ToolCall("e1", "pay", 900, True))
    journal = open_journal(folder, url)
    journal.append(call.id, 0, 7000, int((now + timedelta(seconds=7)).timestamp() * 1_000_000), "key", {})
    await journal.durable(call.id, 0)
    recorder = Recorder(folder)
    recording = recorder.open(call.id)
    recording.caller(0, bytes(8000))
    recording.close(8000)
    await recording.finished()
    print(call.id, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def run(program: str, *words: str) -> str:
    return subprocess.run([sys.executable, "-c", program, *words], stdout=subprocess.PIPE, text=True).stdout.strip()


async def test_calls_of_a_killed_process_are_closed_and_those_of_the_living_left(database: Database) -> None:
    lease = await Leases(database).take(NOW)
    calls = Calls(database, lease)
    opened, _ = await calls.open_call(CallSid("CAmine"), ACCOUNT, caller=CALLER, dialled=DIALLED, now=NOW)
    await Holders(database, lease).begin(opened.id, flow="support", bundle="abc", now=NOW)
    mine = await calls.by_id(opened.id)
    assert mine is not None
    dead = CallId(run(DOOMED, str(database.folder), NOW.isoformat(), database.url or ""))
    soon, grace = NOW + timedelta(seconds=60), timedelta(seconds=60)  # the journal last heard of it 7 s after NOW
    assert await recover(database, now=soon, grace=grace) == []
    assert await recover(database, now=LATER, grace=grace) == [dead]
    assert await recover(database, now=LATER) == []

    row = await calls.by_id(dead)
    assert row is not None
    assert (row.status, row.outcome, row.answer) == (CallStatus.LOST, "lost", None)
    assert row.ended_at == NOW + timedelta(seconds=7)  # when the journal last heard of it
    assert row.recording is not None and row.recording.endswith(f"{dead}.ulaw2")
    assert [tool.state for tool in await Turns(database).tool_calls(dead)] == [ToolState.UNKNOWN]

    untouched = await calls.by_id(mine.id)
    assert untouched == mine
    await calls.record_status(CallSid("CAdead"), 3, CallStatus.COMPLETED, now=LATER)
    await calls.record_status(CallSid("CAdead"), 2, CallStatus.IN_PROGRESS, now=LATER)
    row = await calls.by_id(dead)
    assert row is not None
    assert row.status is CallStatus.COMPLETED


async def test_a_lease_given_back_or_silent_on_another_machine_is_dead(database: Database) -> None:
    leases = Leases(database)
    kept, gone, far = await leases.take(NOW), await leases.take(NOW), await leases.take(NOW)
    await run_sql(database, "update leases set host = 'elsewhere' where id = :id", id=far)
    await leases.give_back(gone)
    assert await leases.alive(NOW + DEAD_AFTER - timedelta(seconds=1)) == {kept, far}
    await leases.keep(far, NOW + timedelta(seconds=10))
    assert await leases.alive(NOW + DEAD_AFTER) == {kept, far}
    assert await leases.alive(NOW + timedelta(minutes=1)) == {kept}


async def test_a_pid_that_another_process_has_now_is_not_the_dead_one(database: Database) -> None:
    leases = Leases(database)
    old = await leases.take(NOW)
    await run_sql(database, "update leases set process_started = '1' where id = :id", id=old)
    assert await leases.alive(NOW) == frozenset()


async def test_many_lost_calls_are_closed_together(database: Database) -> None:
    calls = Calls(database)
    for number in range(40):
        sid = CallSid(f"CA{number}")
        call, _ = await calls.open_call(sid, ACCOUNT, caller=CALLER, dialled=DIALLED, now=NOW)
        await Turns(database).put_tool(call.id, ToolCall("e", "look_up", Millis(1), changes_world=False))
    assert len(await recover(database, now=LATER)) == 40
    assert {call.outcome for call in await calls.latest(100)} == {"lost"}


async def test_opening_again_keeps_what_is_there_and_leaves_the_newest_tables(in_file: Database) -> None:
    await Calls(in_file).open_call(CallSid("CA1"), ACCOUNT, caller=CALLER, dialled=DIALLED, now=NOW)
    again = open_database(in_file.folder)
    assert len(await Calls(again).latest()) == 1
    await again.close()
    assert revision(in_file.folder / "ivr.db") == newest_revision("calls") is not None


async def test_tables_of_a_newer_version_are_left_alone(database: Database) -> None:
    await run_sql(database, "update alembic_version set version_num = '9999'")
    with pytest.raises(StoreError, match="newer version"):
        open_database(database.folder, database.url)


def test_many_processes_may_start_at_once(tmp_path: Path) -> None:
    program = "import sys, pathlib, ivr.store.db; ivr.store.db.open_database(pathlib.Path(sys.argv[1]))"
    started = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "data")]) for _process in range(3)]
    assert [process.wait() for process in started] == [0, 0, 0]


def test_a_damaged_database_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "ivr.db").write_bytes(b"this is not a database" * 100)
    with pytest.raises(StoreError, match=r"ivr\.db.*damaged"):
        open_database(tmp_path)
    (tmp_path / "journal.db").write_bytes(b"this is not a database" * 100)
    with pytest.raises(StoreError, match=r"journal\.db.*damaged"):
        open_journal(tmp_path)


def test_a_folder_nobody_may_write_is_one_clear_error(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        folder = Path("/proc/ivr-data")  # root may write everywhere else
    else:
        folder = tmp_path / "data"
        tmp_path.chmod(0o500)
    with pytest.raises(SettingsError, match=f"(?s){folder}.*IVR_DATA_DIR"):
        open_database(folder)


async def test_a_full_disk_is_a_store_error_that_says_so(in_file: Database) -> None:
    calls = Calls(in_file)
    pages = await in_file.write(lambda c: c.exec_driver_sql("pragma page_count").scalar_one())
    await in_file.write(lambda c: c.exec_driver_sql(f"pragma max_page_count = {pages}").scalar_one())
    with pytest.raises(StoreError, match="free some space"):
        for number in range(1000):
            await calls.open_call(CallSid(f"CA{number}"), ACCOUNT, caller=CALLER, dialled=DIALLED, now=NOW)
