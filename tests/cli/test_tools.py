"""`ivr tools try` against the sample's back end, and `ivr calls callbacks`."""

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from typer.testing import CliRunner, Result

from ivr.cli import app
from ivr.flow.state import BookCallback
from ivr.live.outgoing import new_send
from ivr.sim.backend import BackEnd
from ivr.store import Calls, Sends, open_database
from ivr.units import CallSid

FLOWS = Path(__file__).parents[2] / "flows"
AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


@pytest.fixture
def back_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BackEnd]:
    back_end = BackEnd(tmp_path / "crm.db", "hunter2-token")
    server = uvicorn.Server(uvicorn.Config(back_end.app, port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    monkeypatch.setenv("IVR_API__CRM__URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("IVR_API__CRM__ALLOW_PRIVATE", "yes")
    monkeypatch.setenv("IVR_SECRET_CRM_TOKEN", "hunter2-token")
    monkeypatch.setenv("IVR_DATA_DIR", str(tmp_path / "data"))
    yield back_end
    server.should_exit = True
    thread.join()


def run(*words: str) -> Result:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert "hunter2" not in result.output
    return result


def tried(*words: str) -> Result:
    return run("tools", "try", *words, "--project", str(FLOWS / "support"))


def test_a_look_up_is_shown_whole_without_its_secret(back_end: BackEnd) -> None:
    result = tried("find_account", "--with", "account=12345678")
    assert result.exit_code == 0, result.output
    for line in (
        "/v1/accounts/12345678",
        "Authorization: Bearer ‹CRM_TOKEN›",
        "answer  200 in ",
        "result  ok",
        "kept    first_name: Ana",
        "kept    born: ••••",
    ):
        assert line in result.output, result.output
    told = json.loads(tried("find_account", "--with", "account=12345678", "--json").stdout)
    assert (told["result"], told["status"], told["kept"]["area"]) == ("ok", 200, "N1")
    assert json.loads(tried("find_account", "--with", "account=99999999", "--json").stdout)["result"] == "not_found"


def test_a_change_is_sent_only_when_it_is_wanted(back_end: BackEnd) -> None:
    words = ("note_call", "--with", "account=12345678", "--with", "told=yes")
    refused = tried(*words)
    assert refused.exit_code == 2 and "--yes" in refused.output and back_end.notes() == []
    assert tried(*words, "--dry-run").exit_code == 0 and back_end.notes() == []
    sent = tried(*words, "--yes")
    assert sent.exit_code == 0 and "result  ok" in sent.output
    assert [note["told"] for note in back_end.notes()] == [True]


def test_a_python_tool_is_called(back_end: BackEnd) -> None:
    result = tried("area_fault", "--with", "area=N1")
    assert "python  faults.by_area" in result.output and "result  " in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nothing",), 'there is no tool "nothing"'),
        (("find_account", "--with", "acount=1"), '"find_account" takes no acount; it takes account'),
        (("find_account", "--with", "account=abc"), 'account: "abc" is no digits'),
        (("find_account", "--with", "account"), "--with is written NAME=VALUE"),
        (("billing/find_account",), 'there is no tool "billing/find_account"'),
    ],
)
def test_a_slip_is_told(back_end: BackEnd, words: tuple[str, ...], said: str) -> None:
    result = tried(*words)
    assert result.exit_code == 2 and said in result.output


def test_a_failure_is_told_with_why(back_end: BackEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_API__CRM__ALLOW_PRIVATE", "no")
    result = tried("find_account", "--with", "account=12345678")
    assert result.exit_code == 1
    assert "the address of the api is private" in result.output and "result  failed" in result.output


async def _book(folder: Path) -> str:
    database = open_database(folder)
    calls = Calls(database)
    row, _ = await calls.open_call(CallSid("CA1"), "AC1", caller="+15550107799", dialled="+15550100", now=AT)
    key = await calls.key(row.id)
    assert key is not None
    for number, within in ((1, 2), (2, 1)):
        deed = BookCallback(f"{row.id}:{number}:1", "care", "+15550107799", within * 3_600_000)
        await Sends(database).keep(new_send(row.id, "harbour", deed, AT, dialled="+15550100"), key)
    await database.close()
    return str(row.id)


def test_callbacks_are_listed_by_urgency_and_marked(tmp_path: Path) -> None:
    where = ("--data", str(tmp_path / "data"))
    assert "nobody waits" in run("calls", "callbacks", *where).output
    call_id = asyncio.run(_book(tmp_path / "data"))
    listed = run("calls", "callbacks", *where).output.splitlines()
    assert [line.split()[-1] for line in listed] == [f"{call_id}:2:1", f"{call_id}:1:1"]
    assert listed[0].startswith(f"{AT + timedelta(hours=1):%Y-%m-%d %H:%M}  care ") and "+1555" not in listed[0]
    assert "+15550107799" in run("calls", "callbacks", "--numbers", *where).output
    assert run("calls", "callbacks", "--done", call_id, *where).exit_code == 2  # two begin so
    assert run("calls", "callbacks", "--done", f"{call_id}:2", *where).exit_code == 0
    assert [one["id"] for one in json.loads(run("calls", "callbacks", "--json", *where).stdout)] == [f"{call_id}:1:1"]
    assert f"{call_id}:2:1" in run("calls", "callbacks", "--past", *where).output
    shown = run("calls", "show", call_id, *where).output
    assert "callback  care  done" in shown and "callback  care  open" in shown
