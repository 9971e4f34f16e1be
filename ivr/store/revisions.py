"""The tables' versions: what a database stands at, and bringing it up to date."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, column, inspect, select, table, text

from ivr.errors import StoreError
from ivr.store.engines import postgres_engine, shown_url, sqlite_engine, translated

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_MIGRATE_WITHIN_MS: Final = 600_000
_LOCK: Final = 7_214_605_533
"""Of PostgreSQL's advisory locks, ours: one process migrates at a time."""


def migrate(path: Path, which: str) -> None:
    """Brings the tables of one SQLite file up to date. `which` names a folder of migrations: calls or journal.

    Processes that start at once wait for each other. Raises: StoreError.
    """
    with translated(str(path)), _alone(path.with_suffix(".migrating")):
        engine = sqlite_engine(path, synchronous="FULL", busy_ms=10_000)
        try:
            with engine.begin() as connection:
                _upgrade(connection, which, str(path))
        finally:
            engine.dispose()


def migrate_postgres(url: str) -> None:
    """The tables of calls and the journal, in one database. Raises: SettingsError, StoreError."""
    engine = postgres_engine(url, patience_ms=_MIGRATE_WITHIN_MS)
    with translated(shown_url(url)), engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        for which in ("calls", "journal"):
            _upgrade(connection, which, shown_url(url))


def revision(path: Path) -> str | None:
    """The migration a SQLite file stands at; None without the file or before the first. Raises: StoreError."""
    if not path.exists():
        return None
    engine = sqlite_engine(path, synchronous="FULL", busy_ms=5000)
    with translated(str(path)), engine.connect() as connection:
        return _stands_at(connection, "calls")


def revisions_postgres(url: str) -> dict[str, str | None]:
    """Raises: SettingsError, StoreError."""
    engine = postgres_engine(url, patience_ms=5000)
    with translated(shown_url(url)), engine.connect() as connection:
        return {"calls": _stands_at(connection, "calls"), "journal": _stands_at(connection, "journal")}


def newest_revision(which: str) -> str:
    """The files of migrations are named by their revision, which rises."""
    return max(path.name.partition("_")[0] for path in (_MIGRATIONS / which / "versions").glob("[0-9]*.py"))


def _stands_at(connection: Connection, which: str) -> str | None:
    name = _version_table(connection, which)
    if not inspect(connection).has_table(name):
        return None
    found: str | None = connection.scalar(select(column("version_num")).select_from(table(name)))
    return found


def _version_table(connection: Connection, which: str) -> str:
    """In PostgreSQL both stand in one database."""
    both = connection.dialect.name == "postgresql" and which == "journal"
    return "alembic_version_journal" if both else "alembic_version"


def _upgrade(connection: Connection, which: str, where: str) -> None:
    if _stands_at(connection, which) == newest_revision(which):
        return  # without alembic, whose import takes longer than anything else here
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS / which).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, version_table=_version_table(connection, which))
    try:
        command.upgrade(config, "head")
    except CommandError as fault:
        raise StoreError(
            f"{where} was made by a newer version of ivr: run that version, or another database"
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
