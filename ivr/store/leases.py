"""Which processes live, a row each: the calls of a dead one are closed, those of the living left alone."""

import os
import secrets
import socket
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from ivr.store.db import Database
from ivr.store.tables import leases

HEARTBEAT_EVERY: Final = timedelta(seconds=5)
DEAD_AFTER: Final = timedelta(seconds=15)
"""Without a heartbeat, on another machine. On this one the process itself is looked at."""


class Leases:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, now: datetime) -> str:
        """This process's lease: the holder of its calls. `keep` it alive every HEARTBEAT_EVERY. Raises: StoreError."""
        lease = secrets.token_hex(8)
        row = {
            "id": lease,
            "host": _host(),
            "pid": os.getpid(),
            "process_started": _started(os.getpid()) or "",
            "heartbeat_at": now,
        }
        await self._database.write(lambda c: c.execute(insert(leases), row).rowcount)
        return lease

    async def keep(self, lease: str, now: datetime) -> bool:
        """False: it is gone, since this process was taken for dead; its calls may be others' by now."""
        still = update(leases).where(leases.c.id == lease).values(heartbeat_at=now)
        return await self._database.write(lambda c: c.execute(still).rowcount == 1)

    async def give_back(self, lease: str) -> None:
        await self._database.write(lambda c: c.execute(delete(leases).where(leases.c.id == lease)).rowcount)

    async def alive(self, now: datetime) -> frozenset[str]:
        """The leases of living processes, ours too. Rows of the dead are removed."""

        def work(connection: Connection) -> frozenset[str]:
            rows = connection.execute(select(leases)).all()
            dead = [row.id for row in rows if not lives(row, now)]
            if dead:
                connection.execute(delete(leases).where(leases.c.id.in_(dead)))
            return frozenset(row.id for row in rows) - frozenset(dead)

        return await self._database.write(work)


def lives(lease: Row[Any], now: datetime) -> bool:
    """Whether the process of this row of `leases` does."""
    if lease.host != _host():
        return bool(now - lease.heartbeat_at < DEAD_AFTER)
    if not lease.process_started:  # a system without /proc: the pid alone must do
        return _pid_exists(lease.pid)
    return bool(_started(lease.pid) == lease.process_started)


def _host() -> str:
    """This machine and this space of process ids: containers that share a data folder do not know each other's."""
    try:
        return f"{socket.gethostname()} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return socket.gethostname()


def _started(pid: int) -> str | None:
    """When a process began, in the kernel's ticks: with the pid it names one process and no later one. A process that
    is dead and not yet buried does not count."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if state in "ZX" else fields[18]


def _pid_exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
