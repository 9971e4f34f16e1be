"""Messages that leave in the background, and callbacks that were promised: kept before anything else happens, so that
neither a restart nor a back end that is away loses one.

    waiting ──▶ sending ──▶ sent │ failed │ unknown          open ──▶ done        (a callback)
       ▲───────────┘ to be tried again

A row's id is the id of the effect that asked for it: the same message is never kept twice. `unknown` is one that may
have left and must not leave again: the far end could not tell the second from the first.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, select, update

from ivr.store.db import Database, Work
from ivr.store.engines import insert_new
from ivr.store.keys import CallKey
from ivr.store.tables import Utc, call_keys, sends
from ivr.units import CallId

_its: Final = sends.c
CALLBACK: Final = "callback"


class SendState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    OPEN = "open"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class NewSend:
    """`repeatable`: the far end knows it by its id, so that it may be sent again where the answer was lost. `payload`:
    all that is needed to send it, as JSON; it is sealed with the key of the call."""

    id: str
    call_id: CallId
    project: str
    kind: str
    name: str
    """The receiver, for people."""
    payload: Mapping[str, object]
    made_at: datetime
    due_at: datetime
    repeatable: bool
    shown: str = ""
    """The words with private values masked."""


@dataclass(frozen=True, slots=True)
class KeptSend:
    id: str
    call_id: CallId
    project: str
    kind: str
    name: str
    shown: str
    state: SendState
    tries: int
    made_at: datetime
    due_at: datetime
    ended_at: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class TakenSend:
    """One that this process is to send now. `payload` None: its call was erased, and it with it."""

    send: KeptSend
    payload: Mapping[str, Any] | None


def keeping_send(new: NewSend, key: CallKey) -> Work[bool]:
    """Whether it was not there yet."""
    row = {
        "id": new.id,
        "call_id": new.call_id,
        "project": new.project,
        "kind": new.kind,
        "name": new.name,
        "shown": new.shown,
        "payload": key.seal(json.dumps(dict(new.payload), ensure_ascii=False).encode()),
        "repeatable": new.repeatable,
        "state": SendState.OPEN if new.kind == CALLBACK else SendState.WAITING,
        "tries": 0,
        "made_at": new.made_at,
        "due_at": new.due_at,
        "why": "",
    }
    return lambda connection: insert_new(connection, sends, row)


class Sends:
    def __init__(self, database: Database, holder: str | None = None) -> None:
        """`holder`: this process's lease, for whoever sends."""
        self._database = database
        self.holder = holder

    async def keep(self, new: NewSend, key: CallKey) -> bool:
        """Raises: StoreError."""
        return await self._database.write(keeping_send(new, key))

    async def take(self, now: datetime, most: int, projects: Sequence[str]) -> list[TakenSend]:
        """Those that are due, for this process alone. Raises: StoreError."""
        due = (
            select(_its.id)
            .where(_its.state == SendState.WAITING, _its.due_at <= now, _its.project.in_(projects))
            .order_by(_its.due_at, _its.id)
            .limit(most)
        )
        take = (
            update(sends)
            .where(_its.id == bindparam("which"), _its.state == SendState.WAITING)
            .values(state=SendState.SENDING, holder=self.holder, tries=_its.tries + 1)
            .returning(*sends.c)
        )

        def work(connection: Connection) -> list[TakenSend]:
            ids = connection.execute(due).scalars().all()
            rows = [row for one in ids if (row := connection.execute(take, {"which": one}).first()) is not None]
            return [TakenSend(_send(row), _payload(connection, row)) for row in rows]

        return await self._database.write(work, behind=True)

    async def settle(self, send_id: str, state: SendState, now: datetime, why: str = "") -> None:
        """How it ended. Raises: StoreError."""
        ended = update(sends).where(_its.id == send_id, _its.state == SendState.SENDING)
        values = ended.values(state=state, ended_at=now, why=why, holder=None)
        await self._database.write(lambda c: _run(c, values), behind=True)

    async def again(self, send_id: str, due_at: datetime, why: str) -> None:
        """To be tried again then. Raises: StoreError."""
        waits = update(sends).where(_its.id == send_id, _its.state == SendState.SENDING)
        values = waits.values(state=SendState.WAITING, due_at=due_at, why=why, holder=None)
        await self._database.write(lambda c: _run(c, values), behind=True)

    async def free(self, alive: Iterable[str], now: datetime) -> int:
        """What processes that have died were sending: to be sent again where the far end would know it again, else
        unknown. How many. Raises: StoreError."""
        orphaned = (_its.state == SendState.SENDING, _its.holder.not_in(list(alive)))
        looked = select(_its.id).where(*orphaned).limit(1)
        if await self._database.read(lambda c: c.execute(looked).first()) is None:
            return 0  # the usual case takes no lock from those who write
        again = (
            update(sends)
            .where(*orphaned, _its.repeatable.is_(True))
            .values(state=SendState.WAITING, due_at=now, holder=None)
        )
        lost = (
            update(sends)
            .where(*orphaned, _its.repeatable.is_(False))
            .values(
                state=SendState.UNKNOWN,
                ended_at=now,
                holder=None,
                why="the process died while it was sending it",
            )
        )
        return await self._database.write(lambda c: c.execute(again).rowcount + c.execute(lost).rowcount, behind=True)

    async def next_due(self, projects: Sequence[str]) -> datetime | None:
        """When the next one is to be sent. Raises: StoreError."""
        waiting = select(_its.due_at).where(_its.state == SendState.WAITING, _its.project.in_(projects))
        first = waiting.order_by(_its.due_at).limit(1)
        return await self._database.read(lambda c: c.execute(first).scalar_one_or_none())

    async def of_call(self, call_id: CallId) -> list[KeptSend]:
        """In the order in which they were asked for. Raises: StoreError."""
        its = select(sends).where(_its.call_id == call_id).order_by(_its.made_at, _its.id)
        return await self._database.read(lambda c: [_send(row) for row in c.execute(its)])

    async def callbacks(self, *, done: bool = False) -> list[TakenSend]:
        """Promised and not made yet (or those that were made), the most urgent first. Raises: StoreError."""
        state = SendState.DONE if done else SendState.OPEN
        open_ = select(sends).where(_its.kind == CALLBACK, _its.state == state).order_by(_its.due_at, _its.id)

        def work(connection: Connection) -> list[TakenSend]:
            return [TakenSend(_send(row), _payload(connection, row)) for row in connection.execute(open_).all()]

        return await self._database.read(work)

    async def called_back(self, send_id: str, now: datetime) -> bool:
        """Whether it was open. Raises: StoreError."""
        done = (
            update(sends)
            .where(_its.id == send_id, _its.kind == CALLBACK, _its.state == SendState.OPEN)
            .values(state=SendState.DONE, ended_at=bindparam("now", type_=Utc))
        )
        return await self._database.write(lambda c: c.execute(done, {"now": now}).rowcount == 1)


def _run(connection: Connection, statement: Any) -> None:
    connection.execute(statement)


def _send(row: Row[Any]) -> KeptSend:
    return KeptSend(
        row.id,
        CallId(row.call_id),
        row.project,
        row.kind,
        row.name,
        row.shown,
        SendState(row.state),
        row.tries,
        row.made_at,
        row.due_at,
        row.ended_at,
        row.why,
    )


def _payload(connection: Connection, row: Row[Any]) -> Mapping[str, Any] | None:
    key = connection.execute(select(call_keys.c.key).where(call_keys.c.call_id == row.call_id)).scalar_one_or_none()
    if key is None:
        return None
    opened: dict[str, Any] = json.loads(CallKey(CallId(row.call_id), key).open(row.payload))
    return opened
