"""The database of calls: SQLite in the data folder, or PostgreSQL by its address."""

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Connection

from ivr.errors import SettingsError
from ivr.store.clerks import Clerks
from ivr.store.engines import TO_WRITE, checkpoint, postgres_engine, shown_url, sqlite_engine
from ivr.store.journal_places import journal_files
from ivr.store.revisions import migrate, migrate_postgres

T = TypeVar("T")

CALLS_FILE: Final = "ivr.db"
POSTGRES_CLERKS: Final = 4
SQLITE_READERS: Final = 2
_STATEMENT_MS: Final = 5000

Work = Callable[[Connection], T]
"""A transaction, or a part of one. It awaits nothing, changes nothing but the database, and may be done again."""


class Database:
    """The calls' database, open for this process. Close it where it was opened."""

    def __init__(self, folder: Path, url: str | None, reads: Clerks, writes: Clerks) -> None:
        self.folder = folder
        """Where everything lies that is no row: recordings, spools and, without `url`, the database itself."""
        self.url = url
        """The PostgreSQL database; None: SQLite in the folder. It holds a password: never show it."""
        self._reads = reads
        self._writes = writes

    async def read(self, work: Work[T]) -> T:
        """Raises: StoreError."""
        return await self._reads.do(work)

    async def write(self, work: Work[T], *, behind: bool = False) -> T:
        """One transaction that has the right to write from its first moment. `behind`: nobody waits for it, and what
        somebody waits for goes first. Raises: StoreError."""
        return await self._writes.do(work, behind=behind)

    async def tidy(self) -> None:
        """To be asked every few seconds, so that no writer has to. Raises: StoreError."""
        if self.url is None:
            await asyncio.to_thread(checkpoint, self.folder / CALLS_FILE)

    async def close(self) -> None:
        await asyncio.to_thread(self._writes.close)
        await asyncio.to_thread(self._reads.close)


def open_database(folder: Path, url: str | None = None) -> Database:
    """Makes the data folder where it is missing, brings the tables up to date and opens them.

    Blocks for some tens of milliseconds: called once, at start.

    Raises:
        SettingsError: the folder cannot be written, or the URL is none of PostgreSQL's.
        StoreError: the database cannot be reached, opened or migrated (full disk, a newer version's tables, a damaged
            file).
    """
    prepare_folder(folder)
    if url is not None:
        migrate_postgres(url)
        remote = postgres_engine(url, patience_ms=_STATEMENT_MS)
        clerks = Clerks("calls", remote.connect, how_many=POSTGRES_CLERKS, where=shown_url(url))
        return Database(folder, url, clerks, clerks)
    path = folder / CALLS_FILE
    migrate(path, "calls")
    for journal in journal_files(folder):
        migrate(journal, "journal")
    local = sqlite_engine(path, synchronous="NORMAL", busy_ms=_STATEMENT_MS)
    reads = Clerks("calls-read", local.connect, how_many=SQLITE_READERS, where=str(path))
    # Who writes does not wait inside SQLite, whose waiting times grow and let newcomers past: the clerk tries again.
    impatient = sqlite_engine(path, synchronous="NORMAL", busy_ms=0)
    writes = Clerks(
        "calls-write", lambda: impatient.connect().execution_options(**TO_WRITE), how_many=1, where=str(path)
    )
    return Database(folder, None, reads, writes)


def prepare_folder(folder: Path) -> None:
    """Raises: SettingsError naming the folder and what to do."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / f".write-{os.getpid()}"
        probe.write_bytes(b"ok")
        probe.unlink()
    except OSError as fault:
        why = fault.strerror or type(fault).__name__
        raise SettingsError(
            f"the data folder {folder} cannot be written ({why}): make it writable for this user and free some space, "
            "or name another with IVR_DATA_DIR"
        ) from fault


def free_share(folder: Path) -> float:
    """How much of the disk below the data folder is free, 0 to 1; 0 where it does not answer."""
    try:
        disk = shutil.disk_usage(folder)
    except OSError:
        return 0.0
    return disk.free / disk.total
