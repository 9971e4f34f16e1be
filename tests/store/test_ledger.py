"""What of a prompt was sent, acknowledged and heard is kept, also in a data folder that an earlier version made."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from ivr import store
from ivr.store.calls import Calls
from ivr.store.db import CALLS_FILE, Database, open_database
from ivr.store.records import KeptMark, Turn
from ivr.store.turns import Turns
from ivr.units import Millis
from tests.store.conftest import open_one

SAID = Turn(
    1,
    "bot",
    Millis(0),
    Millis(1300),
    generated="one two three four",
    sent="one two three",
    heard="one two",
    acknowledged="one",
    acknowledged_ms=500,
    interrupted=True,
)


async def keep(database: Database) -> Turns:
    calls, turns = Calls(database), Turns(database)
    call = await open_one(calls)
    key = await calls.key(call.id)
    assert key is not None
    ended = [
        KeptMark("s/1", 1, Millis(0), Millis(500), "acknowledged"),
        KeptMark("s/2", 1, Millis(0), Millis(1300), "cleared"),
    ]
    await turns.put_turn(call.id, SAID, key, ended)
    return turns


async def test_each_stage_of_a_prompt_is_kept_with_its_receipts(database: Database) -> None:
    turns = await keep(database)
    call = (await Calls(database).latest())[0]
    assert await turns.turns(call.id) == [SAID]
    assert [mark.end for mark in await turns.marks(call.id)] == ["acknowledged", "cleared"]


def older(path: Path, revision: str) -> None:
    """The database as an earlier version left it."""
    config = Config()
    config.set_main_option("script_location", str(Path(store.__file__).parent / "migrations" / "calls"))
    config.set_main_option("path_separator", "os")
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes.update(connection=connection, version_table="alembic_version")
        command.downgrade(config, revision)
    engine.dispose()


async def test_turns_of_an_earlier_version_stay_and_say_that_nothing_is_known(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    await keep(database)
    await database.close()
    older(tmp_path / CALLS_FILE, "0001")
    database = open_database(tmp_path)
    try:
        call = (await Calls(database).latest())[0]
        (turn,) = await Turns(database).turns(call.id)
        assert (turn.heard, turn.acknowledged, turn.acknowledged_ms) == ("one two", "", None)
    finally:
        await database.close()
