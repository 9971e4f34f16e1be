"""Where the journal is kept: in files of the data folder, or in PostgreSQL beside the calls.

With SQLite there is one file for each process that writes, so that no two wait for one file's lock. A process holds a
lock on its file's name for its life and the next one to start takes the first that is free, so a dead process's file
goes on being written by who takes its place. Entries of one call may stand in several files: it may have gone over from
one process to another. Readers take no lock and look through all files.
"""

import fcntl
import os
from pathlib import Path
from typing import Any, Final, Protocol, Self

from sqlalchemy import Connection, Select

from ivr.errors import SettingsError
from ivr.store.engines import TO_WRITE, postgres_engine, shown_url, sqlite_engine, translated
from ivr.store.revisions import migrate, migrate_postgres

JOURNAL_FILE: Final = "journal.db"
MOST_WRITERS: Final = 4
"""Past this many SQLite's one lock on the calls' database is what they wait for."""
_READ_MS: Final = 5000
_BUSY_MS: Final = 50
"""How long one try waits for a locked file before the spool takes the entries."""
_ANSWER_MS: Final = 1000
_CONNECT_S: Final = 2
"""The least that PostgreSQL's library knows."""


def journal_files(folder: Path) -> list[Path]:
    """Those that are there."""
    return [path for path in _names(folder) if path.exists()]


def journal_rows(folder: Path, url: str | None, query: Select[Any]) -> list[Any]:
    """What every database that may have entries answers. Blocks. Raises: SettingsError, StoreError."""
    if url is not None:
        with translated(shown_url(url)), postgres_engine(url, patience_ms=_READ_MS).connect() as connection:
            return list(connection.execute(query))
    rows: list[Any] = []
    for path in journal_files(folder):
        engine = sqlite_engine(path, synchronous="FULL", busy_ms=_READ_MS)
        with translated(str(path)), engine.connect() as connection:
            rows.extend(connection.execute(query))
    return rows


class Place(Protocol):
    """Where one process writes."""

    @property
    def where(self) -> str:
        """For errors."""
        ...

    def connect(self) -> Connection:
        """Makes the table where it is missing."""
        ...

    def is_same(self) -> bool:
        """Whether what was connected to is still what is there."""
        ...

    def give_back(self) -> None: ...


def take_place(folder: Path, url: str | None) -> Place:
    """With the tables up to date. Raises: SettingsError, StoreError."""
    if url is not None:
        return OnServer(url)
    place = InFile.take(folder)
    try:
        for path in dict.fromkeys([place.path, *journal_files(folder)]):
            migrate(path, "journal")
    except BaseException:
        place.give_back()
        raise
    return place


class InFile:
    """One file, and the right to write it."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self.where = str(path)
        self._lock = lock
        self._inode = 0

    @classmethod
    def take(cls, folder: Path) -> Self:
        """The first that no living process has. Raises: SettingsError when all are taken."""
        for path in _names(folder):
            lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
            else:
                return cls(path, lock)
        raise SettingsError(
            f"{MOST_WRITERS} processes write to the data folder {folder} already: SQLite serves no more. "
            "Run fewer workers, or set DATABASE_URL to a PostgreSQL database"
        )

    def connect(self) -> Connection:
        if not self.path.exists():
            migrate(self.path, "journal")
        engine = sqlite_engine(self.path, synchronous="FULL", busy_ms=_BUSY_MS)
        connection = engine.connect().execution_options(**TO_WRITE)
        self._inode = self._inode_now()
        return connection

    def is_same(self) -> bool:
        return self._inode == self._inode_now()

    def give_back(self) -> None:
        os.close(self._lock)

    def _inode_now(self) -> int:
        """0: the file was moved or removed."""
        try:
            return self.path.stat().st_ino
        except FileNotFoundError:
            return 0


class OnServer:
    """The table in PostgreSQL, which all processes write."""

    def __init__(self, url: str) -> None:
        """Raises: SettingsError, StoreError."""
        migrate_postgres(url)
        self.where = shown_url(url)
        self._engine = postgres_engine(url, patience_ms=_ANSWER_MS, connect_s=_CONNECT_S)

    def connect(self) -> Connection:
        return self._engine.connect()

    def is_same(self) -> bool:
        return True

    def give_back(self) -> None:
        self._engine.dispose()


def _names(folder: Path) -> list[Path]:
    first = folder / JOURNAL_FILE
    return [first, *(first.with_stem(f"{first.stem}-{number}") for number in range(2, MOST_WRITERS + 1))]
