"""`ivr call`: what the command line means."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ivr.cli.call import CallCommand, acts_as_written, call

app = typer.Typer()
app.command("call", cls=CallCommand)(call)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def test_acts_keep_the_order_they_were_written_in() -> None:
    arguments = ["support", "--say", "hello", "--press=12#", "--noise", "20", "--say", "--press", "--silence", "8s"]
    assert acts_as_written(arguments) == [
        ("--say", "hello"),
        ("--press", "12#"),
        ("--say", "--press"),
        ("--silence", "8s"),
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--press", "12x"],
        ["--silence", "long"],
        ["--interrupt", "stop"],
        ["--dial", "maybe"],
        ["support", "--url", "http://127.0.0.1:1"],
        ["--wav", "nowhere.wav"],
        ["--script", "nowhere.test.yaml"],
        ["--loss", "101"],
    ],
)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    code, _ = run(*arguments)
    assert code == 2


def test_a_script_with_mistakes_is_wrong_usage_and_names_the_place(tmp_path: Path) -> None:
    file = tmp_path / "x.test.yaml"
    file.write_text("schema: callscript/1\nflow: a\ntests:\n  - name: n\n    talk:\n      - {shouts: hello}\n")
    code, output = run("--script", str(file))
    assert code == 2
    assert ":6:" in output


def test_a_script_and_acts_exclude_each_other(tmp_path: Path) -> None:
    code, output = run("--script", str(tmp_path / "x"), "--say", "hello")
    assert code == 2
    assert "leave out" in output


def test_something_that_is_no_wav_is_refused_before_a_call_is_placed(tmp_path: Path) -> None:
    file = tmp_path / "x.wav"
    file.write_bytes(b"RIFF nothing")
    code, output = run("--wav", str(file))
    assert code == 2
    assert "WAV" in output


@pytest.mark.speech
def test_a_server_that_is_not_there_is_a_failed_call() -> None:
    code, output = run("--url", "http://127.0.0.1:9")
    assert code == 1
    assert "11205" in output
