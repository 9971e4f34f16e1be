"""The two databases, as SQLAlchemy speaks to them: their engines, their errors, and what only one of them wants."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, Insert, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool
from sqlalchemy.sql.dml import ReturningInsert

from ivr.errors import SettingsError, StoreError, StoreUnavailable

_BEGIN: Final = "ivr_begin"
TO_WRITE: Final = {_BEGIN: "BEGIN IMMEDIATE"}
"""Execution option of a connection whose transactions have the right to write from their first moment (SQLite)."""
WAL_PAGES: Final = 4000
"""Past 16 MB of log whoever commits puts it into the file; before, `checkpoint` does so beside the writers."""


def sqlite_engine(path: Path, *, synchronous: str, busy_ms: int) -> Engine:
    """WAL, foreign keys, erased bytes overwritten, and transactions that begin as we say, not as the driver would."""
    engine = create_engine(f"sqlite:///{path}", hide_parameters=True, poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={busy_ms}",
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            f"wal_autocheckpoint={WAL_PAGES}",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))

    return engine


def postgres_engine(url: str, *, patience_ms: int, connect_s: int = 5) -> Engine:
    """`patience_ms`: how long one statement may take, and how long sent bytes may go unacknowledged.

    Raises: SettingsError for a text that is no address of a PostgreSQL database.
    """
    parsed = postgres_url(url)
    ours = {
        "connect_timeout": connect_s,
        "tcp_user_timeout": patience_ms,
        "application_name": "ivr",
        "options": f"-c statement_timeout={patience_ms} -c idle_in_transaction_session_timeout={2 * patience_ms}",
    }
    wanted = {name: value for name, value in ours.items() if name not in parsed.query}
    return create_engine(parsed, hide_parameters=True, poolclass=NullPool, connect_args=wanted)


def postgres_url(url: str) -> URL:
    """Raises: SettingsError without a word of the address, which may hold a password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.drivername not in ("postgres", "postgresql", "postgresql+psycopg"):
        raise SettingsError("DATABASE_URL is written like postgresql://user:password@host:5432/name")
    return parsed.set(drivername="postgresql+psycopg")


def shown_url(url: str) -> str:
    """The address without what lets one in."""
    parsed = postgres_url(url)
    return f"postgresql://{parsed.host or 'localhost'}:{parsed.port or 5432}/{parsed.database or ''}"


@cache
def insert_once(table: Table, dialect: str) -> Insert:
    """An INSERT that leaves a row with the same key as it is."""
    if dialect == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


@cache
def _insert_told(table: Table, dialect: str) -> ReturningInsert[Any]:
    return insert_once(table, dialect).returning(next(iter(table.primary_key)))


def insert_new(connection: Connection, table: Table, row: dict[str, Any]) -> bool:
    """One row, unless there is one with its key; whether there was none. (What a driver counts is not told alike.)"""
    return connection.execute(_insert_told(table, connection.dialect.name), row).first() is not None


def checkpoint(path: Path) -> None:
    """Puts the log of a SQLite database into its file as far as nobody needs it; writers go on meanwhile. Without it
    the process that commits the 16th megabyte would wait for the disk with its callers. Blocks. Raises: StoreError."""
    with translated(str(path)):
        connection = sqlite3.connect(path)
        try:
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        finally:
            connection.close()


@contextmanager
def translated(where: str) -> Iterator[None]:
    """The database's errors as StoreError, without the values of the statement."""
    try:
        yield
    except (DBAPIError, OSError, sqlite3.Error) as fault:
        raise store_error(where, fault) from fault


def store_error(where: str, fault: Exception) -> StoreError:
    text = reason(fault) if isinstance(fault, DBAPIError) else str(fault)
    if isinstance(fault, DBAPIError) and passes(fault):
        return StoreUnavailable(f"{where}: {text}")
    return StoreError(f"{where}: {text}")


def passes(fault: DBAPIError) -> bool:
    """Whether the same transaction may well succeed a little later: another process holds the lock, or the server is
    away."""
    orig = fault.orig
    if isinstance(orig, sqlite3.Error):
        return getattr(orig, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    state = getattr(orig, "sqlstate", None)
    if state is None:  # no server has spoken
        return fault.connection_invalidated or type(orig).__name__ in ("OperationalError", "ConnectionTimeout")
    return state[:2] in ("08", "40", "53") or state[:3] == "57P" or state in ("55P03", "57014")


def reason(fault: DBAPIError) -> str:
    """What a database's complaint means and what helps. SQLite's own texts name no values; of PostgreSQL's only the
    first line is taken, which names none either."""
    primary = getattr(getattr(fault.orig, "diag", None), "message_primary", None)
    text = str(primary or fault.orig).partition("\n")[0]
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
    ("Connection refused", "start the server, or correct DATABASE_URL"),
    ("authentication failed", "correct the user and password in DATABASE_URL"),
)
