"""How many calls a split has parted is known when the next call begins."""

from dataclasses import replace

from ivr.store.calls import Calls
from ivr.store.db import Database
from ivr.store.records import KeptNote
from ivr.store.turns import Turns
from ivr.units import CallSid, Millis
from tests.store.conftest import open_one

OTHER_SID = CallSid("CA" + "7" * 32)
NOTE = KeptNote(1, Millis(0), "split", "greeting", "short", "line.flow.yaml:5")


async def test_calls_are_counted_once_each(database: Database) -> None:
    calls, turns = Calls(database), Turns(database)
    first, second = await open_one(calls), await open_one(calls, OTHER_SID)
    await turns.put_notes(first.id, [NOTE, replace(NOTE, no=2), replace(NOTE, no=3, what="other")])
    await turns.put_notes(second.id, [NOTE, replace(NOTE, no=2, kind="node", what="other")])
    assert await turns.split_calls(["greeting", "other", "new"]) == {"greeting": 2, "other": 1, "new": 0}
