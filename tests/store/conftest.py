from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from ivr.store.calls import Calls
from ivr.store.db import Database, open_database
from ivr.store.records import CallRow
from ivr.units import CallSid

NOW = datetime(2026, 11, 24, 9, 30, 0, 123456, tzinfo=UTC)
SID = CallSid("CA" + "0123456789abcdef" * 2)
ACCOUNT = "AC" + "f" * 32
CALLER = "+15551234567"
DIALLED = "+15559876500"


@dataclass(frozen=True, slots=True)
class Home:
    """Where one installation keeps what it keeps."""

    folder: Path
    url: str | None


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    url = request.getfixturevalue("postgres_url") if request.param == "PostgreSQL" else None
    return Home(tmp_path / "data", url)


@pytest.fixture
async def database(home: Home) -> AsyncIterator[Database]:
    """Of each kind."""
    opened = open_database(home.folder, home.url)
    yield opened
    await opened.close()


@pytest.fixture
async def in_file(tmp_path: Path) -> AsyncIterator[Database]:
    """SQLite's."""
    opened = open_database(tmp_path / "data")
    yield opened
    await opened.close()


async def run_sql(database: Database, statement: str, **values: object) -> None:
    await database.write(lambda connection: connection.execute(text(statement), values).rowcount)


async def open_one(calls: Calls, sid: CallSid = SID) -> CallRow:
    call, _created = await calls.open_call(sid, ACCOUNT, caller=CALLER, dialled=DIALLED, now=NOW)
    return call
