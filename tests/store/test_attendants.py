"""What attendants stand at: one of two moves, queues are in order, who is not looked after is not in line."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.errors import StoreError
from ivr.store import BEFORE_JOINED, Attendants, CallKey, Calls, Database, NewAttendant, Stage, open_database
from ivr.units import CallId, CallSid

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
async def database(tmp_path: Path):  # type: ignore[no-untyped-def]
    opened = open_database(tmp_path)
    yield opened
    await opened.close()


async def a_call(database: Database, number: int = 1) -> tuple[CallId, CallKey]:
    calls = Calls(database)
    row, _ = await calls.open_call(CallSid(f"CA{number:032x}"), "AC1", caller="+1", dialled="+2", now=NOW)
    key = await calls.key(row.id)
    assert key is not None
    return row.id, key


async def asked(
    database: Database, name: str, *, queue: str | None = None, priority: int = 5, at: datetime = NOW, number: int = 1
) -> None:
    call_id, key = await a_call(database, number)
    new = NewAttendant(
        id=name,
        call_id=call_id,
        call_sid=CallSid(f"CA{number:032x}"),
        target="care",
        queue=queue,
        priority=priority,
        texts={"whisper": "Ana about a fault.", "to": "+15550107788"},
        words=("connect us",),
        key="1",
        within_ms=30_000,
        now=at,
        due_at=at + timedelta(minutes=5),
    )
    await Attendants(database).ask(new, key)


async def test_the_same_id_is_asked_for_once(database: Database) -> None:
    await asked(database, "one")
    first = await Attendants(database).by_id("one")
    await asked(database, "one")
    assert await Attendants(database).by_id("one") == first
    assert first is not None
    assert (first.stage, first.words, first.texts["whisper"]) == (Stage.ASKED, ("connect us",), "Ana about a fault.")
    assert await Attendants(database).by_leg(first.leg) == first


async def test_of_two_moves_at_once_one_is_made(database: Database) -> None:
    await asked(database, "one")
    rows = Attendants(database)
    await rows.move("one", {Stage.ASKED}, Stage.WHISPERING, due_at=LATER)
    takes = rows.move("one", {Stage.WHISPERING}, Stage.ACCEPTED, due_at=LATER)
    drops = rows.end("one", "caller_left", now=LATER)
    both = await asyncio.gather(takes, drops)
    after = await rows.by_id("one")
    assert after is not None and after.stage is Stage.OVER
    assert both[1] is not None
    assert await rows.end("one", "no_answer", now=LATER) is None
    assert await rows.move("one", BEFORE_JOINED, Stage.JOINED, due_at=LATER) is None


async def test_the_next_in_line_is_the_most_urgent_then_the_first(database: Database) -> None:
    await asked(database, "first", queue="nurses", number=1)
    await asked(database, "second", queue="nurses", at=NOW + timedelta(seconds=1), number=2)
    await asked(database, "urgent", queue="nurses", priority=8, at=NOW + timedelta(seconds=2), number=3)
    await asked(database, "elsewhere", queue="bills", number=4)
    rows, now = Attendants(database), NOW + timedelta(seconds=3)
    assert [await rows.place(name, now=now) for name in ("urgent", "first", "second", "elsewhere")] == [1, 2, 3, 1]
    assert await rows.waiting("nurses", now=now) == 3
    served = [await rows.take_next("nurses", CallSid(f"CB{n}"), now=now, due_at=LATER) for n in range(4)]
    assert [row and row.id for row in served] == ["urgent", "first", "second", None]


async def test_a_caller_nobody_looks_after_is_not_in_line(database: Database) -> None:
    await asked(database, "gone", queue="nurses", number=1)
    await asked(database, "there", queue="nurses", at=NOW + timedelta(seconds=1), number=2)
    rows, now = Attendants(database), NOW + timedelta(seconds=30)
    await rows.looked_after("there", now=now - timedelta(seconds=1))
    assert await rows.place("there", now=now) == 1
    taken = await rows.take_next("nurses", CallSid("CB1"), now=now, due_at=LATER)
    assert taken is not None and taken.id == "there"


async def test_what_is_overdue_is_looked_into_by_one(database: Database) -> None:
    await asked(database, "one")
    rows, now = Attendants(database), NOW + timedelta(minutes=6)
    assert await rows.overdue(now=NOW, again_at=LATER) == []
    again_at = now + timedelta(seconds=30)
    found = await rows.overdue(now=now, again_at=again_at)
    assert [row.id for row in found] == ["one"]
    assert await rows.overdue(now=now, again_at=again_at) == []


async def test_what_was_whispered_is_gone_with_the_key_of_the_call(database: Database, tmp_path: Path) -> None:
    await asked(database, "one")
    call_id, _ = await a_call(database)
    kept = await asyncio.to_thread(lambda: b"".join(path.read_bytes() for path in tmp_path.glob("ivr.db*")))
    assert b"fault" not in kept
    await Calls(database).erase_key(call_id)
    row = await Attendants(database).by_id("one")
    assert row is not None and row.texts == {}
    with pytest.raises(StoreError):
        CallKey(call_id, bytes(32)).open(b"nothing of ours, but long enough")
