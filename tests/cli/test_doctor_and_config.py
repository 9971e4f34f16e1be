import json
import socket
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from ivr.cli import config
from ivr.cli.doctor import doctor
from ivr.store.db import open_database
from ivr.store.revisions import newest_revision

TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (
        "PORT",
        "LOG_LEVEL",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_ACCOUNT_SID",
        "IVR_CONFIG",
        "IVR_DATA_DIR",
        "IVR_HOST",
    ):
        monkeypatch.delenv(name, raising=False)


def run_doctor(*words: str) -> Result:
    app = typer.Typer()
    app.command()(doctor)
    return CliRunner().invoke(app, list(words))


def found(*words: str) -> dict[str, dict[str, str]]:
    return {one["item"]: one for one in json.loads(run_doctor("--json", *words).stdout)}


def test_all_items_have_a_line_and_a_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "0")
    told = found()
    for item in (
        "python",
        "platform",
        "packages",
        "weights",
        "clock",
        "settings",
        "signing",
        "data folder",
        "disk",
        "ivr.db",
        "journal.db",
        "port",
        "workers",
    ):
        assert told[item]["state"] in ("ok", "warn", "fail"), item
    assert told["python"]["state"] == told["packages"]["state"] == told["clock"]["state"] == "ok"
    assert all(one["fix"] for one in told.values() if one["state"] != "ok")
    assert not (tmp_path / "data").exists()
    lines = run_doctor().stdout.splitlines()
    assert lines[0].startswith("ok    python: 3.")


def test_the_judge_of_turns_needs_its_file_only_where_it_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "call.judge" not in found()
    monkeypatch.setenv("IVR_CALL__JUDGE", "true")
    assert found()["call.judge"]["state"] == "ok"


def test_a_taken_port_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("PORT", str(taken.getsockname()[1]))
        port = found()["port"]
    assert port["state"] == "warn"
    assert "--port" in port["fix"]


def test_of_a_key_only_its_end_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", TOKEN)
    shown = run_doctor("--json").stdout
    assert TOKEN not in shown
    assert TOKEN[:28] not in shown
    assert found()["signing"] == {
        "item": "signing",
        "state": "ok",
        "found": "TWILIO_AUTH_TOKEN ends in cdef",
        "fix": "",
    }


def test_a_folder_that_cannot_be_and_wrong_settings_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("IVR_DATA_DIR", str(tmp_path / "file"))
    assert found()["data folder"]["state"] == "fail"
    assert run_doctor().exit_code == 1
    monkeypatch.setenv("IVR_HOST", "0.0.0.0")
    settings = found()["settings"]
    assert settings["state"] == "fail"
    assert "TWILIO_AUTH_TOKEN" in settings["found"]


def test_tables_are_compared_with_the_newest(tmp_path: Path) -> None:
    open_database(tmp_path / "data")
    (tmp_path / "data" / "journal.db").write_bytes(b"no database" * 400)
    told = found()
    assert (told["ivr.db"]["state"], told["ivr.db"]["found"]) == ("ok", f"tables at {newest_revision('calls')}")
    assert told["journal.db"]["state"] == "fail"
    assert "damaged" in told["journal.db"]["found"]


@pytest.mark.speech
def test_what_the_voice_says_the_recogniser_hears() -> None:
    heard = found("--models")["audio round trip"]
    assert heard["state"] == "ok"
    assert "balance" in heard["found"].lower()


def test_config_show_tells_values_and_origins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "office.toml").write_text("max_calls = 7\n")
    monkeypatch.setenv("PORT", "9001")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", TOKEN)
    shown = CliRunner().invoke(config.app, ["show", "--origin", "--config", "office"])
    assert shown.exit_code == 0
    lines = {line.split()[0]: line.split(maxsplit=2)[1:] for line in shown.stdout.splitlines()}
    assert lines["port"] == ["9001", "env PORT"]
    assert lines["max_calls"] == ["7", "file config/office.toml"]
    assert lines["engines"] == ["embedded", "default"]
    assert lines["twilio_auth_token"] == ["••••cdef", "env TWILIO_AUTH_TOKEN"]
    assert TOKEN not in shown.output
    kept = json.loads(CliRunner().invoke(config.app, ["show", "--json"]).stdout)
    assert kept["port"] == {"value": "9001", "origin": "env PORT"}


def test_config_show_with_faults_tells_all_and_exits_3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "many")
    monkeypatch.setenv("IVR_HOTS", "x")
    shown = CliRunner().invoke(config.app, ["show"])
    assert shown.exit_code == 3
    assert len(shown.stderr.splitlines()) == 2
