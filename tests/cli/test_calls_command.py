import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ivr.audio import wav
from ivr.cli.calls import app
from ivr.flow.types import Privacy
from ivr.store import (
    Calls,
    Holders,
    Journal,
    Quality,
    Recorder,
    ToolCall,
    ToolState,
    Turn,
    Turns,
    open_database,
    open_journal,
)
from ivr.units import CallId, CallSid, Millis

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def ivr_calls(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


async def _keep_a_call(folder: Path) -> CallId:
    database = open_database(folder)
    calls, turns = Calls(database), Turns(database)
    call, _ = await calls.open_call(CallSid("CAabc"), "ACx", caller="+15551234567", dialled="+15559876500", now=NOW)
    await Holders(database).begin(call.id, flow="support", bundle="0123456789abcdef", now=NOW)
    key = await calls.key(call.id)
    assert key is not None
    for turn in (
        Turn(1, "bot", Millis(300), Millis(2000), "Welcome. How can I help?", "Welcome. How can I help?", "Welcome."),
        Turn(2, "caller", Millis(2500), Millis(3100), words="my <b>balance\x1b[31m", score=-0.21),
        Turn(
            3,
            "caller",
            Millis(5000),
            Millis(7000),
            words="••••",
            privacy=Privacy.PII,
            unmasked={"words": "canary four two"},
        ),
        Turn(
            4, "bot", Millis(7400), Millis(9000), "Fine.", "Fine.", "Fine.", latencies={"text": 210, "first_audio": 420}
        ),
        Turn(
            5,
            "bot",
            Millis(9100),
            Millis(9400),
            "A long story.",
            "A long story.",
            "A long",
            acknowledged="A",
            acknowledged_ms=200,
            interrupted=True,
        ),
    ):
        await turns.put_turn(call.id, turn, key)
    tool = ToolCall("e1", "look_up", Millis(7100), False, ToolState.DONE, 31, "found")
    await turns.put_tool(call.id, tool)
    recorder = Recorder(folder)
    recording = recorder.open(call.id)
    recording.caller(0, bytes([1]) * 80_000)
    recording.pause(40_000)
    recording.resume(56_000)
    recording.close(80_000)
    kept = await recording.finished()
    recorder.close()
    await calls.finish_call(
        call.id,
        now=NOW + timedelta(seconds=10),
        outcome="done",
        end_reason="the flow ended it",
        quality=Quality(gaps_ms=40),
        recording=kept.path,
    )
    await database.close()
    _journal(open_journal(folder), call.id, key)
    return call.id


def _journal(journal: Journal, call_id: CallId, key: object) -> None:
    from ivr.store import CallKey

    assert isinstance(key, CallKey)
    journal.begin(call_id, key)
    journal.append(call_id, 1, Millis(0), 1_000_000, "answered", {"flow": "support"})
    journal.append(call_id, 2, Millis(7000), 8_000_000, "words", {"text": "canary four two"}, Privacy.PII)
    journal.close()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def call(data: Path) -> CallId:
    return asyncio.run(_keep_a_call(data))


def test_the_list_says_how_calls_ended(data: Path, call: CallId) -> None:
    shown = ivr_calls("list", "--data", str(data))
    assert shown.exit_code == 0
    head, line = shown.stdout.splitlines()
    assert head.split() == ["CALL", "STARTED", "(UTC)", "LENGTH", "FROM", "FLOW", "ENDED"]
    assert re.split(r"  +", line) == [call, "2026-11-24 09:30:00", "0:10.0", "••••67", "support", "done"]
    (row,) = json.loads(ivr_calls("list", "--json", "--data", str(data)).stdout)
    assert (row["id"], row["outcome"], row["seconds"], row["caller"]) == (call, "done", 10.0, "••••67")


def test_show_tells_what_was_said_heard_and_done_in_order(data: Path, call: CallId) -> None:
    shown = ivr_calls("show", call[:14], "--data", str(data))
    assert shown.exit_code == 0
    lines = shown.stdout.splitlines()
    assert "outcome" not in lines[0] and call in lines[0]
    assert [line.split()[0] for line in lines[-6:]] == ["0:00.3", "0:02.5", "0:05.0", "0:07.1", "0:07.4", "0:09.1"]
    assert lines[-3].endswith("tool    look_up -> found in 31 ms")
    assert "[text 210 ms, first_audio 420 ms]" in lines[-2]
    assert "[interrupted; heard: A long (200 of 300 ms acknowledged)]" in lines[-1]
    assert "paused both from 0:05.0" in shown.stdout
    assert "\x1b" not in shown.stdout
    assert "canary" not in shown.stdout


def test_show_as_json_is_masked(data: Path, call: CallId) -> None:
    shown = json.loads(ivr_calls("show", "last", "--json", "--data", str(data)).stdout)
    assert [turn["who"] for turn in shown["turns"]] == ["bot", "caller", "caller", "bot", "bot"]
    assert shown["turns"][2]["words"] == "••••"
    assert shown["tools"][0]["result"] == "found"
    assert shown["recorded"]["ms"] == 10_000
    assert shown["quality"]["gaps_ms"] == 40
    assert "canary" not in json.dumps(shown)
    assert "answer" not in shown


def test_export_writes_recording_transcript_and_journal(data: Path, call: CallId, tmp_path: Path) -> None:
    done = ivr_calls("export", "CAabc", "-o", str(tmp_path / "new"), "--data", str(data))
    assert done.exit_code == 0
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        f"{call}.{end}" for end in ("json", "vtt", "wav")
    ]
    caller, bot = wav.read_channels((tmp_path / "new" / f"{call}.wav").read_bytes())
    assert len(caller) == len(bot) == 80_000

    whole = json.loads((tmp_path / "new" / f"{call}.json").read_text())
    assert [entry["kind"] for entry in whole["journal"]] == ["answered", "words"]
    assert whole["journal"][0]["body"] == {"flow": "support"}
    assert whole["journal"][1]["private"] is True

    cues = (tmp_path / "new" / f"{call}.vtt").read_text()
    assert cues.startswith("WEBVTT\n\nNOTE call ")
    assert "00:00:02.500 --> 00:00:03.100\n<v Caller>my &lt;b&gt;balance [31m" in cues
    assert "<v Bot>A long\n" in cues
    for path in (tmp_path / "new").iterdir():
        assert b"canary" not in path.read_bytes()


def test_export_of_one_format(data: Path, call: CallId, tmp_path: Path) -> None:
    done = ivr_calls("export", "--format", "pcm16", "-o", str(tmp_path), "--json", "--data", str(data))
    assert json.loads(done.stdout) == [str(tmp_path / f"{call}.pcm16.wav")]
    assert (tmp_path / f"{call}.pcm16.wav").read_bytes()[20:22] == b"\x01\x00"


def test_a_call_that_is_none_is_wrong_usage(data: Path, call: CallId) -> None:
    for words in (["show", "0000"], ["export", "nothing"], ["show", "../../etc"]):
        done = ivr_calls(*words, "--data", str(data))
        assert done.exit_code == 2
        assert "ivr calls list" in done.stderr
        assert done.stdout == ""


def test_where_nothing_was_kept_nothing_is_made(tmp_path: Path) -> None:
    done = ivr_calls("list", "--data", str(tmp_path / "none"))
    assert (done.exit_code, done.stdout) == (0, "")
    assert "ivr call" in done.stderr
    assert json.loads(ivr_calls("list", "--json", "--data", str(tmp_path / "none")).stdout) == []
    assert ivr_calls("show", "--data", str(tmp_path / "none")).exit_code == 2
    assert not (tmp_path / "none").exists()


def test_a_damaged_database_is_one_line_and_exit_3(tmp_path: Path) -> None:
    (tmp_path / "ivr.db").write_bytes(b"no database" * 400)
    done = ivr_calls("list", "--data", str(tmp_path))
    assert done.exit_code == 3
    assert "damaged" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_export_that_cannot_be_written_leaves_nothing(data: Path, call: CallId, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = ivr_calls("export", "-o", str(tmp_path / "file" / "x"), "--data", str(data))
    assert done.exit_code == 3
    assert "-o" in done.stderr
