"""`ivr check` and `ivr help CODE` as an operator sees them."""

import json
import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ivr.cli.check import check, explain_code
from tests.flow.projects import PROJECT, flow_text

app = typer.Typer()
app.command()(check)
app.command("help")(explain_code)

FLOW = flow_text("first: [{goto: secnod}]\nsecond: [{end: Bye.}]\nthird: [{end: 'Costs $3.'}]")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "line"
    folder.mkdir()
    (folder / "project.yaml").write_text(PROJECT, encoding="utf-8")
    (folder / "line.flow.yaml").write_text(FLOW, encoding="utf-8")
    return tmp_path


def run(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(args))
    return result.exit_code, result.output


def test_a_mistake_is_shown_with_its_line_its_mark_the_reason_and_where_to_read_more(root: Path) -> None:
    code, out = run("check", "--project", str(root))
    assert code == 1
    lines = out.splitlines()
    at = next(i for i, line in enumerate(lines) if "IVR103" in line)
    assert lines[at] == f'{root}/line/line.flow.yaml:5:18  error  IVR103  There is no node "secnod" in this flow.'
    assert lines[at + 1] == "    5 |   first: [{goto: secnod}]"
    assert lines[at + 2] == '      |                  ^^^^^^ did you mean "second" (line 6)?'
    assert lines[at + 3] == "   why: a caller sent there would have nowhere to go.   docs: ivr help IVR103"
    assert re.fullmatch(r"1 error, 1 warning in 2 files \(\d+\.\d\d s\)", lines[-1])


def test_a_sound_project_ends_with_0_and_a_warning_does_not_change_that(root: Path) -> None:
    (root / "line" / "line.flow.yaml").write_text(FLOW.replace("secnod", "second"), encoding="utf-8")
    code, out = run("check", "line", "--project", str(root))
    assert code == 0
    assert out.splitlines()[-1].startswith("0 errors, 2 warnings in 2 files")


@pytest.mark.parametrize("form", [["--json"], ["--format", "json"]])
def test_json_is_for_machines(root: Path, form: list[str]) -> None:
    code, out = run("check", "--project", str(root), *form)
    first = next(message for message in json.loads(out) if message["severity"] == "error")
    assert code == 1
    assert (first["line"], first["column"], first["width"], first["code"]) == (5, 18, 6, "IVR103")
    assert first["file"].endswith("line/line.flow.yaml") and first["fix"] and first["why"]


def test_github_and_sarif_name_the_same_place(root: Path) -> None:
    _, github = run("check", "--project", str(root), "-f", "github")
    assert "::error file=" in github and "line=5,col=18,title=IVR103::" in github
    _, text = run("check", "--project", str(root), "-f", "sarif")
    sarif = json.loads(text)
    regions = {
        result["ruleId"]: result["locations"][0]["physicalLocation"]["region"] for result in sarif["runs"][0]["results"]
    }
    assert sarif["version"] == "2.1.0"
    assert regions["IVR103"] == {"startLine": 5, "startColumn": 18}


def test_a_folder_and_a_file_name_their_project_too(root: Path) -> None:
    for name in (root / "line", root / "line" / "line.flow.yaml"):
        code, out = run("check", str(name))
        assert code == 1 and "IVR103" in out


def test_what_is_no_project_is_wrong_usage(root: Path, tmp_path: Path) -> None:
    assert run("check", "nothing", "--project", str(root))[0] == 2
    assert run("check", "--project", str(tmp_path / "none"))[0] == 2


def test_every_code_has_a_page_and_an_unknown_one_is_wrong_usage() -> None:
    code, out = run("help", "ivr103")
    assert code == 0 and out.startswith("IVR103  A node that does not exist (structure)")
    assert run("help", "IVR999")[0] == 2
