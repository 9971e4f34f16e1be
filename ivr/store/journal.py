"""The journal: every event a call was fed, ahead of what it made the call do.

One writer thread a process. Who appends never waits; entries are committed together, at most every 20 ms. While the
database does not answer (locked, full, gone) they go to a spool file instead, as durable as there; while neither can be
written they stay in memory, `durable` keeps its callers waiting, and `trouble` says why.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ivr.errors import StoreError
from ivr.flow.types import Privacy
from ivr.store import entries
from ivr.store.db import prepare_folder
from ivr.store.engines import insert_once, reason, translated
from ivr.store.entries import Entry, Row
from ivr.store.journal_places import Place, take_place
from ivr.store.journal_table import journal
from ivr.store.keys import CallKey
from ivr.store.spool import Spool
from ivr.units import CallId, Millis

_COMMIT_EVERY_S: Final = 0.020
_RETRY_EVERY_S: Final = 0.25
_TRYING_SHARE: Final = 4
"""A database that keeps each try waiting is tried so much more seldom that entries reach the spool in between."""
_CLOSE_WITHIN_S: Final = 5.0
_DRAIN_AT_ONCE: Final = 1000
MOST_IN_MEMORY: Final = 100_000
"""Entries that wait for a disk. Past that new ones are dropped and counted; their calls are told by `durable`."""


class _Waiter(NamedTuple):
    call_id: CallId
    seq: int
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[None]


class Journal:
    """Open for one process. `open_journal` makes one; `close` it where it was made."""

    def __init__(self, folder: Path, place: Place, *, url: str | None, most_in_memory: int) -> None:
        self._folder = folder
        self._url = url
        self._most_in_memory = most_in_memory
        self._changed = threading.Condition()
        self._queue: deque[Row] = deque()
        self._held = 0
        self._appended: dict[CallId, int] = {}
        self._durable: dict[CallId, int] = {}
        self._keys: dict[CallId, CallKey] = {}
        self._streams: dict[CallId, int] = {}
        self._broken: set[CallId] = set()
        self._over: set[CallId] = set()
        self._begun: dict[CallId, int] = {}
        self._waiters: list[_Waiter] = []
        self._closing = False
        self._place = place
        self._shelf = _Shelf(folder, place)
        self.dropped = 0
        self._writer = threading.Thread(target=self._write, name="journal", daemon=True)
        self._writer.start()

    @property
    def trouble(self) -> str | None:
        """Why entries are not in the database just now; admission and readiness ask. None: all is well."""
        return self._shelf.trouble

    def begin(self, call_id: CallId, key: CallKey, stream: int = 0) -> None:
        """A call is about to be journalled, or goes on after its stream was lost; its private entries are sealed with
        this key. `stream`: the number of its taking (see holders). Each `begin` has its `forget`."""
        with self._changed:
            self._keys[call_id] = key
            self._streams[call_id] = stream
            self._begun[call_id] = self._begun.get(call_id, 0) + 1
            self._over.discard(call_id)

    def forget(self, call_id: CallId) -> None:
        """A stream of the call is over. With the last one its key and its counters leave memory, once nothing of it
        waits any more."""
        with self._changed:
            left = self._begun.get(call_id, 1) - 1
            if left:
                self._begun[call_id] = left
                return
            self._begun.pop(call_id, None)
            self._keys.pop(call_id, None)
            self._streams.pop(call_id, None)
            self._over.add(call_id)
            self._forget_settled()

    def append(
        self,
        call_id: CallId,
        seq: int,
        at_ms: Millis,
        wall_us: int,
        kind: str,
        body: Mapping[str, Any] | bytes,
        privacy: Privacy = Privacy.OPEN,
    ) -> None:
        """Hands an entry over and returns at once. Within a call `seq` rises."""
        key, stream = self._keys.get(call_id), self._streams.get(call_id, 0)
        row = entries.make_row(call_id, seq, at_ms, wall_us, kind, body, privacy=privacy, key=key, stream=stream)
        with self._changed:
            assert not self._closing, "append after close"
            assert seq > self._appended.get(call_id, -1), "the entries of a call rise"
            self._appended[call_id] = seq
            if len(self._queue) + self._held >= self._most_in_memory:
                self.dropped += 1
                self._broken.add(call_id)
                return
            self._queue.append(row)
            self._changed.notify()

    async def durable(self, call_id: CallId, seq: int) -> None:
        """Returns once this entry (and all before it) would survive a kill -9. Bring your own deadline.

        Raises:
            StoreError: an entry of this call was dropped, so it never will be.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        with self._changed:
            if call_id in self._broken:
                raise StoreError(f"the journal of call {call_id} has a hole: {self.trouble or 'entries were dropped'}")
            if seq <= self._durable.get(call_id, -1):
                return
            assert seq <= self._appended.get(call_id, -1), "waiting for an entry nobody appended"
            self._waiters.append(_Waiter(call_id, seq, loop, future))
        await future

    async def caught_up(self, call_id: CallId) -> None:
        """Returns once all that was appended of a call so far is durable. Raises: StoreError, as `durable` does."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        with self._changed:
            seq = self._appended.get(call_id, -1)
            if call_id in self._broken:
                raise StoreError(f"the journal of call {call_id} has a hole: {self.trouble or 'entries were dropped'}")
            if seq <= self._durable.get(call_id, -1):
                return
            self._waiters.append(_Waiter(call_id, seq, loop, future))
        await future

    def read(self, call_id: CallId, key: CallKey | None = None) -> list[Entry]:
        """What is durable of a call, in order. Blocks. Raises: StoreError."""
        return entries.read_journal(self._folder, call_id, key, url=self._url)

    def open_calls(self) -> list[CallId]:
        """Calls whose journal has no end. Blocks. Raises: StoreError."""
        return entries.read_open_calls(self._folder, url=self._url)

    def close(self) -> None:
        """Writes what waits and stops. Blocks for 5 s at most, where the disk does not answer."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._writer.join(_CLOSE_WITHIN_S)

    def _write(self) -> None:
        held: list[Row] = []
        while True:
            with self._changed:
                self._wait(held)
                if self._closing and not self._queue and not held and not self._shelf.spooling:
                    break
                held.extend(self._queue)
                self._queue.clear()
                self._held = len(held)
                closing = self._closing
            if closing:
                self._shelf.try_now()
            if self._shelf.put(held):
                self._kept(held)
                held = []
                if closing:
                    break  # what is spooled now is drained at the next start
            time.sleep(_COMMIT_EVERY_S)
        self._shelf.close()
        self._place.give_back()

    def _wait(self, held: list[Row]) -> None:
        if held:
            self._changed.wait(_RETRY_EVERY_S)
            return
        while not self._queue and not self._closing:
            self._changed.wait(_RETRY_EVERY_S if self._shelf.spooling else None)
            if self._shelf.spooling:
                return

    def _kept(self, rows: list[Row]) -> None:
        with self._changed:
            self._held = 0
            for row in rows:
                self._durable[row.call_id] = row.seq
            done = [one for one in self._waiters if one.seq <= self._durable.get(one.call_id, -1)]
            self._waiters = [one for one in self._waiters if one.seq > self._durable.get(one.call_id, -1)]
            self._forget_settled()
        for waiter in done:
            try:
                waiter.loop.call_soon_threadsafe(_resolve, waiter.future)
            except RuntimeError:  # that loop is closed: nobody waits there any more
                continue

    def _forget_settled(self) -> None:
        settled = {
            one for one in self._over if self._durable.get(one) == self._appended.get(one) or one in self._broken
        }
        for call_id in settled:
            self._durable.pop(call_id, None)
            self._appended.pop(call_id, None)
        self._broken -= settled
        self._over -= settled


def open_journal(folder: Path, url: str | None = None, *, most_in_memory: int = MOST_IN_MEMORY) -> Journal:
    """Takes a place no living process writes to, brings the tables up to date, takes in what dead processes left in
    their spools, and starts the writer. `url`: of the PostgreSQL database that keeps the journal.

    Raises:
        SettingsError: the folder cannot be written, or as many processes as SQLite serves write there already.
        StoreError: the database cannot be opened.
    """
    prepare_folder(folder)
    place = take_place(folder, url)
    try:
        shelf = _Shelf(folder, place)
        try:
            with translated(place.where):
                for spool in Spool.left_behind(folder):
                    shelf.drain(spool)
        finally:
            shelf.close()
    except BaseException:
        place.give_back()
        raise
    return Journal(folder, place, url=url, most_in_memory=most_in_memory)


class _Shelf:
    """Where rows are put: the database, or the spool while it does not answer. One thread's own."""

    def __init__(self, folder: Path, place: Place) -> None:
        self._folder = folder
        self._place = place
        self._connection: Connection | None = None
        self._spool: Spool | None = None
        self._try_again_at = 0.0
        self.trouble: str | None = None

    @property
    def spooling(self) -> bool:
        return self._spool is not None

    def try_now(self) -> None:
        self._try_again_at = 0.0

    def put(self, rows: list[Row]) -> bool:
        """True: all of them are durable."""
        began = time.monotonic()
        if began >= self._try_again_at:
            try:
                if self._spool is not None:
                    self.drain(self._spool)
                    self._spool = None
                self._commit(rows)
            except (SQLAlchemyError, StoreError, OSError) as fault:
                self._disconnect()
                self.trouble = f"{self._place.where}: {reason(fault) if isinstance(fault, DBAPIError) else fault}"
                now = time.monotonic()
                self._try_again_at = now + max(_RETRY_EVERY_S, _TRYING_SHARE * (now - began))
            else:
                self.trouble = None
                return True
        return self._put_aside(rows)

    def drain(self, spool: Spool) -> None:
        rows = [entries.from_spool(payload) for payload in spool.payloads()]
        for first in range(0, len(rows), _DRAIN_AT_ONCE):
            self._commit(rows[first : first + _DRAIN_AT_ONCE])
        spool.drained()

    def close(self) -> None:
        self._disconnect()
        if self._spool is not None:
            self._spool.close()

    def _put_aside(self, rows: list[Row]) -> bool:
        if not rows:
            return True
        try:
            if self._spool is None:
                self._spool = Spool.create(self._folder)
            self._spool.append([entries.to_spool(row) for row in rows])
        except OSError as fault:
            self.trouble = f"{self._folder}: {fault.strerror}: free some space"
            return False
        return True

    def _commit(self, rows: list[Row]) -> None:
        if not rows:
            return
        connection = self._connected()
        with connection.begin():
            # Once only: a row that a dying process both committed and spooled is one row.
            connection.execute(insert_once(journal, connection.dialect.name), [row._asdict() for row in rows])

    def _connected(self) -> Connection:
        if self._connection is not None and not self._place.is_same():
            self._disconnect()
        if self._connection is None:
            self._connection = self._place.connect()
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            with suppress(SQLAlchemyError):  # it failed before: that was told already
                self._connection.close()
            self._connection = None


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
