"""Which process has which call: one living process at most drives a call, and each can ask what the others have."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import and_, or_, select, update

from ivr.store.db import Database
from ivr.store.leases import lives
from ivr.store.tables import calls, leases
from ivr.units import CallId, CallSid

RINGS: Final = timedelta(seconds=35)
"""How long a call that was let in may take to open its stream."""


class Elsewhere(NamedTuple):
    held: frozenset[CallSid]
    """Calls that other living processes have, or let in a moment ago."""
    over: frozenset[CallSid]
    """Of those asked about: they are over."""


class Holders:
    """Asked by the process whose lease this is."""

    def __init__(self, database: Database, lease: str) -> None:
        self._database = database
        self._lease = lease

    async def claim(self, call_id: CallId, now: datetime) -> bool:
        """The call is this process's from here on, unless another living one has it. Raises: StoreError."""
        row = calls.c.id == call_id
        async with self._database.writing() as connection:
            holder = await connection.scalar(select(calls.c.holder).where(row))
            if holder is not None and holder != self._lease:
                other = (await connection.execute(select(leases).where(leases.c.id == holder))).one_or_none()
                if other is not None and lives(other, now):
                    return False
            await connection.execute(update(calls).where(row).values(holder=self._lease))
        return True

    async def elsewhere(self, asked: Collection[CallSid], *, now: datetime) -> Elsewhere:
        """Raises: StoreError."""
        its = calls.c
        others = its.holder.in_(select(leases.c.id).where(leases.c.id != self._lease))
        on_line = or_(its.answered_at.is_not(None), its.started_at > now - RINGS)
        held = and_(its.ended_at.is_(None), others, on_line)
        over = and_(its.call_sid.in_(asked), its.ended_at.is_not(None))
        async with self._database.reading() as connection:
            rows = (await connection.execute(select(its.call_sid, its.ended_at).where(or_(held, over)))).all()
        return Elsewhere(
            frozenset(CallSid(row.call_sid) for row in rows if row.ended_at is None),
            frozenset(CallSid(row.call_sid) for row in rows if row.ended_at is not None),
        )
