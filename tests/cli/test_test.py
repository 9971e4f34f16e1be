"""`ivr test`: whole projects by text, what is told of them, and the exit codes."""

import json
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
import typer
from typer.testing import CliRunner

from ivr.cli.test import test as command

PROJECT = """\
schema: callflow/1
project: shop
zone: Europe/London
entry: {default: shop}
"""
FLOW = """\
schema: callflow/1
flow: shop
start: hello
slots:
  size: {type: number, ask: Which size would you like?}
nodes:
  hello:
    - ask: size
    - end: Size {size} it is. Goodbye.
"""
TESTS = """\
schema: callscript/1
flow: shop
tests:
  - name: a size is taken
    talk:
      - {asks: size}
      - {caller: forty two, says: size 42 it is, end: completed}
  - name: by keys
    talk:
      - {asks: size}
      - {keys: 42#, end: completed}
"""

app = typer.Typer()
app.command("test")(command)


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project under `flows/` of the folder we stand in."""
    folder = tmp_path / "flows" / "shop"
    (folder / "tests").mkdir(parents=True)
    (folder / "project.yaml").write_text(PROJECT)
    (folder / "shop.flow.yaml").write_text(FLOW)
    (folder / "tests" / "shop.test.yaml").write_text(TESTS)
    monkeypatch.chdir(tmp_path)
    return folder


def test_the_sample_line_passes_its_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    code, out, err = run("support", "--json")
    assert code == 0, err
    (project,) = json.loads(out)["projects"]
    sample = [test for test in project["tests"] if test["file"] == "tests/support.test.yaml"]
    assert len(sample) >= 3
    assert all(test["passed"] for test in project["tests"])


def test_a_project_is_found_by_name_folder_file_or_by_standing_in_it(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for what in ([], ["shop"], ["flows/shop"], ["flows/shop/tests/shop.test.yaml"]):
        code, out, _ = run(*what)
        assert (code, "2 passed, 0 failed" in out) == (0, True), what
    monkeypatch.chdir(shop)
    assert run()[0] == 0


def test_only_tests_with_a_name_are_run(shop: Path) -> None:
    code, out, _ = run("shop", "-k", "keys")
    assert code == 0
    assert "1 passed" in out
    assert run("shop", "-k", "nothing of the kind")[0] == 2


def test_tests_inside_a_flow_file_are_run_too(shop: Path) -> None:
    inline = "tests:\n  - name: inside\n    talk: [{asks: size}]\n"
    (shop / "shop.flow.yaml").write_text(FLOW + inline)
    assert "3 passed" in run("shop")[1]
    assert "1 passed" in run("flows/shop/shop.flow.yaml")[1]


def test_a_failure_says_where_what_and_what_instead(shop: Path) -> None:
    file = shop / "tests" / "shop.test.yaml"
    file.write_text(TESTS.replace("size 42 it is", "size 43 it is"))
    code, out, _ = run("shop")
    assert code == 1
    assert "1 passed, 1 failed" in out
    assert "flows/shop/tests/shop.test.yaml:7:35  turn 2" in out
    assert "expected  says: size 43 it is" in out
    assert "but       it said: Size forty two it is. Goodbye." in out
    assert "caller  forty two" in out


def test_coverage_names_what_no_test_has_seen(shop: Path) -> None:
    longer = FLOW.replace("end: Size {size} it is. Goodbye.", "{if: size > 50, then: {goto: large}, else: {goto: bye}}")
    longer += '  large: [{end: "That is large."}]\n  bye: [{end: "Size {size} it is. Goodbye."}]\n'
    (shop / "shop.flow.yaml").write_text(longer)
    code, out, _ = run("shop")
    assert code == 0
    assert "nodes entered 2 of 3" in out
    assert "never entered: large (shop.flow.yaml:10)" in out
    assert "never ended here: completed (shop.flow.yaml:10)" in out


def test_a_mistake_in_a_test_file_fails_and_the_others_run(shop: Path) -> None:
    (shop / "tests" / "other.test.yaml").write_text(TESTS.replace("asks: size}", "ask: size}"))
    code, out, _ = run("shop")
    assert code == 1
    assert "2 passed" in out
    assert out.count("error  IVR101") == 2
    assert "flows/shop/tests/other.test.yaml:6:10" in out


def test_names_that_the_flow_does_not_have_are_mistakes_of_the_test(shop: Path) -> None:
    (shop / "tests" / "shop.test.yaml").write_text(TESTS.replace("asks: size", "asks: sise"))
    code, out, _ = run("shop")
    assert code == 1
    assert 'There is no question "sise" here.' in out
    assert '^ did you mean "size"?' in out


def test_a_flow_with_mistakes_runs_no_test(shop: Path) -> None:
    (shop / "shop.flow.yaml").write_text(FLOW.replace("ask: size", "ask: sise"))
    code, out, _ = run("shop")
    assert code == 1
    assert "shop.flow.yaml:8" in out
    assert "were not run" in out


def test_no_such_project_is_wrong_usage(shop: Path) -> None:
    code, _, err = run("shpo")
    assert code == 2
    assert "There are: shop." in err


def test_a_junit_report(shop: Path, tmp_path: Path) -> None:
    (shop / "tests" / "shop.test.yaml").write_text(TESTS.replace("size 42 it is", "size 43 it is"))
    run("shop", "--junit", str(tmp_path / "report.xml"))
    suite = fromstring((tmp_path / "report.xml").read_bytes())[0]
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("shop", "2", "1")
    failure = suite[0][0]
    assert failure.get("message") == "says: size 43 it is"
    assert "shop.test.yaml:7:35" in (failure.text or "")


def test_what_is_live_is_really_called(shop: Path) -> None:
    (shop / "tools").mkdir()
    (shop / "tools" / "stock.py").write_text(
        "from ivr.tools import Result\n\ndef look(size):\n    return Result('some', left=size - 40)\n"
    )
    flow = FLOW.replace(
        "    - end:",
        '    - call: look\n      on: {some: {end: "There are {left} left."}, failed: {end: Sorry.}}\n    - end:',
    ).replace(
        "nodes:",
        "tools:\n  look: {python: stock.look, takes: {size: number}, results: {some: {keep: {left: number}}}}\nnodes:",
    )
    (shop / "shop.flow.yaml").write_text(flow.rsplit("    - end:", 1)[0])
    tests = TESTS.split("  - name: by keys")[0].replace("size 42 it is", "there are 2 left")
    file = shop / "tests" / "shop.test.yaml"
    file.write_text(tests)
    code, out, _ = run("shop")
    assert code == 1
    assert 'The flow calls "look" and the test has no answer for it.' in out
    file.write_text(tests.replace("    talk:", "    given: {live: [look]}\n    talk:"))
    code, out, _ = run("shop")
    assert code == 0, out


def test_a_report_that_cannot_be_written_is_the_environments_fault(shop: Path) -> None:
    code, _, err = run("shop", "--junit", str(shop / "no" / "such" / "folder.xml"))
    assert code == 3
    assert "folder.xml" in err
