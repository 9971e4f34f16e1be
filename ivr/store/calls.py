"""Calls as they are opened, answered, reported on by the carrier and closed. Everything here may be asked twice."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Row, Update, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ivr.errors import StoreError
from ivr.store.db import Database, insert_once
from ivr.store.ids import new_call_id
from ivr.store.keys import CallKey, mask_number, new_key
from ivr.store.records import (
    TERMINAL,
    CallRow,
    CallStatus,
    HangUpIntent,
    Intent,
    Quality,
    TransferIntent,
    quality_from,
)
from ivr.store.tables import call_keys, call_statuses, calls
from ivr.units import CallId, CallSid

NO_STREAM: Final = "no_stream"
"""The outcome of a call that was over before its stream began."""


class NoSuchCall(StoreError):
    """What was named is no call, or more than one; the text says how to go on."""


class Calls:
    """The rows of calls. `holder` names this process's lease: `recover` leaves the calls of living holders alone."""

    def __init__(self, database: Database, holder: str | None = None) -> None:
        self._database = database
        self._holder = holder

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """See Database.together."""
        async with self._database.together():
            yield

    async def open_call(
        self, call_sid: CallSid, account_sid: str, *, caller: str, dialled: str, now: datetime
    ) -> tuple[CallRow, bool]:
        """The call of this CallSid, and whether this request opened it: the same webhook five times at once gives one
        row and one True. Raises: StoreError."""
        call_id, key = new_call_id(now), new_key()
        numbers = CallKey(call_id, key).seal_texts({"caller": caller, "dialled": dialled})
        row = {
            "id": call_id,
            "call_sid": call_sid,
            "account_sid": account_sid,
            "caller": mask_number(caller),
            "dialled": mask_number(dialled),
            "numbers": numbers,
            "started_at": now,
            "status": CallStatus.RINGING,
            "holder": self._holder,
        }
        async with self._database.writing() as connection:
            once = insert_once(calls, connection.dialect.name).values(row)
            created = (await connection.execute(once)).rowcount == 1
            if created:
                await connection.execute(insert(call_keys), {"call_id": call_id, "key": key})
                await _fold_statuses(connection, call_sid)
            return await _one(connection, call_sid), created

    async def set_answer(self, call_id: CallId, twiml: str) -> str:
        """Keeps the answer to the webhook; of several at once the first stays. Gives the one that is kept."""
        async with self._database.writing() as connection:
            await connection.execute(
                update(calls).where(calls.c.id == call_id, calls.c.answer.is_(None)).values(answer=twiml)
            )
            kept = await connection.scalar(select(calls.c.answer).where(calls.c.id == call_id))
        if kept is None:
            raise NoSuchCall(f"no call {call_id}")
        return str(kept)

    async def began(self, call_id: CallId, *, flow: str, bundle: str, now: datetime) -> None:
        """The stream is up: which flow, in which version, this call keeps to its end. This process holds it now."""
        async with self._database.writing() as connection:
            answered = {"flow": flow, "bundle": bundle, "answered_at": now, "holder": self._holder}
            await connection.execute(
                update(calls).where(calls.c.id == call_id, calls.c.answered_at.is_(None)).values(answered)
            )
            await connection.execute(update(calls).where(calls.c.id == call_id).values(holder=self._holder))
            await connection.execute(
                update(calls)
                .where(calls.c.id == call_id, calls.c.status.not_in(TERMINAL))
                .values(status=CallStatus.IN_PROGRESS)
            )

    async def release(self, call_id: CallId) -> None:
        """Its stream is over and the call is not: no process holds it until the carrier asks how it goes on."""
        async with self._database.writing() as connection:
            mine = update(calls).where(calls.c.id == call_id, calls.c.holder == self._holder)
            await connection.execute(mine.values(holder=None))

    async def set_intent(self, call_id: CallId, intent: Intent | None) -> None:
        """What the carrier is to be told once the stream is closed. None: taken back."""
        async with self._database.writing() as connection:
            await connection.execute(update(calls).where(calls.c.id == call_id).values(intent=_intent_out(intent)))

    async def count_resume(self, call_id: CallId) -> int:
        """One more time the stream was lost and is asked back; how often that makes. Raises: StoreError."""
        more = update(calls).where(calls.c.id == call_id).values(resumes=calls.c.resumes + 1).returning(calls.c.resumes)
        async with self._database.writing() as connection:
            times = (await connection.execute(more)).scalar_one_or_none()
        if times is None:
            raise NoSuchCall(f"no call {call_id}")
        return int(times)

    async def record_status(
        self,
        call_sid: CallSid,
        sequence_number: int,
        status: CallStatus,
        *,
        now: datetime,
        duration_s: int | None = None,
    ) -> bool:
        """A status callback of the carrier: late, twice, out of order or for a call nobody knows, all the same in the
        end. Gives whether it was news. It never ends a call that had a stream (only `finish_call` does that), but one
        that is over before its stream began is closed by it."""
        report = {
            "call_sid": call_sid,
            "sequence_number": sequence_number,
            "status": status,
            "received_at": now,
            "duration_s": duration_s,
        }
        async with self._database.writing() as connection:
            once = insert_once(call_statuses, connection.dialect.name).values(report)
            news = (await connection.execute(once)).rowcount == 1
            if news:
                await _fold_statuses(connection, call_sid)
                if status in TERMINAL:
                    await connection.execute(_close_unanswered(call_sid, now))
        return news

    async def finish_call(
        self,
        call_id: CallId,
        *,
        now: datetime,
        outcome: str,
        end_reason: str,
        quality: Quality,
        recording: str | None,
    ) -> bool:
        """Closes the call; the first to close it decides how it ended, and True says that this was the first. The
        answer with its used token goes."""
        its = calls.c
        end: dict[str, Any] = {
            "ended_at": now,
            "outcome": outcome,
            "end_reason": end_reason,
            "quality": asdict(quality),
            "recording": recording,
            "answer": None,
        }
        async with self._database.writing() as connection:
            closed = await connection.execute(
                update(calls).where(its.id == call_id, its.ended_at.is_(None)).values(end).returning(its.id)
            )
            first = closed.scalar_one_or_none() is not None
            await connection.execute(
                update(calls).where(its.id == call_id, its.status.not_in(TERMINAL)).values(status=CallStatus.COMPLETED)
            )
        return first

    async def by_id(self, call_id: CallId) -> CallRow | None:
        return await self._find(calls.c.id == call_id)

    async def by_sid(self, call_sid: CallSid) -> CallRow | None:
        return await self._find(calls.c.call_sid == call_sid)

    async def latest(self, limit: int = 20, *, before: CallId | None = None) -> list[CallRow]:
        """The newest first. `before`: only those that began before this one (the next page)."""
        query = select(calls).order_by(calls.c.started_at.desc(), calls.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(calls.c.id < before)
        async with self._database.reading() as connection:
            return [_call(row) for row in await connection.execute(query)]

    async def find(self, name: str) -> CallRow:
        """By an unambiguous beginning of our id or of the carrier's, or `last`.

        Raises:
            NoSuchCall: there is none, or there are several.
            StoreError: the database does not answer.
        """
        if name == "last":
            newest = await self.latest(1)
            if not newest:
                raise NoSuchCall("no calls yet: place one with ivr call")
            return newest[0]
        its = calls.c
        like = its.id.startswith(name.upper(), autoescape=True) | its.call_sid.startswith(name, autoescape=True)
        async with self._database.reading() as connection:
            found = (await connection.execute(select(calls).where(like).limit(2))).all()
        if len(found) == 1:
            return _call(found[0])
        if not found:
            raise NoSuchCall("no call begins like that: ivr calls list shows them")
        raise NoSuchCall("several calls begin like that: give more of the id")

    async def numbers(self, call_id: CallId) -> tuple[str, str] | None:
        """Caller and dialled number, whole. None once the call's key is erased."""
        key = await self.key(call_id)
        if key is None:
            return None
        async with self._database.reading() as connection:
            sealed = await connection.scalar(select(calls.c.numbers).where(calls.c.id == call_id))
        both = key.open_texts(sealed)
        return both.get("caller", ""), both.get("dialled", "")

    async def key(self, call_id: CallId) -> CallKey | None:
        """None: there is no such call, or its private values were erased."""
        async with self._database.reading() as connection:
            kept = await connection.scalar(select(call_keys.c.key).where(call_keys.c.call_id == call_id))
        return None if kept is None else CallKey(call_id, kept)

    async def erase_key(self, call_id: CallId) -> None:
        """From now on nobody reads the private values of this call: neither here nor in its journal."""
        async with self._database.writing() as connection:
            await connection.execute(delete(call_keys).where(call_keys.c.call_id == call_id))

    async def _find(self, condition: Any) -> CallRow | None:
        async with self._database.reading() as connection:
            row = (await connection.execute(select(calls).where(condition))).one_or_none()
        return None if row is None else _call(row)


async def _one(connection: AsyncConnection, call_sid: CallSid) -> CallRow:
    return _call((await connection.execute(select(calls).where(calls.c.call_sid == call_sid))).one())


async def _fold_statuses(connection: AsyncConnection, call_sid: CallSid) -> None:
    """The call's status out of all reports there are, so that the order they came in cannot matter: the last terminal
    one by the carrier's numbers, or else the last one."""
    its = call_statuses.c
    reports = await connection.execute(
        select(its.status, its.sequence_number).where(its.call_sid == call_sid).order_by(its.sequence_number)
    )
    told = [CallStatus(row.status) for row in reports]
    if not told:
        return
    ended = [status for status in told if status in TERMINAL]
    last = ended[-1] if ended else told[-1]
    change = update(calls).where(calls.c.call_sid == call_sid)
    if not ended:  # our own knowledge that it ended stands above a report that it rings
        change = change.where(calls.c.status.not_in(TERMINAL))
    await connection.execute(change.values(status=last))


def _close_unanswered(call_sid: CallSid, now: datetime) -> Update:
    its = calls.c
    end = {"ended_at": now, "outcome": NO_STREAM, "end_reason": "it was over before its stream began", "answer": None}
    return update(calls).where(its.call_sid == call_sid, its.answered_at.is_(None), its.ended_at.is_(None)).values(end)


def _call(row: Row[Any]) -> CallRow:
    return CallRow(
        id=CallId(row.id),
        call_sid=CallSid(row.call_sid),
        account_sid=row.account_sid,
        caller=row.caller,
        dialled=row.dialled,
        flow=row.flow,
        bundle=row.bundle,
        started_at=row.started_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        status=CallStatus(row.status),
        outcome=row.outcome,
        end_reason=row.end_reason,
        intent=_intent_in(row.intent),
        answer=row.answer,
        resumes=row.resumes,
        quality=None if row.quality is None else quality_from(row.quality),
        recording=row.recording,
    )


def _intent_out(intent: Intent | None) -> Mapping[str, Any] | None:
    match intent:
        case None:
            return None
        case HangUpIntent():
            return {"do": "hang_up"}
        case TransferIntent():
            return {"do": "transfer", **asdict(intent)}


def _intent_in(kept: Mapping[str, Any] | None) -> Intent | None:
    if kept is None:
        return None
    does: Literal["hang_up", "transfer"] = kept["do"]
    if does == "hang_up":
        return HangUpIntent()
    return TransferIntent(**{name: value for name, value in kept.items() if name != "do"})
