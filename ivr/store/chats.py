"""Conversations in writing, by whom they are with, and what was answered to which request. Each is a call without a
telephone; between two messages no process has it.

Whom a conversation is with (a telephone number, mostly) and the key of a request are kept as digests, answers sealed
with the key of the call.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from ivr.store.call_rows import call_by_id, call_of, key_of
from ivr.store.db import Database
from ivr.store.engines import insert_new
from ivr.store.ids import new_call_id
from ivr.store.keys import CallKey, mask_number, new_key
from ivr.store.records import CallRow, CallStatus
from ivr.store.tables import call_keys, calls, chat_requests, chats
from ivr.units import CallId

REMEMBERED: Final = timedelta(hours=24)
"""So long the same request is given the same answer."""
MOST_IDLE: Final = 20
"""At once."""

_its: Final = chats.c


class NotOpened(Enum):
    FULL = "full"


@dataclass(frozen=True, slots=True)
class NewChat:
    conversation: str
    project: str
    caller: str
    """The number it comes from; empty: none is known."""
    dialled: str
    flow: str
    bundle: str


@dataclass(frozen=True, slots=True)
class OpenChat:
    row: CallRow
    key: CallKey | None
    """None: its private values were erased."""
    stream: int | None
    """The number of the taking, if it was opened just now; None: it was open, and is to be taken."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """`same`: what is asked is what was asked with this key before. `answer` None: it has none yet."""

    same: bool
    call_id: CallId | None
    answer: Mapping[str, Any] | None


class Chats:
    """`lease` names this process."""

    def __init__(self, database: Database, lease: str | None = None) -> None:
        self._database = database
        self.lease = lease

    async def open(self, new: NewChat, *, now: datetime, idle: timedelta, most: int) -> OpenChat | NotOpened:
        """The conversation that goes on, or another one of `most` at once. Asked twice at the same time it is opened
        once. Raises: StoreError."""
        name = _digest(new.project, new.conversation)

        def work(connection: Connection) -> OpenChat | NotOpened:
            insert_new(connection, chats, {"conversation": name, "call_id": None, "last_at": now})
            kept = connection.execute(select(chats).where(_its.conversation == name).with_for_update()).one()
            row = None if kept.call_id is None else call_by_id(connection, CallId(kept.call_id))
            moved = update(chats).where(_its.conversation == name)
            if row is not None and row.ended_at is None and kept.last_at > now - idle:
                connection.execute(moved.values(last_at=now))
                return OpenChat(row, key_of(connection, row.id), None)
            if _open_now(connection) >= most:
                return NotOpened.FULL
            opened = self._open(connection, new, now)
            connection.execute(moved.values(call_id=opened.row.id, last_at=now))
            return opened

        return await self._database.write(work)

    def _open(self, connection: Connection, new: NewChat, now: datetime) -> OpenChat:
        call_id, secret = new_call_id(now), new_key()
        key = CallKey(call_id, secret)
        row = {
            "id": call_id,
            "call_sid": f"chat:{call_id}",
            "account_sid": "",
            "caller": mask_number(new.caller) if new.caller else "",
            "dialled": mask_number(new.dialled) if new.dialled else "",
            "numbers": key.seal_texts({"caller": new.caller, "dialled": new.dialled}),
            "flow": new.flow,
            "bundle": new.bundle,
            "started_at": now,
            "answered_at": now,
            "status": CallStatus.IN_PROGRESS,
            "holder": self.lease,
            "streams": 1,
            "medium": "text",
        }
        made = connection.execute(insert(calls).returning(*calls.c), row).one()
        connection.execute(insert(call_keys), {"call_id": call_id, "key": secret})
        return OpenChat(call_of(made), key, 1)

    async def latest(self, conversation: str, project: str) -> CallRow | None:
        """Its last call, over or not. Raises: StoreError."""
        last = select(calls).join(chats, _its.call_id == calls.c.id)
        which = last.where(_its.conversation == _digest(project, conversation))

        def work(connection: Connection) -> CallRow | None:
            row = connection.execute(which).one_or_none()
            return None if row is None else call_of(row)

        return await self._database.read(work)

    async def idle(self, before: datetime) -> list[CallRow]:
        """Open ones that nobody wrote in since. Raises: StoreError."""
        waiting = (
            select(calls)
            .join(chats, _its.call_id == calls.c.id, isouter=True)
            .where(calls.c.medium == "text", calls.c.ended_at.is_(None))
            .where(or_(_its.last_at.is_(None), _its.last_at <= before))
            .order_by(calls.c.started_at)
            .limit(MOST_IDLE)
        )
        return await self._database.read(lambda c: [call_of(row) for row in c.execute(waiting)])

    # ---- requests

    async def asked(self, key: str, project: str, asked: str, *, now: datetime) -> ChatRequest | None:
        """What is known of the request with this key; None: it is new, and remembered from now on. Raises:
        StoreError."""
        name, what = _digest(project, key), _digest(project, asked)

        def work(connection: Connection) -> ChatRequest | None:
            new = {"key": name, "asked": what, "made_at": now, "call_id": None, "answer": None}
            if insert_new(connection, chat_requests, new):
                return None
            kept = connection.execute(select(chat_requests).where(chat_requests.c.key == name)).one()
            call_id = None if kept.call_id is None else CallId(kept.call_id)
            sealer = None if call_id is None or kept.answer is None else key_of(connection, call_id)
            answer = None if sealer is None else json.loads(sealer.open(kept.answer))
            return ChatRequest(kept.asked == what, call_id, answer)

        return await self._database.write(work)

    async def answered(self, key: str, project: str, call_id: CallId, answer: Mapping[str, Any]) -> None:
        """Raises: StoreError."""
        which = update(chat_requests).where(chat_requests.c.key == _digest(project, key))

        def work(connection: Connection) -> None:
            sealer = key_of(connection, call_id)
            sealed = None if sealer is None else sealer.seal(json.dumps(answer, ensure_ascii=False).encode())
            connection.execute(which.values(call_id=call_id, answer=sealed))

        await self._database.write(work)

    async def unasked(self, key: str, project: str) -> None:
        """It came to nothing: it may be asked again with the same key. Raises: StoreError."""
        which = delete(chat_requests).where(
            chat_requests.c.key == _digest(project, key), chat_requests.c.call_id.is_(None)
        )
        await self._database.write(lambda c: c.execute(which).rowcount)

    async def forget(self, now: datetime) -> None:
        """Requests of yesterday, and conversations long since over. Raises: StoreError."""
        old = delete(chat_requests).where(chat_requests.c.made_at < now - REMEMBERED)
        open_ones = select(calls.c.id).where(calls.c.medium == "text", calls.c.ended_at.is_(None))
        over = delete(chats).where(_its.last_at < now - REMEMBERED, _its.call_id.not_in(open_ones))

        def work(connection: Connection) -> None:
            connection.execute(old)
            connection.execute(over)

        await self._database.write(work, behind=True)


def request_name(project: str, key: str) -> str:
    """The name of a request's message in the journal."""
    return _digest(project, key)[:32]


def _open_now(connection: Connection) -> int:
    open_ones = select(func.count()).select_from(calls).where(calls.c.medium == "text", calls.c.ended_at.is_(None))
    return int(connection.scalar(open_ones) or 0)


def _digest(project: str, text: str) -> str:
    return hashlib.sha256(f"{project}\0{text}".encode()).hexdigest()
