"""`ivr replay` and `ivr test --from-call` on a call as the store keeps it."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ivr.call import codec
from ivr.call.made import KEY, made
from ivr.call.textrun import Conversation, Scripted, TextCall
from ivr.catalog import check_folder
from ivr.cli.replay import replay
from ivr.cli.test import test as run_tests
from ivr.flow import engine
from ivr.flow.flow import Bundle
from ivr.flow.scenario import Answer, Given
from ivr.flow.text import Place
from ivr.flow.types import Privacy
from ivr.live.process import seed_of
from ivr.store import CallKey, Calls, Holders, open_database, open_journal
from ivr.units import CallId, CallSid

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
FOUND = {"first_name": "Ana", "born": "1980-05-02", "balance": "42.50", "area": "N1"}

app = typer.Typer()
app.command("replay")(replay)
app.command("test")(run_tests)


def a_talk(bundle: Bundle, call_id: CallId) -> TextCall:
    """The balance, by keys and by voice, then goodbye."""
    answers = {"find_account": (Answer(Place("x", 1, 1), result="ok", kept=FOUND),)}
    state = engine.start(bundle, call_id, "support", NOW, "+15551234567", "+15550100", seed_of(call_id))
    call = TextCall(bundle, state, Scripted(Given(answers=answers)))
    talk = Conversation(call)
    talk.begin()
    talk.speak("It's about my bill")
    talk.press("12345678")
    talk.speak("May second nineteen eighty")
    talk.speak("no")
    assert call.outcome == "completed"
    return call


async def keep(folder: Path, bundle: Bundle) -> CallId:
    database = open_database(folder)
    calls = Calls(database)
    row, _ = await calls.open_call(CallSid("CAabc"), "ACx", caller="+15551234567", dialled="+15550100", now=NOW)
    await Holders(database).begin(row.id, flow="support", bundle=bundle.hash, now=NOW)
    key = await calls.key(row.id)
    assert key is not None
    await calls.finish_call(row.id, now=NOW, outcome="completed", end_reason="it ended", recording=None)
    await database.close()
    write_journal(folder, bundle, row.id, key)
    return row.id


def write_journal(folder: Path, bundle: Bundle, call_id: CallId, key: CallKey) -> None:
    journal = open_journal(folder)
    journal.begin(call_id, key)
    call = a_talk(bundle, call_id)
    state = engine.start(bundle, call_id, "support", NOW, "+15551234567", "+15550100", seed_of(call_id))
    told: dict[str, str] | None = None
    for seq, event in enumerate(call.fed, start=1):
        kind, body = codec.encode_event(event)
        whole = body if told is None else {**body, KEY: told}
        journal.append(call_id, seq, event.at_ms, seq, f"flow.{kind}", whole, Privacy.PII)
        state, effects = engine.step(bundle, state, event)
        told = made(state, effects, key.salt)
    journal.close()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the sample line, which we stand beside."""
    folder = tmp_path / "flows" / "support"
    (folder / "tests").mkdir(parents=True)
    for file in (Path(__file__).parents[2] / "flows" / "support").glob("*.yaml"):
        (folder / file.name).write_text(file.read_text())
    (folder / "tools").mkdir()
    for file in (Path(__file__).parents[2] / "flows" / "support" / "tools").glob("*.py"):
        (folder / "tools" / file.name).write_text(file.read_text())
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def ivr(project: Path, tmp_path: Path) -> Callable[..., tuple[int, str, str]]:
    bundle = check_folder(project).bundle
    assert bundle is not None
    data = tmp_path / "data"
    asyncio.run(keep(data, bundle))

    def run(command: str, *arguments: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(app, [command, *arguments, "--data", str(data)])
        return result.exit_code, result.stdout, result.stderr

    return run


def test_the_same_version_does_the_same(ivr: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = ivr("replay", "last")
    assert code == 0, err
    assert "are the same to the byte" in out
    assert "it ends as completed" in out
    told = json.loads(ivr("replay", "last", "--json")[1])
    assert (told["same"], told["events_unknown"]) == (True, 1)


def test_another_version_is_compared_in_words(ivr: Callable[..., tuple[int, str, str]], project: Path) -> None:
    flow = project / "support.flow.yaml"
    flow.write_text(flow.read_text().replace("- ask: [account, birth_date]", "- ask: [birth_date, account]"))
    code, out, err = ivr("replay", "last")
    assert code == 2
    assert "--with PROJECT" in err
    code, out, err = ivr("replay", "last", "--with", "support")
    assert code == 1, err
    assert "the caller was asked for account; with support as it is now: was asked for birth_date" in out
    assert "comparing stops" in out


def test_a_change_that_the_call_did_not_meet_makes_no_difference(
    ivr: Callable[..., tuple[int, str, str]], project: Path
) -> None:
    flow = project / "support.flow.yaml"
    flow.write_text(flow.read_text().replace("I see no fault in your area.", "There is no fault."))
    code, out, _ = ivr("replay", "last", "--with", "support")
    assert (code, "would have met the same" in out) == (0, True)


def test_no_such_call(ivr: Callable[..., tuple[int, str, str]]) -> None:
    assert ivr("replay", "01NOSUCHCALL")[0] == 2


def test_a_call_becomes_a_test(ivr: Callable[..., tuple[int, str, str]], project: Path) -> None:
    file = project / "tests" / "made.test.yaml"
    code, _, err = ivr("test", "--from-call", "last", "-o", str(file))
    assert code == 0, err
    text = file.read_text()
    assert "end: completed" in text
    for private in ("12345678", "1980-05-02", "May second", "+15551234567"):
        assert private not in text
    assert CliRunner().invoke(app, ["test", str(file)]).exit_code == 0
    assert ivr("test", "--from-call", "last", "-o", str(file))[0] == 3, "no file is overwritten"
