"""`ivr say` and `ivr hear`: the voice and the recogniser by themselves."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ivr.audio import wav
from ivr.audio.pcm import Pcm
from ivr.cli.hear import hear
from ivr.cli.say import say

app = typer.Typer()
app.command("say")(say)
app.command("hear")(hear)


@pytest.mark.speech
def test_what_is_said_is_heard(tmp_path: Path) -> None:
    file = tmp_path / "said.wav"
    said = CliRunner().invoke(app, ["say", "Your balance is forty two dollars.", "-o", str(file), "--json"])
    assert said.exit_code == 0, said.stderr
    told = json.loads(said.stdout)
    sound = wav.read(file.read_bytes())
    assert sound.rate_hz == 8000
    assert told["sound_ms"] == sound.ms > 1000
    assert 0 < told["first_ms"] <= told["ms"]
    heard = CliRunner().invoke(app, ["hear", str(file), "--json"])
    assert heard.exit_code == 0, heard.stderr
    (one,) = json.loads(heard.stdout)
    assert one["file"] == str(file)
    assert "balance" in one["text"].lower()
    assert one["ms"] > 0


@pytest.mark.speech
def test_a_file_that_cannot_be_read_is_told_and_the_others_are_heard(tmp_path: Path) -> None:
    broken, silent = tmp_path / "broken.wav", tmp_path / "silent.wav"
    broken.write_bytes(b"not sound at all")
    silent.write_bytes(wav.write(Pcm.silence(ms=500, rate_hz=8000)))
    result = CliRunner().invoke(app, ["hear", str(broken), str(silent), "--json"])
    assert result.exit_code == 1
    first, second = json.loads(result.stdout)
    assert "not a WAV file" in first["error"]
    assert (second["text"], second["error"]) == ("", None)


def test_a_missing_file_is_wrong_usage(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["hear", str(tmp_path / "nowhere.wav")]).exit_code == 2
