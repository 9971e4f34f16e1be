"""Which process has which call, and what the others have.

One process at a time drives a call: the one whose lease stands in the row's `holder`. It gets there by one UPDATE
that succeeds only where nobody has the call or its holder's lease is gone, and that counts the takings (`streams`). A
process that finds the call with another that lives leaves a claim and tries again; the holder looks for claims several
times a second, gives its stream up, has its entries durable and lets go.

The number of the taking fences off who lost a call without knowing it: a machine that stood still, was taken for dead
and goes on. What it writes of the call's end is for its own taking only and changes nothing; its journal entries carry
the number, and those it wrote after the next holder began are left out by every reader (entries.in_force).
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import BindParameter, Connection, and_, bindparam, case, delete, func, or_, select, update

from ivr.store.call_rows import call_by_id, call_of, key_of, numbers_of
from ivr.store.db import Database, Work
from ivr.store.engines import insert_once
from ivr.store.keys import CallKey
from ivr.store.leases import Leases
from ivr.store.records import TERMINAL, CallRow, CallStatus
from ivr.store.tables import Utc, calls, claims, leases
from ivr.store.tokens import TokenRefused, use_token
from ivr.units import CallId, CallSid

_its: Final = calls.c
_WHICH: Final[BindParameter[Any]] = bindparam("which")
_ME: Final[BindParameter[Any]] = bindparam("me")
_OPEN_AND_FREE: Final = (
    _its.id == _WHICH,
    _its.ended_at.is_(None),
    or_(
        _its.answered_at.is_(None),  # it was let in by its holder, and its stream may open anywhere
        _its.holder.is_(None),
        _its.holder == _ME,
        _its.holder.not_in(select(leases.c.id)),
    ),
)
_TAKE: Final = update(calls).where(*_OPEN_AND_FREE).values(holder=_ME, streams=_its.streams + 1).returning(_its.streams)
_BEGIN: Final = (
    update(calls)
    .where(*_OPEN_AND_FREE)
    .values(
        flow=func.coalesce(_its.flow, bindparam("new_flow")),
        bundle=func.coalesce(_its.bundle, bindparam("new_bundle")),
        answered_at=func.coalesce(_its.answered_at, bindparam("now", type_=Utc)),
        status=case((_its.status.in_(TERMINAL), _its.status), else_=CallStatus.IN_PROGRESS),
        holder=_ME,
        streams=_its.streams + 1,
    )
    .returning(*_its)
)
_RELEASE: Final = (
    update(calls).where(_its.id == _WHICH, _its.holder == _ME, _its.streams == bindparam("stream")).values(holder=None)
)
_UNCLAIM: Final = delete(claims).where(claims.c.call_id == _WHICH)
_CLAIMED: Final = (
    select(_its.id, _its.streams)
    .join(claims, claims.c.call_id == _its.id)
    .where(_its.holder == _ME, _its.ended_at.is_(None))
)
_NUMBERS: Final = select(_its.numbers).where(_its.id == _WHICH)


Choose = Callable[[str], tuple[str, str]]
"""By the dialled number: the flow, and the version of its bundle. It is asked in another thread."""


RINGS: Final = timedelta(seconds=35)
"""How long a call that was let in may take to open its stream."""


class Elsewhere(NamedTuple):
    held: frozenset[CallSid]
    """Calls that other living processes of this machine have, or let in a moment ago."""
    over: frozenset[CallSid]
    """Of those asked about: they are over."""


@dataclass(frozen=True, slots=True)
class Connected:
    """A call whose stream has shown its token."""

    row: CallRow
    key: CallKey | None
    """None: its private values were erased."""
    caller: str
    dialled: str
    """Both whole; empty without the key."""
    stream: int | None
    """The number of the taking, if this was the call's first stream; None: it is to be taken."""


class Holders:
    """Asked by the process whose lease this is."""

    def __init__(self, database: Database, lease: str | None = None) -> None:
        self._database = database
        self.lease = lease

    async def connect(
        self, token: str, call_sid: CallSid, account_sid: str, choose: Choose, *, now: datetime
    ) -> Connected | TokenRefused:
        """Everything a stream asks of the store, in one transaction: the token is used, and a call on its first stream
        is taken and begins. Raises: StoreError."""

        def work(connection: Connection) -> Connected | TokenRefused:
            call_id = use_token(connection, token, call_sid, account_sid, now=now)
            if isinstance(call_id, TokenRefused):
                return call_id
            row, key = call_by_id(connection, call_id), key_of(connection, call_id)
            assert row is not None, "a token of a call that is not there"
            sealed = connection.scalar(_NUMBERS, {"which": call_id})
            caller, dialled = ("", "") if key is None else numbers_of(key, sealed)
            if row.answered_at is not None or row.ended_at is not None:
                return Connected(row, key, caller, dialled, None)
            flow, bundle = choose(dialled)
            begun = _begin(connection, call_id, self.lease, flow, bundle, now)
            return (
                Connected(row, key, caller, dialled, None)
                if begun is None
                else Connected(call_of(begun), key, caller, dialled, begun.streams)
            )

        return await self._database.write(work)

    async def begin(self, call_id: CallId, *, flow: str, bundle: str, now: datetime) -> int | None:
        """The stream is up: which flow, in which version, this call keeps to its end. This process has it now: gives
        the number of the taking. None: the call is over, or another has it. Raises: StoreError."""
        begun = await self._database.write(lambda c: _begin(c, call_id, self.lease, flow, bundle, now))
        return None if begun is None else int(begun.streams)

    async def take(self, call_id: CallId, now: datetime) -> int | None:
        """As `begin`, of a call that had a stream before. None: the call is over, or a living process has it; that one
        is asked to let go. Raises: StoreError."""
        mine = {"which": call_id, "me": self.lease}

        def take(connection: Connection) -> int | None:
            stream = connection.execute(_TAKE, mine).scalar_one_or_none()
            if stream is not None:
                connection.execute(_UNCLAIM, mine)
            return stream

        def claim(connection: Connection) -> None:
            connection.execute(insert_once(claims, connection.dialect.name), {"call_id": call_id, "made_at": now})

        stream = await self._database.write(take)
        if stream is None:
            await Leases(self._database).alive(now)  # the dead go
            stream = await self._database.write(take)
        if stream is None:
            await self._database.write(claim)
        return stream

    async def claimed(self) -> list[tuple[CallId, int]]:
        """Those of our calls that others are to go on with, and the numbers of our takings. Raises: StoreError."""
        found = await self._database.read(lambda c: c.execute(_CLAIMED, {"me": self.lease}).all())
        return [(CallId(row.id), int(row.streams)) for row in found]

    async def elsewhere(self, asked: Collection[CallSid], *, now: datetime) -> Elsewhere:
        """Raises: StoreError."""
        here = select(leases.c.host).where(leases.c.id == self.lease).scalar_subquery()
        others = _its.holder.in_(select(leases.c.id).where(leases.c.id != self.lease, leases.c.host == here))
        on_line = or_(_its.answered_at.is_not(None), _its.started_at > now - RINGS)
        held = and_(_its.ended_at.is_(None), _its.medium == "phone", others, on_line)
        over = and_(_its.call_sid.in_(asked), _its.ended_at.is_not(None))
        query = select(_its.call_sid, _its.ended_at).where(or_(held, over))
        rows = await self._database.read(lambda c: c.execute(query).all())
        return Elsewhere(
            frozenset(CallSid(row.call_sid) for row in rows if row.ended_at is None),
            frozenset(CallSid(row.call_sid) for row in rows if row.ended_at is not None),
        )

    def releasing(self, call_id: CallId, stream: int) -> Work[None]:
        """The stream is over and the call is not: no process has it until the carrier asks how it goes on."""
        mine = {"which": call_id, "me": self.lease, "stream": stream}

        def work(connection: Connection) -> None:
            connection.execute(_RELEASE, mine)

        return work

    async def release(self, call_id: CallId, stream: int) -> None:
        """Raises: StoreError."""
        await self._database.write(self.releasing(call_id, stream))


def _begin(connection: Connection, call_id: CallId, lease: str | None, flow: str, bundle: str, now: datetime) -> Any:
    values = {"which": call_id, "me": lease, "new_flow": flow, "new_bundle": bundle, "now": now}
    return connection.execute(_BEGIN, values).one_or_none()
