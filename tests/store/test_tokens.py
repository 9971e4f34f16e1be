import asyncio
import sqlite3
from datetime import timedelta

import pytest

from ivr.store.calls import Calls
from ivr.store.db import Database
from ivr.store.db import open_database as open_again
from ivr.store.tokens import TokenRefused, Tokens
from ivr.units import CallSid
from tests.store.conftest import ACCOUNT, NOW, SID, open_one

SOON = NOW + timedelta(seconds=29)


async def test_a_token_opens_its_call_once(database: Database) -> None:
    call, tokens = await open_one(Calls(database)), Tokens(database)
    token = await tokens.issue_token(call.id, SID, ACCOUNT, now=NOW)
    assert len(token) == 43
    assert await tokens.redeem(token, SID, ACCOUNT, now=SOON) == call.id
    assert await tokens.redeem(token, SID, ACCOUNT, now=SOON) is TokenRefused.USED


async def test_of_many_at_once_in_two_processes_one_wins(database: Database) -> None:
    call, tokens = await open_one(Calls(database)), Tokens(database)
    token = await tokens.issue_token(call.id, SID, ACCOUNT, now=NOW)
    other = open_again(database.folder, database.url)  # what another process of the installation holds
    async with asyncio.TaskGroup() as tasks:
        tried = [
            tasks.create_task(where.redeem(token, SID, ACCOUNT, now=SOON))
            for where in (tokens, Tokens(other))
            for _time in range(5)
        ]
    await other.close()
    assert [task.result() for task in tried].count(call.id) == 1
    assert [task.result() for task in tried].count(TokenRefused.USED) == 9


async def test_a_token_of_another_call_is_refused_and_stays_good_for_its_own(database: Database) -> None:
    call, tokens = await open_one(Calls(database)), Tokens(database)
    token = await tokens.issue_token(call.id, SID, ACCOUNT, now=NOW)
    for sid, account in ((CallSid("CA" + "9" * 32), ACCOUNT), (SID, "AC" + "0" * 32)):
        assert await tokens.redeem(token, sid, account, now=SOON) is TokenRefused.OTHER_CALL
    assert await tokens.redeem(token, SID, ACCOUNT, now=SOON) == call.id


@pytest.mark.parametrize("late_s", [30, 31, 3600])
async def test_a_late_token_is_refused(database: Database, late_s: int) -> None:
    call, tokens = await open_one(Calls(database)), Tokens(database)
    token = await tokens.issue_token(call.id, SID, ACCOUNT, now=NOW)
    assert await tokens.redeem(token, SID, ACCOUNT, now=NOW + timedelta(seconds=late_s)) is TokenRefused.LATE


async def test_an_unknown_token_is_refused(database: Database) -> None:
    for token in ("", "x" * 43, "' OR 1=1 --"):
        assert await Tokens(database).redeem(token, SID, ACCOUNT, now=NOW) is TokenRefused.UNKNOWN


async def test_only_the_hash_is_kept(in_file: Database) -> None:
    call = await open_one(Calls(in_file))
    token = await Tokens(in_file).issue_token(call.id, SID, ACCOUNT, now=NOW)
    with sqlite3.connect(in_file.folder / "ivr.db") as kept:
        dump = "\n".join(kept.iterdump())
    kept.close()
    assert token not in dump
    assert token.encode().hex() not in dump.lower()
