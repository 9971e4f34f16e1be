"""Callers whom no flow serves: the server is full, or the carrier could not use its answer."""

from pathlib import Path

import pytest

from ivr.models.engines import Engines
from ivr.sim.dialling import Dialling
from ivr.sim.fake_twilio import Phone
from ivr.store import Calls
from tests.server.carrier import ACCOUNT, new_sid
from tests.server.conftest import Server, serving, settings_in
from tests.server.project import write_project


async def refused(server: Server) -> Phone:
    """Somebody calls while another has the only place."""
    async with server.carrier.call():
        phone = Phone(Dialling(server.url, account_sid=ACCOUNT))
        await phone.call()
    assert phone.faults == []
    return phone


async def test_whom_nobody_serves_leaves_a_message_with_the_carrier(tmp_path: Path, quick: Engines) -> None:
    write_project(tmp_path)
    async with serving(settings_in(tmp_path, max_calls=1, overflow="record"), quick) as server:
        phone = await refused(server)
        assert phone.end is not None and phone.end.how == "completed"
        assert phone.said[0].startswith("All our lines are busy.") and phone.said[-1] == "Thank you. Goodbye."
        row = await server.ended(phone.call_sid)
        assert row.outcome == "message" and row.end_reason is not None and "as RE" in row.end_reason
        assert await Calls(server.database).numbers(row.id) == ("+15550100199", "+15550100100")
        told = {"RecordingUrl": "https://api.twilio.com/Recordings/RE" + "1" * 32}
        await server.carrier.ask("/twilio/overflow/message", phone.call_sid, **told)  # the same once more
        again = await server.row(phone.call_sid)
        assert again is not None and again.end_reason == row.end_reason


async def test_whom_nobody_serves_is_put_through_to_one_number(tmp_path: Path, quick: Engines) -> None:
    write_project(tmp_path)
    async with serving(settings_in(tmp_path, max_calls=1, overflow="+15550107788"), quick) as server:
        phone = await refused(server)
        assert [dialled.target for dialled in phone.dialled] == ["+15550107788"]
        assert phone.end is not None and phone.end.how == "transferred"


@pytest.mark.parametrize(
    ("way", "verb"), [("busy", "something went wrong"), ("record", "<Record"), ("+15550107788", "<Dial")]
)
async def test_so_is_whoever_called_when_our_answer_was_of_no_use(
    tmp_path: Path, quick: Engines, way: str, verb: str
) -> None:
    write_project(tmp_path)
    async with serving(settings_in(tmp_path, overflow=way), quick) as server:
        assert verb in await server.carrier.ask("/twilio/voice/fallback", new_sid(), ErrorCode="11200")


async def test_without_it_they_hear_busy(tmp_path: Path, quick: Engines) -> None:
    write_project(tmp_path)
    async with serving(settings_in(tmp_path, max_calls=1), quick) as server:
        phone = await refused(server)
        assert phone.end is not None and phone.end.how == "rejected"
