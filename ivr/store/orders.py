"""Calls that we were asked to make: one row for each, and one for each time it was tried.

    waiting ──▶ placing ──▶ ringing ──▶ talking ──▶ over
       ▲───────────┴───────────┘ nobody took it, and it may be tried again

Every move is one UPDATE that names the stages it may begin in. A try is written down before the carrier is asked for
it: where the process dies in between, or the answer is lost, nobody knows whether it was placed, and it is never placed
again. The carrier's webhooks carry the try's own name (`leg`), which nobody can guess.
"""

import hashlib
import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select, update

from ivr.store.db import Database
from ivr.store.engines import insert_new
from ivr.store.ids import new_call_id
from ivr.store.keys import CallKey, mask_number, new_key
from ivr.store.tables import calls, orders, tries
from ivr.units import CallId, CallSid

_its: Final = orders.c


class OrderStage(StrEnum):
    WAITING = "waiting"
    PLACING = "placing"
    RINGING = "ringing"
    TALKING = "talking"
    OVER = "over"


UNANSWERED: Final = frozenset({OrderStage.PLACING, OrderStage.RINGING})
OPEN: Final = frozenset(OrderStage) - {OrderStage.OVER}


@dataclass(frozen=True, slots=True)
class NewOrder:
    """`asked_by`: the Idempotency-Key; None: each asking is a call of its own."""

    project: str
    name: str
    to: str
    data: Mapping[str, str]
    most_tries: int
    now: datetime
    due_at: datetime
    asked_by: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    id: str
    project: str
    name: str
    shown: str
    """Whom to call, masked."""
    to: str
    """Empty once it is erased, as `data` is."""
    data: Mapping[str, str]
    stage: OrderStage
    result: str | None
    """Of one that is over: answered, no_answer, busy, failed, caller_left, canceled, unknown."""
    outcome: str | None
    """What the flow, or `outcomes:`, makes of it."""
    why: str
    most_tries: int
    tries: int
    made_at: datetime
    due_at: datetime
    """When it is placed next; of one under way, when something should have been heard of it."""
    ended_at: datetime | None
    leg: str | None
    call_sid: CallSid | None
    call_id: CallId | None
    """The call of the try that was answered."""


class AskedOtherwise(Exception):
    """The Idempotency-Key was used for another call."""


class Orders:
    def __init__(self, database: Database) -> None:
        self._database = database

    # ---- asked for

    async def ask(self, new: NewOrder) -> tuple[Order, bool]:
        """The order, and whether it is new: asked twice by the same key, nobody is called twice.
        Raises: AskedOtherwise, StoreError."""
        order_id, key = new_call_id(new.now), new_key()
        sealed = CallKey(order_id, key).seal_texts({"to": new.to, "data": json.dumps(dict(new.data))})
        asked_by = None if new.asked_by is None else _digest(new.project, new.asked_by)
        row = {
            "id": order_id,
            "project": new.project,
            "name": new.name,
            "shown": mask_number(new.to),
            "key": key,
            "sealed": sealed,
            "asked_by": asked_by,
            "stage": OrderStage.WAITING,
            "why": "",
            "most_tries": new.most_tries,
            "tries": 0,
            "made_at": new.now,
            "due_at": new.due_at,
        }

        def work(connection: Connection) -> tuple[Order, bool]:
            created = insert_new(connection, orders, row)
            found = _one(connection, _its.id == order_id if created else _its.asked_by == asked_by)
            assert found is not None, "a row that was just written"
            return found, created

        order, created = await self._database.write(work)
        same = (order.name, order.to, dict(order.data)) == (new.name, new.to, dict(new.data))
        if not created and order.to and not same:
            raise AskedOtherwise
        return order, created

    async def made_since(self, since: datetime) -> int:
        """How many were asked for. Raises: StoreError."""
        count = select(func.count()).where(_its.made_at > since)
        return await self._database.read(lambda c: int(c.execute(count).scalar_one()))

    async def by_id(self, order_id: str) -> Order | None:
        return await self._database.read(lambda c: _one(c, _its.id == order_id))

    async def by_leg(self, leg: str) -> Order | None:
        """None: there is none, or it was tried again since."""
        return await self._database.read(lambda c: _one(c, _its.leg == leg))

    # ---- placed

    async def next(self, projects: Sequence[str]) -> Order | None:
        """The one that is to be placed first, be it due or not. Raises: StoreError."""
        first = (
            select(_its.id)
            .where(_its.stage == OrderStage.WAITING, _its.project.in_(projects))
            .order_by(_its.due_at, _its.id)
            .limit(1)
        )
        return await self._database.read(lambda c: _one(c, _its.id == first.scalar_subquery()))

    async def placed_since(self, since: datetime) -> list[datetime]:
        """When tries were placed, the oldest first. Raises: StoreError."""
        placed = select(tries.c.placed_at).where(tries.c.placed_at > since).order_by(tries.c.placed_at)
        return await self._database.read(lambda c: list(c.execute(placed).scalars()))

    async def take(self, order_id: str, *, now: datetime, due_at: datetime) -> Order | None:
        """This process is to ask the carrier for it now; None: it does not wait any more. Raises: StoreError."""
        leg = secrets.token_hex(16)
        taking = (
            update(orders)
            .where(_its.id == order_id, _its.stage == OrderStage.WAITING)
            .values(stage=OrderStage.PLACING, leg=leg, call_sid=None, tries=_its.tries + 1, due_at=due_at, why="")
            .returning(_its.id)
        )

        def work(connection: Connection) -> Order | None:
            if connection.execute(taking).first() is None:
                return None
            connection.execute(insert(tries), {"leg": leg, "order_id": order_id, "placed_at": now})
            return _one(connection, _its.id == order_id)

        return await self._database.write(work)

    async def postpone(self, order_id: str, due_at: datetime, why: str) -> None:
        """One that waits does so until then. Raises: StoreError."""
        later = update(orders).where(_its.id == order_id, _its.stage == OrderStage.WAITING)
        await self._database.write(lambda c: c.execute(later.values(due_at=due_at, why=why)).rowcount)

    async def rings(self, leg: str, call_sid: CallSid, due_at: datetime) -> None:
        """The carrier has it. Raises: StoreError."""
        its_call = update(tries).where(tries.c.leg == leg).values(call_sid=call_sid)

        def work(connection: Connection) -> None:
            connection.execute(its_call)
            _move(connection, leg, {OrderStage.PLACING}, stage=OrderStage.RINGING, call_sid=call_sid, due_at=due_at)

        await self._database.write(work)

    # ---- moves of the try under way

    async def talks(self, leg: str, call_sid: CallSid, call_id: CallId) -> bool:
        """Somebody, or something, has answered. False: it is over. Raises: StoreError."""
        stages = UNANSWERED | {OrderStage.TALKING}
        values = {"stage": OrderStage.TALKING, "call_sid": call_sid, "call_id": call_id}
        its_call = update(tries).where(tries.c.leg == leg).values(call_sid=call_sid)

        def work(connection: Connection) -> bool:
            connection.execute(its_call)
            return _move(connection, leg, stages, **values)

        return await self._database.write(work)

    async def again(self, leg: str, ended_as: str, due_at: datetime, why: str) -> bool:
        """Nobody took it: it is tried again then. False: another was quicker. Raises: StoreError."""
        values = {"stage": OrderStage.WAITING, "due_at": due_at, "why": why}
        return await self._ended(leg, ended_as, UNANSWERED, values)

    async def end(
        self,
        leg: str,
        result: str,
        *,
        now: datetime,
        outcome: str | None = None,
        why: str = "",
        before: Collection[OrderStage] = OPEN,
    ) -> bool:
        """It is over. False: another was quicker. Raises: StoreError."""
        values = {"stage": OrderStage.OVER, "result": result, "outcome": outcome, "why": why, "ended_at": now}
        return await self._ended(leg, result, before, values)

    async def _ended(self, leg: str, ended_as: str, before: Collection[OrderStage], values: Mapping[str, Any]) -> bool:
        note = update(tries).where(tries.c.leg == leg).values(ended_as=ended_as)

        def work(connection: Connection) -> bool:
            moved = _move(connection, leg, before, **values)
            if moved:
                connection.execute(note)
            return moved

        return await self._database.write(work)

    async def drop(self, order_id: str, result: str, *, now: datetime, why: str) -> bool:
        """One that waits is not placed (any more). Raises: StoreError."""
        dropped = (
            update(orders)
            .where(_its.id == order_id, _its.stage == OrderStage.WAITING)
            .values(stage=OrderStage.OVER, result=result, why=why, ended_at=now)
        )
        return await self._database.write(lambda c: c.execute(dropped).rowcount == 1)

    # ---- what is to be looked into

    async def talked(self) -> list[tuple[Order, str]]:
        """Those whose call is over, with its outcome. Raises: StoreError."""
        over = (
            select(orders, calls.c.outcome.label("came_to"))
            .join(calls, calls.c.id == _its.call_id)
            .where(_its.stage == OrderStage.TALKING, calls.c.ended_at.is_not(None))
        )
        return await self._database.read(
            lambda c: [(_order(row), row.came_to or "completed") for row in c.execute(over).all()]
        )

    async def overdue(self, now: datetime) -> list[Order]:
        """Nothing was heard of them in time. Raises: StoreError."""
        late = select(orders).where(_its.stage.in_(UNANSWERED), _its.due_at <= now)
        return await self._database.read(lambda c: [_order(row) for row in c.execute(late).all()])


def _move(connection: Connection, leg: str, before: Collection[OrderStage], **values: Any) -> bool:
    moving = update(orders).where(_its.leg == leg, _its.stage.in_(before)).values(**values)
    return connection.execute(moving).rowcount == 1


def _digest(project: str, key: str) -> str:
    return hashlib.sha256(f"{project} {key}".encode()).hexdigest()


def _one(connection: Connection, which: Any) -> Order | None:
    row = connection.execute(select(orders).where(which)).one_or_none()
    return None if row is None else _order(row)


def _order(row: Row[Any]) -> Order:
    kept = {} if row.key is None else CallKey(CallId(row.id), row.key).open_texts(row.sealed)
    return Order(
        id=row.id,
        project=row.project,
        name=row.name,
        shown=row.shown,
        to=kept.get("to", ""),
        data=json.loads(kept.get("data", "{}")),
        stage=OrderStage(row.stage),
        result=row.result,
        outcome=row.outcome,
        why=row.why,
        most_tries=row.most_tries,
        tries=row.tries,
        made_at=row.made_at,
        due_at=row.due_at,
        ended_at=row.ended_at,
        leg=row.leg,
        call_sid=None if row.call_sid is None else CallSid(row.call_sid),
        call_id=None if row.call_id is None else CallId(row.call_id),
    )
