"""What happened inside a call: turns, tool calls, marks, and why."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, Row, bindparam, delete, func, insert, select

from ivr.flow.types import Privacy
from ivr.store.db import Database, Work
from ivr.store.engines import insert_once
from ivr.store.keys import CallKey
from ivr.store.records import KeptMark, KeptNote, ToolCall, ToolState, Turn
from ivr.store.tables import marks, notes, tool_calls, turns
from ivr.units import CallId

_CALL: Final[BindParameter[Any]] = bindparam("which")
_DROP_TURN: Final = delete(turns).where(turns.c.call_id == _CALL, turns.c.no == bindparam("which_no"))
_KEEP_TURN: Final = insert(turns)
_DROP_TOOL: Final = delete(tool_calls).where(tool_calls.c.call_id == _CALL, tool_calls.c.id == bindparam("which_id"))
_KEEP_TOOL: Final = insert(tool_calls)
_TURNS: Final = select(turns).where(turns.c.call_id == _CALL).order_by(turns.c.no)
_TOOLS: Final = select(tool_calls).where(tool_calls.c.call_id == _CALL).order_by(tool_calls.c.at_ms, tool_calls.c.id)
_MARKS: Final = select(marks).where(marks.c.call_id == _CALL).order_by(marks.c.sent_ms, marks.c.name)
_NOTES: Final = select(notes).where(notes.c.call_id == _CALL).order_by(notes.c.no)


def keeping_turn(call_id: CallId, turn: Turn, key: CallKey, ended: Sequence[KeptMark] = ()) -> Work[None]:
    """Keeps a turn with its marks; the same number again replaces it (what was heard is known later than what was
    sent)."""
    assert turn.privacy in (Privacy.OPEN, Privacy.PII) or not turn.unmasked, "pci and secret are never kept"
    row = {name: value for name, value in asdict(turn).items() if name != "unmasked"}
    row |= {"call_id": call_id, "unmasked": key.seal_texts(turn.unmasked)}
    its_marks = [{"call_id": call_id, **asdict(mark)} for mark in ended]

    def work(connection: Connection) -> None:
        connection.execute(_DROP_TURN, {"which": call_id, "which_no": turn.no})
        connection.execute(_KEEP_TURN, row)
        if its_marks:
            connection.execute(insert_once(marks, connection.dialect.name), its_marks)

    return work


def keeping_tool(call_id: CallId, tool_call: ToolCall) -> Work[None]:
    """Keeps a tool call as it stands; the same id again replaces it."""
    row = {"call_id": call_id, **asdict(tool_call)}

    def work(connection: Connection) -> None:
        connection.execute(_DROP_TOOL, {"which": call_id, "which_id": tool_call.id})
        connection.execute(_KEEP_TOOL, row)

    return work


def keeping_notes(call_id: CallId, new: Sequence[KeptNote]) -> Work[None]:
    """A number that is there already stays as it is."""
    rows = [{"call_id": call_id, **asdict(note)} for note in new]

    def work(connection: Connection) -> None:
        if rows:
            connection.execute(insert_once(notes, connection.dialect.name), rows)

    return work


class Turns:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put_turn(self, call_id: CallId, turn: Turn, key: CallKey, ended: Sequence[KeptMark] = ()) -> None:
        await self._database.write(keeping_turn(call_id, turn, key, ended))

    async def turns(self, call_id: CallId, key: CallKey | None = None) -> list[Turn]:
        """In their order. With the call's key `unmasked` is filled; views ask without."""
        return await self._database.read(lambda c: [_turn(row, key) for row in c.execute(_TURNS, {"which": call_id})])

    async def put_tool(self, call_id: CallId, tool_call: ToolCall) -> None:
        await self._database.write(keeping_tool(call_id, tool_call))

    async def tool_calls(self, call_id: CallId) -> list[ToolCall]:
        return await self._database.read(lambda c: [_tool_call(row) for row in c.execute(_TOOLS, {"which": call_id})])

    async def marks(self, call_id: CallId) -> list[KeptMark]:
        rows = await self._database.read(lambda c: c.execute(_MARKS, {"which": call_id}).all())
        return [KeptMark(row.name, row.turn, row.sent_ms, row.ended_ms, row.end) for row in rows]

    async def put_notes(self, call_id: CallId, new: Sequence[KeptNote]) -> None:
        await self._database.write(keeping_notes(call_id, new))

    async def split_calls(self, splits: Collection[str]) -> dict[str, int]:
        """How many calls each of these splits has parted."""
        parted = notes.c.call_id.distinct()
        asked = select(notes.c.what, func.count(parted)).where(notes.c.kind == "split", notes.c.what.in_(splits))
        rows = await self._database.read(lambda c: c.execute(asked.group_by(notes.c.what)).all())
        return {**dict.fromkeys(splits, 0), **{row.what: row[1] for row in rows}}

    async def notes(self, call_id: CallId) -> list[KeptNote]:
        rows = await self._database.read(lambda c: c.execute(_NOTES, {"which": call_id}).all())
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
        written=row.written,
        unmasked={} if key is None else key.open_texts(row.unmasked),
    )


def _tool_call(row: Row[Any]) -> ToolCall:
    return ToolCall(row.id, row.tool, row.at_ms, row.changes_world, ToolState(row.state), row.ms, row.result)
