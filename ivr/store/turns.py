"""What happened inside a call: turns, tool calls, marks, and why."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, delete, insert, select

from ivr.flow.types import Privacy
from ivr.store.db import Database, insert_once
from ivr.store.keys import CallKey
from ivr.store.records import KeptMark, KeptNote, ToolCall, ToolState, Turn
from ivr.store.tables import marks, notes, tool_calls, turns
from ivr.units import CallId


class Turns:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put_turn(self, call_id: CallId, turn: Turn, key: CallKey, ended: Sequence[KeptMark] = ()) -> None:
        """Keeps a turn with its marks; the same number again replaces it (what was heard is known later than what was
        sent)."""
        assert turn.privacy in (Privacy.OPEN, Privacy.PII) or not turn.unmasked, "pci and secret are never kept"
        row = {name: value for name, value in asdict(turn).items() if name != "unmasked"}
        row |= {"call_id": call_id, "unmasked": key.seal_texts(turn.unmasked)}
        async with self._database.writing() as connection:
            await connection.execute(delete(turns).where(turns.c.call_id == call_id, turns.c.no == turn.no))
            await connection.execute(insert(turns), row)
            if ended:
                once = insert_once(marks, connection.dialect.name)
                await connection.execute(once, [{"call_id": call_id, **asdict(mark)} for mark in ended])

    async def turns(self, call_id: CallId, key: CallKey | None = None) -> list[Turn]:
        """In their order. With the call's key `unmasked` is filled; views ask without."""
        async with self._database.reading() as connection:
            rows = await connection.execute(select(turns).where(turns.c.call_id == call_id).order_by(turns.c.no))
            return [_turn(row, key) for row in rows]

    async def put_tool(self, call_id: CallId, tool_call: ToolCall) -> None:
        """Keeps a tool call as it stands; the same id again replaces it."""
        its = tool_calls.c
        async with self._database.writing() as connection:
            await connection.execute(delete(tool_calls).where(its.call_id == call_id, its.id == tool_call.id))
            await connection.execute(insert(tool_calls), {"call_id": call_id, **asdict(tool_call)})

    async def tool_calls(self, call_id: CallId) -> list[ToolCall]:
        its = tool_calls.c
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(tool_calls).where(its.call_id == call_id).order_by(its.at_ms, its.id)
            )
            return [_tool_call(row) for row in rows]

    async def marks(self, call_id: CallId) -> list[KeptMark]:
        its = marks.c
        async with self._database.reading() as connection:
            rows = await connection.execute(select(marks).where(its.call_id == call_id).order_by(its.sent_ms, its.name))
            return [KeptMark(row.name, row.turn, row.sent_ms, row.ended_ms, row.end) for row in rows]

    async def put_notes(self, call_id: CallId, new: Sequence[KeptNote]) -> None:
        """A number that is there already stays as it is."""
        if not new:
            return
        async with self._database.writing() as connection:
            once = insert_once(notes, connection.dialect.name)
            await connection.execute(once, [{"call_id": call_id, **asdict(note)} for note in new])

    async def notes(self, call_id: CallId) -> list[KeptNote]:
        its = notes.c
        async with self._database.reading() as connection:
            rows = await connection.execute(select(notes).where(its.call_id == call_id).order_by(its.no))
            return [KeptNote(row.no, row.at_ms, row.kind, row.what, row.detail, row.place) for row in rows]


def _turn(row: Row[Any], key: CallKey | None) -> Turn:
    return Turn(
        no=row.no,
        who=row.who,
        at_ms=row.at_ms,
        end_ms=row.end_ms,
        generated=row.generated,
        sent=row.sent,
        heard=row.heard,
        acknowledged=row.acknowledged,
        acknowledged_ms=row.acknowledged_ms,
        words=row.words,
        interrupted=row.interrupted,
        node=row.node,
        score=row.score,
        latencies=row.latencies,
        privacy=Privacy(row.privacy),
        unmasked={} if key is None else key.open_texts(row.unmasked),
    )


def _tool_call(row: Row[Any]) -> ToolCall:
    return ToolCall(row.id, row.tool, row.at_ms, row.changes_world, ToolState(row.state), row.ms, row.result)
