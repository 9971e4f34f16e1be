"""What a process finds when it starts, and now and then while it runs: calls that nobody goes on with. They are closed
with what is known of them."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, bindparam, func, or_, select, update

from ivr.store.db import Database, open_sync_engine, translated
from ivr.store.journal_files import journal_files
from ivr.store.journal_table import journal
from ivr.store.leases import Leases
from ivr.store.recordings import recording_path
from ivr.store.records import TERMINAL, CallStatus, ToolState
from ivr.store.tables import calls, tool_calls
from ivr.units import CallId

LOST: Final = "lost"
"""The outcome of a call whose process died, or whose stream was lost for good."""
RESUME_GRACE: Final = timedelta(seconds=60)
"""So long after the last entry of its journal a call may still go on: the carrier asks within seconds."""
TRANSFER_GRACE: Final = timedelta(hours=4, minutes=5)
"""A caller talks with whom the call was handed to for 4 hours at most; only then does the carrier ask."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


async def recover(database: Database, *, now: datetime, grace: timedelta = timedelta(0)) -> list[CallId]:
    """Closes the calls no living process holds and gives their ids, oldest first. A tool that was asked to change
    something and did not answer is marked unknown: it must not be asked again by itself. Open the journal first, so
    that spools are taken in.

    `grace`: a call the journal heard of so lately is left open, since the carrier may still ask how it goes on; ask
    again later. One that was handed over stays open for TRANSFER_GRACE. May be asked at any time: calls that a living
    process holds are never touched, but for those that never got a stream and whose token is long since late. Raises:
    StoreError.
    """
    alive = await Leases(database).alive(now)
    its = calls.c
    never_came = and_(its.answered_at.is_(None), its.started_at < now - RESUME_GRACE)
    orphaned = select(its.id, its.started_at, its.answered_at, its.holder, its.intent).where(
        its.ended_at.is_(None), or_(its.holder.is_(None), its.holder.not_in(alive), never_came)
    )
    async with database.reading() as connection:
        found = (await connection.execute(orphaned.order_by(its.started_at))).all()
    if not found:
        return []
    last_seen = await asyncio.to_thread(_last_entries, database, [CallId(row.id) for row in found])
    found = [
        row
        for row in found
        if now - last_seen.get(row.id, row.started_at) >= (TRANSFER_GRACE if _handed_over(row.intent) else grace)
    ]
    ids = [CallId(row.id) for row in found]
    if not ids:
        return []
    async with database.writing() as connection:
        close = update(calls).where(its.id == bindparam("which"), its.ended_at.is_(None))
        ends: dict[str, Any] = {
            "ended_at": bindparam("ended"),
            "recording": bindparam("kept"),
            "outcome": bindparam("how"),
            "end_reason": bindparam("why"),
            "answer": None,
        }
        closings = [
            {
                "which": row.id,
                "ended": last_seen.get(row.id, row.started_at),
                "kept": _recording(database, row.id),
                **_how_it_ended(row),
            }
            for row in found
        ]
        await connection.execute(close.values(ends), closings)
        await connection.execute(
            update(calls).where(its.id.in_(ids), its.status.not_in(TERMINAL)).values(status=CallStatus.LOST)
        )
        unanswered = (tool_calls.c.call_id.in_(ids), tool_calls.c.state == ToolState.INTENT)
        await connection.execute(update(tool_calls).where(*unanswered).values(state=ToolState.UNKNOWN))
    return ids


def _handed_over(intent: Mapping[str, Any] | None) -> bool:
    return intent is not None and intent["do"] == "transfer"


def _how_it_ended(row: Any) -> dict[str, str]:
    if _handed_over(row.intent):
        return {"how": "transferred", "why": "it was handed over; the carrier did not say how that ended"}
    if row.holder is None:
        return {"how": LOST, "why": "the stream was lost and did not come back"}
    return {"how": LOST, "why": "the process that held the call died"}


def _last_entries(database: Database, ids: list[CallId]) -> dict[str, datetime]:
    """When the journal last heard of each."""
    its = journal.c
    latest = select(its.call_id, func.max(its.wall_us)).where(its.call_id.in_(ids)).group_by(its.call_id)
    seen: dict[str, int] = {}
    for path in journal_files(database.folder):
        engine = open_sync_engine(path, synchronous="FULL", busy_ms=5000)
        with translated(path), engine.connect() as connection:
            for call_id, us in connection.execute(latest):
                seen[call_id] = max(us, seen.get(call_id, us))
    return {call_id: _EPOCH + timedelta(microseconds=us) for call_id, us in seen.items()}


def _recording(database: Database, call_id: CallId) -> str | None:
    path = recording_path(call_id)
    return str(path) if (database.folder / path).exists() else None
