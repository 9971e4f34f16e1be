"""The lines under `flows/`: right, tried, and proven, as an operator would see it."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ivr.cli import app

FLOWS = Path(__file__).parents[2] / "flows"
LINES = sorted(path.parent.name for path in FLOWS.glob("*/project.yaml") if path.parent.name != "bench")


def run(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(args))
    return result.exit_code, result.output


def test_there_are_ten_of_them_besides_the_first() -> None:
    assert len(LINES) >= 11, LINES


@pytest.mark.parametrize("line", LINES)
def test_nothing_is_said_against_it(line: str) -> None:
    code, told = run("check", str(FLOWS / line), "--strict")
    assert code == 0, told


@pytest.mark.parametrize("line", LINES)
def test_its_tests_pass(line: str) -> None:
    code, told = run("test", str(FLOWS / line))
    assert code == 0 and "FAIL" not in told, told


@pytest.mark.parametrize("line", LINES)
def test_it_is_proven(line: str) -> None:
    code, told = run("prove", str(FLOWS / line))
    assert code == 0, told


@pytest.mark.parametrize("line", LINES)
def test_its_flows_can_be_drawn_and_explained(line: str, tmp_path: Path) -> None:
    copy = tmp_path / line
    shutil.copytree(FLOWS / line, copy)
    for flow in sorted(copy.glob("*.flow.yaml")):
        name = flow.name.removesuffix(".flow.yaml")
        for view in (("graph", f"{copy}/{name}"), ("explain", f"{copy}/{name}")):
            code, told = run(*view)
            assert code == 0, (view, told)
