"""The people that are brought to callers who hold: one row for each, and how far it has come. All webhooks of an
attendant's leg, and the process that has the caller, know of each other by this row alone.

    waiting ──▶ whispering ──▶ accepted ──▶ joined ──▶ over
       ▲────────────┘ refused: the caller keeps the place        (a queue)
    asked ─▶ ringing ─▶ whispering ──▶ accepted ──▶ joined ──▶ over
       every state ─▶ over: nobody came, it was dropped, or the leg is gone

Every move is one UPDATE that names the states it may begin in: of two that come at once one moves, and the other sees
that it did not. `due_at` is when a state should have been left; who finds it passed asks the carrier.
"""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, func, or_, select, update

from ivr.store.db import Database
from ivr.store.engines import insert_new
from ivr.store.keys import CallKey
from ivr.store.tables import attendants, call_keys
from ivr.units import CallId, CallSid

ALIVE: Final = timedelta(seconds=10)
"""A caller in a queue whose process has not looked after it for so long is not there any more."""
LOOKED_AFTER: Final = timedelta(seconds=2)
_its: Final = attendants.c


class Stage(StrEnum):
    WAITING = "waiting"
    ASKED = "asked"
    RINGING = "ringing"
    WHISPERING = "whispering"
    ACCEPTED = "accepted"
    JOINED = "joined"
    OVER = "over"


OPEN: Final = frozenset(Stage) - {Stage.OVER}
BEFORE_JOINED: Final = OPEN - {Stage.JOINED}


@dataclass(frozen=True, slots=True)
class NewAttendant:
    """`texts`: address, whisper and the like; they are sealed with the key of the call. `queue` None: somebody is
    rung."""

    id: str
    call_id: CallId
    call_sid: CallSid
    target: str
    queue: str | None
    priority: int
    texts: Mapping[str, str]
    words: tuple[str, ...]
    key: str | None
    within_ms: int
    now: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class AttendantRow:
    id: str
    """Of the effect that asked."""
    leg: str
    """What the addresses of its webhooks end with: nobody can guess it."""
    call_id: CallId
    call_sid: CallSid
    target: str
    queue: str | None
    words: tuple[str, ...]
    """What takes the call; neither words nor key: hearing the whisper does."""
    key: str | None
    within_ms: int
    stage: Stage
    result: str | None
    """Of one that is over: a result of the flow's."""
    leg_sid: CallSid | None
    tries: int
    due_at: datetime
    texts: Mapping[str, str]
    """Empty once the call's key is erased."""

    @property
    def room(self) -> str:
        """The conference in which the two meet."""
        return f"room-{self.leg}"


class Attendants:
    def __init__(self, database: Database) -> None:
        self._database = database

    # ---- asked for

    async def ask(self, new: NewAttendant, key: CallKey) -> tuple[AttendantRow, bool]:
        """The row of this id, and whether it is new: asked twice, nobody is rung twice. Raises: StoreError."""
        row = {
            "id": new.id,
            "leg": secrets.token_hex(16),
            "call_id": new.call_id,
            "call_sid": new.call_sid,
            "target": new.target,
            "queue": new.queue,
            "priority": new.priority,
            "texts": key.seal_texts(new.texts),
            "words": list(new.words),
            "key": new.key,
            "within_ms": new.within_ms,
            "stage": Stage.ASKED if new.queue is None else Stage.WAITING,
            "tries": 0,
            "since": new.now,
            "seen_at": new.now,
            "due_at": new.due_at,
        }

        def work(connection: Connection) -> tuple[AttendantRow, bool]:
            created = insert_new(connection, attendants, row)
            found = _one(connection, _its.id == new.id)
            assert found is not None, "a row that was just written"
            return found, created

        return await self._database.write(work)

    async def by_id(self, attendant: str) -> AttendantRow | None:
        return await self._database.read(lambda c: _one(c, _its.id == attendant))

    async def by_leg(self, leg: str) -> AttendantRow | None:
        return await self._database.read(lambda c: _one(c, _its.leg == leg))

    async def by_leg_sid(self, leg_sid: CallSid) -> AttendantRow | None:
        """The one that is not over on the carrier's call of this id."""
        open_one = and_(_its.leg_sid == leg_sid, _its.stage != Stage.OVER)
        return await self._database.read(lambda c: _one(c, open_one))

    # ---- moves

    async def move(
        self, attendant: str, before: Collection[Stage], to: Stage, *, due_at: datetime, **more: Any
    ) -> AttendantRow | None:
        """None: it stands in none of the stages before. `more`: columns that change with it."""
        statement = (
            update(attendants)
            .where(_its.id == attendant, _its.stage.in_(before))
            .values(stage=to, due_at=due_at, **more)
            .returning(_its.id)
        )

        def work(connection: Connection) -> AttendantRow | None:
            if connection.execute(statement).first() is None:
                return None
            return _one(connection, _its.id == attendant)

        return await self._database.write(work)

    async def end(
        self, attendant: str, result: str, *, now: datetime, before: Collection[Stage] = OPEN
    ) -> AttendantRow | None:
        """It is over; None: it was already."""
        return await self.move(attendant, before, Stage.OVER, due_at=now, result=result)

    async def tried(self, attendant: str) -> int:
        """One more answer that nobody understood; how many that makes."""
        statement = update(attendants).where(_its.id == attendant).values(tries=_its.tries + 1).returning(_its.tries)
        return int(await self._database.write(lambda c: c.execute(statement).scalar_one()))

    async def leg_is(self, attendant: str, leg_sid: CallSid) -> None:
        statement = update(attendants).where(_its.id == attendant).values(leg_sid=leg_sid)
        await self._database.write(lambda c: c.execute(statement).rowcount)

    # ---- queues

    async def take_next(self, queue: str, leg_sid: CallSid, *, now: datetime, due_at: datetime) -> AttendantRow | None:
        """The caller who is served next, now that somebody has called in; None: nobody waits."""

        def work(connection: Connection) -> AttendantRow | None:
            first = (
                select(_its.id)
                .where(*_in_line(queue, now))
                .order_by(_its.priority.desc(), _its.since, _its.id)
                .limit(1)
                .scalar_subquery()
            )
            taken = connection.execute(
                update(attendants)
                .where(_its.id == first, _its.stage == Stage.WAITING)
                .values(stage=Stage.WHISPERING, leg_sid=leg_sid, due_at=due_at, tries=0)
                .returning(_its.id)
            ).scalar_one_or_none()
            return None if taken is None else _one(connection, _its.id == taken)

        return await self._database.write(work)

    async def place(self, attendant: str, *, now: datetime) -> int | None:
        """The place in the line, 1 is served next; None: it waits in none. Who asks is there."""

        def work(connection: Connection) -> int | None:
            mine = connection.execute(select(attendants).where(_its.id == attendant)).one_or_none()
            if mine is None or mine.queue is None or mine.stage == Stage.OVER:
                return None
            earlier = or_(_its.priority > mine.priority, and_(_its.priority == mine.priority, _its.since < mine.since))
            ahead = select(func.count()).select_from(attendants).where(*_in_line(mine.queue, now), earlier)
            return int(connection.execute(ahead).scalar_one()) + 1

        return await self._database.read(work)

    async def looked_after(self, attendant: str, *, now: datetime) -> None:
        statement = update(attendants).where(_its.id == attendant).values(seen_at=now)
        await self._database.write(lambda c: c.execute(statement).rowcount, behind=True)

    async def waiting(self, queue: str, *, now: datetime) -> int:
        count = select(func.count()).select_from(attendants).where(*_in_line(queue, now))
        return await self._database.read(lambda c: int(c.execute(count).scalar_one()))

    # ---- what should have moved

    async def overdue(self, *, now: datetime, again_at: datetime, limit: int = 20) -> list[AttendantRow]:
        """Rows that should have moved by now; who gets them here is the one who looks after them until `again_at`."""
        due = select(_its.id).where(_its.stage != Stage.OVER, _its.due_at < now).limit(limit)
        statement = (
            update(attendants).where(_its.id.in_(due), _its.due_at < now).values(due_at=again_at).returning(_its.id)
        )

        def work(connection: Connection) -> list[AttendantRow]:
            taken = [row.id for row in connection.execute(statement)]
            found = [_one(connection, _its.id == one) for one in taken]
            return [row for row in found if row is not None]

        if not await self._database.read(lambda c: c.execute(due.limit(1)).first() is not None):
            return []
        return await self._database.write(work)


def _in_line(queue: str, now: datetime) -> tuple[Any, ...]:
    return (_its.queue == queue, _its.stage == Stage.WAITING, _its.seen_at > now - ALIVE)


def _one(connection: Connection, which: Any) -> AttendantRow | None:
    query = select(attendants, call_keys.c.key.label("call_key")).outerjoin(
        call_keys, call_keys.c.call_id == _its.call_id
    )
    row = connection.execute(query.where(which)).one_or_none()
    return None if row is None else _row(row)


def _row(row: Row[Any]) -> AttendantRow:
    call_id = CallId(row.call_id)
    texts = {} if row.call_key is None else CallKey(call_id, row.call_key).open_texts(row.texts)
    return AttendantRow(
        id=row.id,
        leg=row.leg,
        call_id=call_id,
        call_sid=CallSid(row.call_sid),
        target=row.target,
        queue=row.queue,
        words=tuple(row.words),
        key=row.key,
        within_ms=row.within_ms,
        stage=Stage(row.stage),
        result=row.result,
        leg_sid=None if row.leg_sid is None else CallSid(row.leg_sid),
        tries=row.tries,
        due_at=row.due_at,
        texts=texts,
    )
