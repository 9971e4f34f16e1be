import asyncio
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.errors import SettingsError, StoreError
from ivr.flow.types import Privacy
from ivr.store.entries import CALL_ENDED, Unreadable, read_journal
from ivr.store.ids import new_call_id
from ivr.store.journal import Journal, open_journal
from ivr.store.keys import CallKey, new_key
from ivr.units import CallId, Millis
from tests.conftest import TEMPLATE
from tests.postgres import Postgres
from tests.store.conftest import NOW, Home

CALL, OTHER = new_call_id(NOW), new_call_id(NOW)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def journal(home: Home) -> Iterator[Journal]:
    """Of each kind."""
    opened = open_journal(home.folder, home.url)
    yield opened
    opened.close()


@pytest.fixture
def in_file(data: Path) -> Iterator[Journal]:
    """SQLite's."""
    opened = open_journal(data)
    yield opened
    opened.close()


def files(data: Path, pattern: str) -> list[Path]:
    return list(data.glob(pattern))


def append(journal: Journal, seq: int, call: CallId = CALL, kind: str = "key") -> None:
    journal.append(call, seq, Millis(seq * 10), 1_000_000 + seq, kind, {"n": seq})


def sequence(journal: Journal | Path, call: CallId = CALL) -> list[int]:
    read = journal.read(call) if isinstance(journal, Journal) else read_journal(journal, call)
    return [entry.seq for entry in read]


async def test_entries_come_back_in_order_with_their_times(journal: Journal) -> None:
    journal.append(CALL, 0, Millis(0), 17, "started", {"flow": "support"})
    journal.append(OTHER, 0, Millis(3), 18, "sound", b"\x00\xff")
    journal.append(CALL, 1, Millis(20), 19, "key", {"key": "#"})
    await journal.durable(CALL, 1)
    await journal.durable(OTHER, 0)
    first, second = journal.read(CALL)
    assert (first.at_ms, first.wall_us, first.kind, first.body) == (0, 17, "started", {"flow": "support"})
    assert (second.seq, second.body) == (1, {"key": "#"})
    assert journal.read(OTHER)[0].body == b"\x00\xff"


async def test_durable_means_another_process_reads_it(in_file: Journal, data: Path) -> None:
    for seq in range(200):
        append(in_file, seq)
        if seq % 50 == 49:
            await in_file.durable(CALL, seq)
            with sqlite3.connect(f"file:{data}/journal.db?mode=ro", uri=True) as other:
                assert other.execute("select max(seq) from journal").fetchone() == (seq,)
            other.close()


async def test_a_call_that_goes_on_waits_for_what_was_appended_last(journal: Journal) -> None:
    await journal.caught_up(CALL)  # a call nobody appended to is not waited for
    for seq in range(0, 60, 20):
        for number in range(seq, seq + 20):
            append(journal, number)
        await journal.caught_up(CALL)
        assert sequence(journal) == list(range(seq + 20))


async def test_close_writes_what_waits(home: Home) -> None:
    journal = open_journal(home.folder, home.url)
    for seq in range(1000):
        append(journal, seq)
    journal.close()
    assert [entry.seq for entry in read_journal(home.folder, CALL, url=home.url)] == list(range(1000))


async def test_private_bodies_need_the_key_of_their_call(in_file: Journal, data: Path) -> None:
    key = CallKey(CALL, new_key())
    in_file.begin(CALL, key)
    in_file.append(CALL, 0, Millis(0), 1, "words", {"text": "canary four two"}, Privacy.PII)
    await in_file.durable(CALL, 0)
    assert in_file.read(CALL, key)[0].body == {"text": "canary four two"}
    assert in_file.read(CALL)[0].body is Unreadable.ERASED
    in_file.close()
    assert b"canary" not in b"".join(file.read_bytes() for file in files(data, "*"))


async def test_a_call_that_goes_on_keeps_its_key_when_its_first_stream_is_put_away(journal: Journal) -> None:
    key = CallKey(CALL, new_key())
    journal.begin(CALL, key)
    append(journal, 0)
    journal.begin(CALL, key)
    journal.forget(CALL)
    journal.append(CALL, 1, Millis(9), 1, "words", {"text": "x"}, Privacy.PII)
    await journal.durable(CALL, 1)
    journal.forget(CALL)
    with pytest.raises(AssertionError):
        journal.append(CALL, 2, Millis(9), 1, "words", {"text": "x"}, Privacy.PII)
    assert [entry.seq for entry in journal.read(CALL, key)] == [0, 1]


@pytest.mark.parametrize("privacy", [Privacy.PCI, Privacy.SECRET])
def test_card_numbers_and_secrets_never_get_in(journal: Journal, privacy: Privacy) -> None:
    journal.begin(CALL, CallKey(CALL, new_key()))
    with pytest.raises(AssertionError):
        journal.append(CALL, 0, Millis(0), 1, "words", {"text": "x"}, privacy)


def test_a_private_entry_without_a_key_is_our_own_misuse(journal: Journal) -> None:
    with pytest.raises(AssertionError):
        journal.append(CALL, 0, Millis(0), 1, "words", {"text": "x"}, Privacy.PII)


async def test_a_flipped_byte_is_seen_and_the_others_read(in_file: Journal, data: Path) -> None:
    for seq in range(3):
        append(in_file, seq)
    in_file.close()
    with sqlite3.connect(data / "journal.db") as other:
        other.execute("update journal set body = cast('j{\"n\":7}' as blob) where seq = 1")
    other.close()
    assert [entry.body for entry in read_journal(data, CALL)] == [{"n": 0}, Unreadable.DAMAGED, {"n": 2}]


async def test_open_calls_are_those_without_an_end(journal: Journal) -> None:
    append(journal, 0)
    append(journal, 0, OTHER)
    append(journal, 1, OTHER, CALL_ENDED)
    await journal.durable(CALL, 0)
    await journal.durable(OTHER, 1)
    assert journal.open_calls() == [CALL]


async def test_a_locked_database_delays_nobody_and_loses_nothing(in_file: Journal, data: Path) -> None:
    append(in_file, 0)
    await in_file.durable(CALL, 0)
    other = sqlite3.connect(data / "journal.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    for seq in range(1, 30):
        append(in_file, seq)
    await asyncio.wait_for(in_file.durable(CALL, 29), 10)  # in the spool
    assert in_file.trouble is not None
    assert "locked" in in_file.trouble
    other.execute("COMMIT")
    other.close()
    append(in_file, 30)
    await in_file.durable(CALL, 30)
    assert sequence(in_file) == list(range(31))
    in_file.close()
    assert files(data, "*.spool") == []


async def test_what_a_dead_process_left_in_its_spool_is_taken_in_once(data: Path) -> None:
    journal = open_journal(data)
    append(journal, 0)
    await journal.durable(CALL, 0)
    other = sqlite3.connect(data / "journal.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    append(journal, 1)
    append(journal, 2)
    await asyncio.wait_for(journal.durable(CALL, 2), 10)
    journal.close()
    (spool,) = files(data, "*.spool")
    left = spool.read_bytes()
    other.execute("COMMIT")
    other.close()
    spool.write_bytes(left + left[:20])  # killed in the middle of one more, and what follows was committed already
    open_journal(data).close()
    spool.write_bytes(left)
    open_journal(data).close()
    assert sequence(data) == [0, 1, 2]
    assert not spool.exists()


async def test_with_the_disk_full_entries_wait_in_memory_and_then_arrive(data: Path) -> None:
    journal = open_journal(data)
    append(journal, 0)
    await journal.durable(CALL, 0)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, limits[1]))  # each write past 16 bytes of a file fails
    try:
        append(journal, 1)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(journal.durable(CALL, 1), 0.3)
        assert journal.trouble is not None
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    await asyncio.wait_for(journal.durable(CALL, 1), 10)
    append(journal, 2)
    await journal.durable(CALL, 2)
    journal.close()
    assert sequence(data) == [0, 1, 2]


async def test_past_the_bound_entries_are_dropped_counted_and_told(data: Path) -> None:
    open_journal(data).close()
    journal = open_journal(data, most_in_memory=5)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, limits[1]))
    try:
        for seq in range(9):
            append(journal, seq)
        assert journal.dropped == 4
        with pytest.raises(StoreError, match="hole"):
            await journal.durable(CALL, 8)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
        journal.close()


async def test_a_database_taken_away_is_made_anew(in_file: Journal, data: Path) -> None:
    append(in_file, 0)
    await in_file.durable(CALL, 0)
    for file in files(data, "journal.db*"):
        file.unlink()
    append(in_file, 1)
    await in_file.durable(CALL, 1)
    assert sequence(in_file) == [1]


async def test_each_writer_has_a_file_of_its_own_and_a_call_is_read_from_all(data: Path) -> None:
    first, second = open_journal(data), open_journal(data)
    append(first, 0)
    append(first, 0, OTHER)
    await first.durable(CALL, 0)
    append(second, 1)
    append(second, 2, kind=CALL_ENDED)
    await second.durable(CALL, 2)
    assert {file.name for file in files(data, "*.db")} == {"journal.db", "journal-2.db"}
    assert sequence(data) == sequence(first) == sequence(second) == [0, 1, 2]
    assert first.open_calls() == [OTHER]
    first.close()
    third = open_journal(data)  # the first's file is free again
    append(third, 1, OTHER)
    await third.durable(OTHER, 1)
    third.close()
    second.close()
    assert sequence(data, OTHER) == [0, 1]
    assert len(files(data, "*.db")) == 2


def test_a_fifth_writer_is_told_of_the_other_database(data: Path) -> None:
    writers = [open_journal(data) for _writer in range(4)]
    with pytest.raises(SettingsError, match="DATABASE_URL"):
        open_journal(data)
    writers[2].close()
    open_journal(data).close()
    for writer in writers:
        writer.close()


def test_a_killed_process_leaves_its_file_to_the_next(data: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(data), CALL], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        open_journal(data).close()
        os.kill(process.pid, signal.SIGKILL)
    open_journal(data).close()
    assert {file.name for file in files(data, "*.db")} == {"journal.db", "journal-2.db"}
    (data / "journal-2.db").unlink()
    open_journal(data).close()
    assert [file.name for file in files(data, "*.db")] == ["journal.db"]


def test_a_folder_that_cannot_be_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="IVR_DATA_DIR"):
        open_journal(tmp_path / "file" / "data")


async def test_while_the_server_is_away_entries_are_durable_here_and_arrive_in_order(
    data: Path, postgres: Postgres
) -> None:
    url = postgres.create("away", TEMPLATE)
    journal = open_journal(data, url)
    append(journal, 0)
    await journal.durable(CALL, 0)
    assert files(data, "*.spool") == []
    postgres.stop()
    try:
        for seq in range(1, 300):
            append(journal, seq)
        await asyncio.wait_for(journal.durable(CALL, 299), 20)
        assert journal.trouble is not None
        assert url not in journal.trouble
        assert len(files(data, "*.spool")) == 1
    finally:
        postgres.start()
    append(journal, 300)
    await asyncio.wait_for(journal.durable(CALL, 300), 20)
    async with asyncio.timeout(20):
        while journal.trouble is not None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    journal.close()
    assert files(data, "*.spool") == []
    assert [entry.seq for entry in read_journal(data, CALL, url=url)] == list(range(301))
    postgres.drop("away")


async def test_what_a_holder_wrote_after_it_lost_its_call_is_left_out(home: Home) -> None:
    lost, held = open_journal(home.folder, home.url), open_journal(home.folder, home.url)
    key = CallKey(CALL, new_key())
    lost.begin(CALL, key, 1)
    for seq in (1, 2, 3):
        append(lost, seq)
    await lost.durable(CALL, 3)
    held.begin(CALL, key, 2)
    append(held, 4, kind="rejoined")
    await held.durable(CALL, 4)
    for seq in (4, 5, 6):
        append(lost, seq, kind="late")
    await lost.durable(CALL, 6)
    append(held, 5, kind="rejoined")
    await held.durable(CALL, 5)
    kept = read_journal(home.folder, CALL, url=home.url)
    assert [(entry.seq, entry.kind) for entry in kept] == [
        *((seq, "key") for seq in (1, 2, 3)),
        (4, "rejoined"),
        (5, "rejoined"),
    ]
    lost.close()
    held.close()


def test_a_journal_of_an_older_version_is_brought_up_to_date(data: Path) -> None:
    open_journal(data).close()
    with sqlite3.connect(data / "journal.db") as other:
        other.execute("drop table journal")
        other.execute(
            "create table journal (call_id text, seq integer, at_ms integer, wall_us integer, kind text, "
            "body blob, crc integer, primary key (call_id, seq)) without rowid"
        )
        other.execute("update alembic_version set version_num = '0001'")
        body = b'j{"n":7}'
        crc = zlib.crc32(body, zlib.crc32(f"{CALL} 1 10 1000 key ".encode()))
        other.execute("insert into journal values (?, 1, 10, 1000, 'key', ?, ?)", (CALL, body, crc))
    other.close()
    open_journal(data).close()
    assert [(entry.seq, entry.body) for entry in read_journal(data, CALL)] == [(1, {"n": 7})]


WRITER = """
import asyncio, sys
from pathlib import Path
from ivr.store.journal import open_journal

async def main():
    journal = open_journal(Path(sys.argv[1]))
    print("up", flush=True)
    for seq in range(1_000_000):
        for call in sys.argv[2:]:
            journal.append(call, seq, seq, seq, "key", {"n": seq})
        await journal.durable(sys.argv[-1], seq)
        print(seq, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("seed", range(4))
def test_kill_9_loses_no_durable_entry(data: Path, seed: int) -> None:
    chance = random.Random(seed)
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(data), CALL, OTHER], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _line in range(chance.randint(2, 12))]
        os.kill(process.pid, signal.SIGKILL)
        told += process.stdout.readlines()
    durable = int([line for line in told if line.endswith("\n")][-1])
    open_journal(data).close()
    for call in (CALL, OTHER):
        seqs = sequence(data, call)
        assert seqs == list(range(len(seqs)))  # no hole either
        assert len(seqs) > durable
