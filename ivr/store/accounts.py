"""What is left of calls that are over: each is made once, by one process at a time; one that dies meanwhile leaves it
to another."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from ivr.store.call_rows import call_of, key_of
from ivr.store.db import Database
from ivr.store.engines import insert_new
from ivr.store.records import CallRow
from ivr.store.tables import accounts, calls
from ivr.units import CallId

LOOK_BACK: Final = timedelta(days=7)
"""Calls that ended longer ago are left as they are."""
MOST_TRIES: Final = 3
"""A call that takes a process down each time is left."""

_its: Final = accounts.c


@dataclass(frozen=True, slots=True)
class SpokenWord:
    word: str
    from_ms: int
    to_ms: int
    """Since the call began."""


@dataclass(frozen=True, slots=True)
class Account:
    """`fields`: each with flow, name, value (masked where `private`). `words`: of a turn, by its number, where a
    recogniser told their times; read with the call's key only."""

    language: str
    disposition: str
    summary: str
    made_by: str
    """`offline`, or the name of the engine."""
    fields: Sequence[Mapping[str, Any]] = ()
    words: Mapping[int, Sequence[SpokenWord]] = field(default_factory=dict)


class Accounts:
    """`lease` names this process."""

    def __init__(self, database: Database, lease: str | None = None) -> None:
        self._database = database
        self.lease = lease

    async def take(
        self, alive: Iterable[str], most: int, *, now: datetime, within: timedelta = LOOK_BACK
    ) -> list[CallRow]:
        """Calls that are over and have none, the oldest first, for this process alone. `alive`: leases of processes
        that live. `within`: those that ended so lately; the shorter, the less is looked through. Raises: StoreError."""
        free = (_its.made_at.is_(None), _its.tries < MOST_TRIES, _its.holder.not_in(list(alive)))
        over = (calls.c.ended_at.is_not(None), calls.c.ended_at > now - min(within, LOOK_BACK))
        untouched = select(calls).join(accounts, _its.call_id == calls.c.id, isouter=True)
        new = untouched.where(*over, _its.call_id.is_(None)).order_by(calls.c.ended_at).limit(most)
        left = untouched.where(*over, *free).order_by(calls.c.ended_at).limit(most)

        def look(connection: Connection) -> list[Row[Any]]:
            return [*connection.execute(new), *connection.execute(left)]

        def work(connection: Connection) -> list[CallRow]:
            return [call_of(row) for row in found[:most] if self._mine(connection, row.id, free)]

        found = await self._database.read(look)
        return await self._database.write(work, behind=True) if found else []

    def _mine(self, connection: Connection, call_id: str, free: Sequence[Any]) -> bool:
        row: dict[str, Any] = {"call_id": call_id, "holder": self.lease, "tries": 1, "fields": []}
        row |= {"language": "", "disposition": "", "summary": "", "made_by": ""}
        if insert_new(connection, accounts, row):
            return True
        again = update(accounts).where(_its.call_id == call_id, *free)
        return bool(connection.execute(again.values(holder=self.lease, tries=_its.tries + 1)).rowcount)

    async def keep(self, call_id: CallId, made: Account, *, now: datetime) -> bool:
        """Whether it is this process's to keep. Raises: StoreError."""
        words = {str(no): [[w.word, w.from_ms, w.to_ms] for w in of_turn] for no, of_turn in made.words.items()}

        def work(connection: Connection) -> bool:
            key = key_of(connection, call_id) if words else None
            mine = update(accounts).where(_its.call_id == call_id, _its.holder == self.lease, _its.made_at.is_(None))
            values = {
                "made_at": now,
                "holder": None,
                "language": made.language,
                "disposition": made.disposition,
                "summary": made.summary,
                "made_by": made.made_by,
                "fields": [dict(one) for one in made.fields],
                "words": None if key is None else key.seal(json.dumps(words, ensure_ascii=False).encode()),
            }
            return bool(connection.execute(mine.values(**values)).rowcount)

        return await self._database.write(work, behind=True)

    async def of_call(self, call_id: CallId) -> Account | None:
        """None: there is none (yet). Raises: StoreError."""

        def work(connection: Connection) -> Account | None:
            row = connection.execute(select(accounts).where(_its.call_id == call_id)).one_or_none()
            if row is None or row.made_at is None:
                return None
            key = None if row.words is None else key_of(connection, call_id)
            words = {} if key is None else json.loads(key.open(row.words))
            timed = {int(no): tuple(SpokenWord(*one) for one in of_turn) for no, of_turn in words.items()}
            return Account(row.language, row.disposition, row.summary, row.made_by, tuple(row.fields), timed)

        return await self._database.read(work)
