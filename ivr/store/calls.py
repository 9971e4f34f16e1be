"""Calls as they are opened, reported on by the carrier, closed and found again. Everything here may be asked twice."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, bindparam, case, delete, func, insert, select, update

from ivr.errors import StoreError
from ivr.store.call_rows import call_by_id, call_by_sid, call_of, fold_statuses, intent_out, key_of, numbers_of
from ivr.store.db import Database, Work
from ivr.store.engines import insert_new
from ivr.store.ids import new_call_id
from ivr.store.keys import CallKey, mask_number, new_key
from ivr.store.records import TERMINAL, CallRow, CallStatus, Intent, Quality, quality_from
from ivr.store.tables import Utc, call_keys, call_statuses, calls, chat_requests, chats, orders
from ivr.store.tokens import TOKEN_TTL, keep_token
from ivr.units import CallId, CallSid

NO_STREAM: Final = "no_stream"
"""The outcome of a call that was over before its stream began."""

_its: Final = calls.c
_WHICH: Final[BindParameter[Any]] = bindparam("which")
_KEEP_KEY: Final = insert(call_keys)
_INTENT: Final = update(calls).where(_its.id == _WHICH).values(intent=bindparam("new_intent", type_=_its.intent.type))
_INTENT_MINE: Final = _INTENT.where(_its.streams == bindparam("stream"))
_FINISH: Final = (
    update(calls)
    .where(_its.id == _WHICH, _its.ended_at.is_(None))
    .values(
        ended_at=bindparam("now", type_=Utc),
        outcome=bindparam("how"),
        end_reason=bindparam("why"),
        quality=func.coalesce(bindparam("how_well", type_=_its.quality.type), _its.quality),
        recording=bindparam("kept_at"),
        status=case((_its.status.in_(TERMINAL), _its.status), else_=CallStatus.COMPLETED),
        answer=None,
    )
    .returning(_its.id)
)
_QUALITY: Final = select(_its.quality).where(_its.id == _WHICH)
_KEEP_QUALITY: Final = (
    update(calls).where(_its.id == _WHICH).values(quality=bindparam("how_well", type_=_its.quality.type))
)
_FINISH_MINE: Final = _FINISH.where(_its.streams == bindparam("stream"))
_RESUME: Final = update(calls).where(_its.id == _WHICH).values(resumes=_its.resumes + 1).returning(_its.resumes)
_CLOSE_UNANSWERED: Final = (
    update(calls)
    .where(_its.call_sid == _WHICH, _its.answered_at.is_(None), _its.ended_at.is_(None))
    .values(
        ended_at=bindparam("now", type_=Utc),
        outcome=NO_STREAM,
        end_reason="it was over before its stream began",
        answer=None,
    )
)


class NoSuchCall(StoreError):
    """What was named is no call, or more than one; the text says how to go on."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the first webhook of a call is told, and the token in it."""

    twiml: str
    token: str


@dataclass(frozen=True, slots=True)
class Made:
    """A call that we made: for which order, and the flow and version it begins with."""

    order_id: str
    flow: str
    bundle: str


class Calls:
    """The rows of calls. `holder` names this process's lease: a call it lets in is its own until a stream opens."""

    def __init__(self, database: Database, holder: str | None = None) -> None:
        self._database = database
        self.holder = holder

    async def open_call(
        self,
        call_sid: CallSid,
        account_sid: str,
        *,
        caller: str,
        dialled: str,
        now: datetime,
        answer: Answer | None = None,
        made: Made | None = None,
    ) -> tuple[CallRow, bool]:
        """The call of this CallSid, and whether this request opened it: the same webhook five times at once gives one
        row and one True. The answer of who opened it is the one that is kept; its token is good from then on. All in
        one transaction. `made`: it is a call of ours. Raises: StoreError."""
        call_id, key = new_call_id(now), new_key()
        row = {
            "id": call_id,
            "call_sid": call_sid,
            "account_sid": account_sid,
            "caller": mask_number(caller),
            "dialled": mask_number(dialled),
            "numbers": CallKey(call_id, key).seal_texts({"caller": caller, "dialled": dialled}),
            "started_at": now,
            "status": CallStatus.RINGING,
            "answer": None if answer is None else answer.twiml,
            "holder": self.holder,
        }
        if made is not None:
            row |= {"flow": made.flow, "bundle": made.bundle, "order_id": made.order_id}

        def work(connection: Connection) -> tuple[CallRow, bool]:
            created = insert_new(connection, calls, row)
            if created:
                connection.execute(_KEEP_KEY, {"call_id": call_id, "key": key})
                fold_statuses(connection, call_sid)
                if answer is not None:
                    until = now + TOKEN_TTL
                    keep_token(connection, answer.token, call_id, call_sid, account_sid, expires_at=until)
            found = call_by_sid(connection, call_sid)
            assert found is not None, "a call that was just written"
            return found, created

        return await self._database.write(work)

    async def set_intent(self, call_id: CallId, intent: Intent | None, *, stream: int | None = None) -> None:
        """What the carrier is to be told once the stream is closed. `intent` None: taken back. `stream`: only while
        that taking of the call is the last one."""
        values = {"which": call_id, "new_intent": intent_out(intent)}
        if stream is not None:
            await self._database.write(lambda c: _run(c, _INTENT_MINE, values | {"stream": stream}))
        else:
            await self._database.write(lambda c: _run(c, _INTENT, values))

    async def count_resume(self, call_id: CallId) -> int:
        """One more time the stream was lost and is asked back; how often that makes. Raises: StoreError."""
        times = await self._database.write(lambda c: c.execute(_RESUME, {"which": call_id}).scalar_one_or_none())
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

        def work(connection: Connection) -> bool:
            news = insert_new(connection, call_statuses, report)
            if news:
                fold_statuses(connection, call_sid)
                if status in TERMINAL:
                    connection.execute(_CLOSE_UNANSWERED, {"which": call_sid, "now": now})
            return news

        return await self._database.write(work)

    async def finish_call(
        self,
        call_id: CallId,
        *,
        now: datetime,
        outcome: str,
        end_reason: str,
        recording: str | None,
        quality: Quality | None = None,
    ) -> bool:
        """Closes the call; the first to close it decides how it ended, and True says that this was the first. The
        answer with its used token goes. `quality` None: it stays what its streams were like."""
        end = finishing(call_id, now=now, outcome=outcome, end_reason=end_reason, quality=quality, recording=recording)
        return await self._database.write(end)

    async def by_id(self, call_id: CallId) -> CallRow | None:
        return await self._database.read(lambda c: call_by_id(c, call_id))

    async def by_sid(self, call_sid: CallSid) -> CallRow | None:
        return await self._database.read(lambda c: call_by_sid(c, call_sid))

    async def latest(self, limit: int = 20, *, before: CallId | None = None) -> list[CallRow]:
        """The newest first. `before`: only those that began before this one (the next page)."""
        query = select(calls).order_by(_its.started_at.desc(), _its.id.desc()).limit(limit)
        if before is not None:
            query = query.where(_its.id < before)
        return await self._database.read(lambda c: [call_of(row) for row in c.execute(query)])

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
        like = _its.id.startswith(name.upper(), autoescape=True) | _its.call_sid.startswith(name, autoescape=True)
        found = await self._database.read(lambda c: c.execute(select(calls).where(like).limit(2)).all())
        if len(found) == 1:
            return call_of(found[0])
        if not found:
            raise NoSuchCall("no call begins like that: ivr calls list shows them")
        raise NoSuchCall("several calls begin like that: give more of the id")

    async def numbers(self, call_id: CallId) -> tuple[str, str] | None:
        """Caller and dialled number, whole. None once the call's key is erased."""

        def work(connection: Connection) -> tuple[str, str] | None:
            key = key_of(connection, call_id)
            sealed = connection.scalar(select(_its.numbers).where(_its.id == call_id))
            return None if key is None else numbers_of(key, sealed)

        return await self._database.read(work)

    async def key(self, call_id: CallId) -> CallKey | None:
        """None: there is no such call, or its private values were erased."""
        return await self._database.read(lambda c: key_of(c, call_id))

    async def erase_key(self, call_id: CallId) -> None:
        """From now on nobody reads the private values of this call: neither here nor in its journal."""
        erased = update(orders).where(orders.c.call_id == call_id).values(key=None, sealed=None)

        def work(connection: Connection) -> None:
            connection.execute(delete(call_keys).where(call_keys.c.call_id == call_id))
            connection.execute(erased)  # whom we called, and with which data
            connection.execute(delete(chats).where(chats.c.call_id == call_id))  # digests of who wrote, and of what
            connection.execute(delete(chat_requests).where(chat_requests.c.call_id == call_id))

        await self._database.write(work)


def finishing(
    call_id: CallId,
    *,
    now: datetime,
    outcome: str,
    end_reason: str,
    recording: str | None,
    quality: Quality | None = None,
    stream: int | None = None,
) -> Work[bool]:
    """See Calls.finish_call. `stream`: only while that taking of the call is the last one."""
    end: dict[str, Any] = {
        "which": call_id,
        "now": now,
        "how": outcome,
        "why": end_reason,
        "how_well": None if quality is None else asdict(quality),
        "kept_at": recording,
    }
    if stream is None:
        return lambda c: c.execute(_FINISH, end).scalar_one_or_none() is not None
    return lambda c: c.execute(_FINISH_MINE, end | {"stream": stream}).scalar_one_or_none() is not None


def keeping_quality(call_id: CallId, quality: Quality) -> Work[None]:
    """How the line was on a stream that is over; what earlier streams of the call were like is joined with it."""

    def keep(connection: Connection) -> None:
        kept = connection.execute(_QUALITY, {"which": call_id}).scalar_one_or_none()
        whole = quality if kept is None else quality_from(kept).and_then(quality)
        connection.execute(_KEEP_QUALITY, {"which": call_id, "how_well": asdict(whole)})

    return keep


def _run(connection: Connection, statement: Any, values: dict[str, Any] | None = None) -> None:
    connection.execute(statement, values or {})
