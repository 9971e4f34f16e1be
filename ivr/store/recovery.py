"""What a process finds when it starts, and now and then while it runs: calls that nobody goes on with. They are closed
with what is known of them."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, delete, func, or_, select, update

from ivr.store.db import Database
from ivr.store.journal_places import journal_rows
from ivr.store.journal_table import journal
from ivr.store.leases import Leases
from ivr.store.recordings import recording_path
from ivr.store.records import TERMINAL, CallStatus, ToolState
from ivr.store.tables import calls, claims, tool_calls
from ivr.units import CallId

LOST: Final = "lost"
"""The outcome of a call whose process died, or whose stream was lost for good."""
RESUME_GRACE: Final = timedelta(seconds=60)
"""So long after the last entry of its journal a call may still go on: the carrier asks within seconds."""
TRANSFER_GRACE: Final = timedelta(hours=4, minutes=5)
"""A caller talks with whom the call was handed to for 4 hours at most; only then does the carrier ask."""
WRITING_GRACE: Final = timedelta(hours=49)
"""Who writes may take a day for an answer; a conversation that nobody writes in any more is ended long before."""
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
    let_go = and_(its.answered_at.is_not(None), or_(its.holder.is_(None), its.holder.not_in(alive)))
    orphaned = select(its.id, its.started_at, its.answered_at, its.holder, its.intent, its.streams, its.medium).where(
        its.ended_at.is_(None), or_(let_go, never_came)
    )
    found = await database.read(lambda c: c.execute(orphaned.order_by(its.started_at)).all())
    if not found:
        return []
    last_seen = await asyncio.to_thread(_last_entries, database, [CallId(row.id) for row in found])
    found = [row for row in found if now - last_seen.get(row.id, row.started_at) >= _grace(row, grace)]
    if not found:
        return []
    closings = [
        {
            "which": row.id,
            "taken": row.streams,
            "ended": last_seen.get(row.id, row.started_at),
            "kept": _recording(database, row.id),
            **_how_it_ended(row),
        }
        for row in found
    ]
    return await database.write(lambda c: _close(c, closings), behind=True)


def _close(connection: Connection, closings: list[dict[str, Any]]) -> list[CallId]:
    """Gives those that were still as they were found."""
    its = calls.c
    close = (
        update(calls)
        .where(its.id == bindparam("which"), its.streams == bindparam("taken"), its.ended_at.is_(None))
        .values(
            ended_at=bindparam("ended"),
            recording=bindparam("kept"),
            outcome=bindparam("how"),
            end_reason=bindparam("why"),
            answer=None,
        )
    )
    ids = [CallId(one["which"]) for one in closings if connection.execute(close, one).rowcount == 1]
    connection.execute(update(calls).where(its.id.in_(ids), its.status.not_in(TERMINAL)).values(status=CallStatus.LOST))
    unanswered = (tool_calls.c.call_id.in_(ids), tool_calls.c.state == ToolState.INTENT)
    connection.execute(update(tool_calls).where(*unanswered).values(state=ToolState.UNKNOWN))
    connection.execute(delete(claims).where(claims.c.call_id.in_(select(its.id).where(its.ended_at.is_not(None)))))
    return ids


def _grace(row: Any, grace: timedelta) -> timedelta:
    if row.medium == "text":
        return WRITING_GRACE
    return TRANSFER_GRACE if _handed_over(row.intent) else grace


def _handed_over(intent: Mapping[str, Any] | None) -> bool:
    return intent is not None and intent["do"] == "transfer"


def _how_it_ended(row: Any) -> dict[str, str]:
    if _handed_over(row.intent):
        return {"how": "transferred", "why": "it was handed over; the carrier did not say how that ended"}
    if row.answered_at is None:
        return {"how": LOST, "why": "its stream never came"}
    if row.holder is None:
        return {"how": LOST, "why": "the stream was lost and did not come back"}
    return {"how": LOST, "why": "the process that held the call died"}


def _last_entries(database: Database, ids: list[CallId]) -> dict[str, datetime]:
    """When the journal last heard of each."""
    its = journal.c
    latest = select(its.call_id, func.max(its.wall_us)).where(its.call_id.in_(ids)).group_by(its.call_id)
    seen: dict[str, int] = {}
    for call_id, us in journal_rows(database.folder, database.url, latest):
        seen[call_id] = max(us, seen.get(call_id, us))
    return {call_id: _EPOCH + timedelta(microseconds=us) for call_id, us in seen.items()}


def _recording(database: Database, call_id: CallId) -> str | None:
    path = recording_path(call_id)
    return str(path) if (database.folder / path).exists() else None
