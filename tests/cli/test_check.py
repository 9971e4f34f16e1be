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
    assert out.splitlines()[-1].startswith("0 errors, 4 warnings in 2 files")


@pytest.mark.parametrize("form", [["--json"], ["--format", "json"]])
def test_json_is_for_machines(root: Path, form: list[str]) -> None:
    code, out = run("check", "--project", str(root), *form)
    first = next(message for message in json.loads(out) if message["severity"] == "error")
    assert code == 1
    assert (first["line"], first["column"], first["width"], first["code"]) == (5, 18, 6, "IVR103")
    assert first["file"].endswith("line/line.flow.yaml") and first["fix"] and first["why"]


def test_github_and_sarif_name_the_same_place(root: Path) -> None:
    _, github = run("check", "--project", str(root), "-f", "github")
    assert "::error file=" in github and "line=5,col=18,endColumn=23,title=IVR103::" in github
    _, text = run("check", "--project", str(root), "-f", "sarif")
    sarif = json.loads(text)
    regions = {
        result["ruleId"]: result["locations"][0]["physicalLocation"]["region"] for result in sarif["runs"][0]["results"]
    }
    assert sarif["version"] == "2.1.0"
    assert regions["IVR103"] == {"startLine": 5, "startColumn": 18, "endColumn": 24}


def test_sarif_keeps_the_rules_of_its_schema_and_shows_what_was_waived_and_why(root: Path) -> None:
    waived = FLOW.replace("secnod", "second").replace(
        "  third:", "  # ivr: ignore IVR601 kept for the spring\n  third:"
    )
    (root / "line" / "line.flow.yaml").write_text(waived, encoding="utf-8")
    _, text = run("check", "--project", str(root), "-f", "sarif")
    sarif = json.loads(text)
    assert set(sarif) == {"$schema", "version", "runs"}
    (one,) = sarif["runs"]
    rules = one["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted({result["ruleId"] for result in one["results"]})
    assert all(rule["shortDescription"]["text"].endswith(".") and rule["help"]["text"] for rule in rules)
    for result in one["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning") and result["message"]["text"]
        place = result["locations"][0]["physicalLocation"]
        assert "://" not in place["artifactLocation"]["uri"] and " " not in place["artifactLocation"]["uri"]
        assert 1 <= place["region"]["startColumn"] < place["region"]["endColumn"]
    suppressed = [result for result in one["results"] if "suppressions" in result]
    assert [result["ruleId"] for result in suppressed] == ["IVR601"]
    assert suppressed[0]["suppressions"] == [{"kind": "inSource", "justification": "kept for the spring"}]


def test_strict_makes_a_warning_count(root: Path) -> None:
    (root / "line" / "line.flow.yaml").write_text(FLOW.replace("secnod", "second"), encoding="utf-8")
    assert run("check", "--project", str(root))[0] == 0
    assert run("check", "--project", str(root), "--strict")[0] == 1


def test_quiet_shows_errors_alone(root: Path) -> None:
    _, out = run("check", "--project", str(root), "--quiet")
    assert "IVR103" in out and "IVR311" not in out and "files (" not in out


def test_a_waiver_that_nothing_needs_is_told_once_all_errors_are_gone(root: Path) -> None:
    idle = FLOW.replace("  first:", "  # ivr: ignore IVR310 a long menu once stood here\n  first:")
    (root / "line" / "line.flow.yaml").write_text(idle, encoding="utf-8")
    assert "IVR008" not in run("check", "--project", str(root))[1]
    (root / "line" / "line.flow.yaml").write_text(idle.replace("secnod", "second"), encoding="utf-8")
    _, out = run("check", "--project", str(root))
    assert "line.flow.yaml:5:3  warning  IVR008  Nothing here is told IVR310, so this waiver waives nothing." in out


def test_in_a_projects_own_folder_it_is_checked_without_being_named(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root / "line")
    code, out = run("check")
    assert code == 1 and out.startswith("line.flow.yaml:5:18  error")


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


def test_an_agent_is_told_to_need_a_model(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flow = flow_text("""
        first:
          - agent: host
            goal: Be kind.
            exits: {done: {about: all is said, goto: bye}}
            on: {limit: {goto: bye}, model_down: {goto: bye}, blocked: {goto: bye}}
        bye: [{end: Bye.}]
        """)
    (root / "line" / "line.flow.yaml").write_text(flow, encoding="utf-8")
    code, out = run("check", "--project", str(root))
    assert code == 0 and "line.flow.yaml:6: this agent needs a model" in out
    assert "needs a model" not in run("check", "--quiet", "--project", str(root))[1]
    monkeypatch.setenv("OPENAI_API_KEY", "a-key-of-these-tests")
    assert "needs a model" not in run("check", "--project", str(root))[1]


def test_mistakes_in_tests_are_told_too(root: Path) -> None:
    (root / "line" / "line.flow.yaml").write_text(FLOW.replace("secnod", "second"), encoding="utf-8")
    (root / "line" / "tests").mkdir()
    file = root / "line" / "tests" / "line.test.yaml"
    tests = "  - {name: a, talk: [{node: secnd}]}\n  - {name: b, talk: [{cller: x}]}\n"
    file.write_text(f"schema: callscript/1\nflow: line\ntests:\n{tests}", encoding="utf-8")
    code, out = run("check", "--project", str(root), "--json")
    told = [message for message in json.loads(out) if message["severity"] == "error"]
    assert code == 1
    assert [(message["code"], message["line"], message["column"]) for message in told] == [
        ("IVR103", 4, 29),
        ("IVR101", 5, 23),
    ]
    assert told[0]["file"].endswith("line/tests/line.test.yaml")


def test_an_end_that_no_test_comes_to_is_told_and_one_that_a_test_comes_to_is_not(root: Path) -> None:
    nodes = """
    first: [{menu: What?, options: {a: {hear: [one], key: "1", goto: one}, b: {hear: [two], key: "2", goto: two}}}]
    one: [{transfer: care, on: {no_answer: {end: Nobody.}, failed: {end: Sorry.}}}]
    two: [{end: Bye.}]
    """
    (root / "line" / "line.flow.yaml").write_text(flow_text(nodes), encoding="utf-8")
    _, out = run("check", "--project", str(root))
    assert 'IVR608  Nothing tests "line"' in out
    tests = root / "line" / "tests"
    tests.mkdir()
    talk = "talk: [{asks: first}, {keys: 2, end: completed}]"
    text = f"schema: callscript/1\nflow: line\ntests:\n  - name: two\n    {talk}\n"
    (tests / "line.test.yaml").write_text(text, encoding="utf-8")
    _, out = run("check", "--project", str(root))
    told = re.findall(r"line.flow.yaml:(\d+):\d+  warning  IVR608  (.*)", out)
    assert told == [
        ("6", "No test comes to the transfer to care."),
        ("6", "No test comes to this end of the call."),
    ]
    given = "given: {answers: {care: {no_answer: {}}}}"
    more = f"{text}  - name: one\n    {given}\n    talk: [{{asks: first}}, {{keys: 1, end: completed}}]\n"
    (tests / "line.test.yaml").write_text(more, encoding="utf-8")
    assert "IVR608" not in run("check", "--project", str(root))[1]
