"""The database of calls: its engine, its transactions and its migrations. All that only SQLite wants stands here."""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, Insert, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from ivr.errors import SettingsError, StoreError

_shared: ContextVar[AsyncConnection | None] = ContextVar("shared", default=None)
"""The transaction that `together` has opened in this task."""

CALLS_FILE: Final = "ivr.db"
JOURNAL_FILE: Final = "journal.db"
_BEGIN: Final = "ivr_begin"


class Database:
    """The calls' database of one data folder, open for this process. Close it where it was opened."""

    def __init__(self, engine: AsyncEngine, folder: Path) -> None:
        self.folder = folder
        self._reads = engine
        self._writes = engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """One consistent view. Raises: StoreError."""
        with translated(self.folder / CALLS_FILE):
            async with self._reads.begin() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """One transaction that has the right to write from its first moment; inside `together`, a part of that one.
        Raises: StoreError."""
        shared = _shared.get()
        if shared is not None:
            yield shared
            return
        with translated(self.folder / CALLS_FILE):
            async with self._writes.begin() as connection:
                yield connection

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """What this task writes inside is one transaction: all of it or nothing. Raises: StoreError."""
        async with self.writing() as connection:
            before = _shared.set(connection)
            try:
                yield
            finally:
                _shared.reset(before)

    async def close(self) -> None:
        await self._reads.dispose()


def open_database(folder: Path) -> Database:
    """Makes the data folder where it is missing, brings the tables up to date and opens them.

    Blocks for some tens of milliseconds: called once, at start.

    Raises:
        SettingsError: the folder cannot be written.
        StoreError: the database cannot be opened or migrated (full disk, a newer version's tables, a damaged file).
    """
    prepare_folder(folder)
    migrate(folder / CALLS_FILE, "calls")
    engine = create_async_engine(f"sqlite+aiosqlite:///{folder / CALLS_FILE}", hide_parameters=True)
    _speak_sqlite(engine.sync_engine, synchronous="NORMAL", busy_ms=5000)
    return Database(engine, folder)


def open_sync_engine(path: Path, *, synchronous: str, busy_ms: int) -> Engine:
    """For the journal's writer thread and for migrations."""
    engine = create_engine(f"sqlite:///{path}", hide_parameters=True, poolclass=NullPool)
    _speak_sqlite(engine, synchronous=synchronous, busy_ms=busy_ms)
    return engine


def insert_once(table: Table, dialect: str) -> Insert:
    """An INSERT that leaves a row with the same key as it is."""
    if dialect == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


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


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """The database's errors as StoreError, without the values of the statement."""
    try:
        yield
    except DBAPIError as fault:
        raise StoreError(f"{path}: {reason(fault)}") from fault
    except (OSError, sqlite3.Error) as fault:
        raise StoreError(f"{path}: {fault}") from fault


def reason(fault: DBAPIError) -> str:
    """What a database's complaint means and what helps. SQLite's own texts name no values."""
    text = str(fault.orig)
    for sign, fix in _FIXES:
        if sign in text:
            return f"{text}: {fix}"
    return text


_FIXES: Final = (
    ("disk is full", "free some space"),
    ("disk I/O error", "the disk failed or is full: free some space and look at the system's log"),
    ("database is locked", "another program holds it: end that, or wait"),
    ("readonly database", "make the file and its folder writable for this user"),
    ("unable to open database file", "make the file and its folder writable for this user"),
    ("malformed", "the file is damaged: put it aside or restore a copy"),
    ("not a database", "the file is damaged: put it aside or restore a copy"),
)


def migrate(path: Path, which: str) -> None:
    """Brings the tables of one database up to date. `which` names a folder of migrations: calls or journal.

    Processes that start at once wait for each other. Raises: StoreError.
    """
    with translated(path), _alone(path.with_suffix(".migrating")):
        engine = open_sync_engine(path, synchronous="FULL", busy_ms=10_000)
        try:
            with engine.begin() as connection:
                _upgrade(connection, which, path)
        finally:
            engine.dispose()


def revision(path: Path) -> str | None:
    """The migration a database stands at; None without the file or before the first. Raises: StoreError."""
    if not path.exists():
        return None
    from alembic.migration import MigrationContext

    engine = open_sync_engine(path, synchronous="FULL", busy_ms=5000)
    with translated(path), engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision(which: str) -> str | None:
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_alembic(which)).get_current_head()


def _alembic(which: str) -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations" / which).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(connection: Connection, which: str, path: Path) -> None:
    from alembic import command
    from alembic.util.exc import CommandError

    config = _alembic(which)
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as fault:
        raise StoreError(
            f"{path} was made by a newer version of ivr: run that version, or another data folder"
        ) from fault


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One process at a time. The file stays; an empty one costs nothing and removing it would race."""
    file = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


def _speak_sqlite(engine: Engine, *, synchronous: str, busy_ms: int) -> None:
    """WAL, foreign keys, erased bytes overwritten, and transactions that begin as we say, not as the driver would."""

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={busy_ms}",
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))
