"""ivr migrate says which version files are in, and brings them all to the newest or none."""

from pathlib import Path

import pytest
from ruamel.yaml.comments import CommentedMap
from typer.testing import CliRunner

from ivr.cli import app
from ivr.flow import migrating
from tests.flow.language.trial import HEAD, PROJECT


@pytest.fixture
def line(tmp_path: Path) -> Path:
    folder = tmp_path / "line"
    folder.mkdir()
    (folder / "project.yaml").write_text(PROJECT, encoding="utf-8")
    (folder / "line.flow.yaml").write_text(HEAD + "nodes: {first: [{end: Bye.}]}   # all of it\n", encoding="utf-8")
    return folder


def run(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["migrate", *args])
    return result.exit_code, result.output


def test_files_at_the_newest_version_need_nothing(line: Path) -> None:
    code, told = run(str(line))
    assert code == 0 and told.count("callflow/1  newest: nothing to do") == 2, told
    assert run(str(line), "--check")[0] == 0


def test_a_newer_file_is_refused_with_its_place(line: Path) -> None:
    file = line / "line.flow.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("callflow/1", "callflow/9"), encoding="utf-8")
    code, told = run(str(line))
    assert code == 1 and f"{file}:1:9  error  IVR105" in told and "Update ivr" in told, told
    assert run(str(line / "project.yaml"))[0] == 0
    assert run("nowhere")[0] == 2


def test_an_older_version_is_written_anew_in_all_files_or_in_none(line: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def say_so(document: CommentedMap) -> None:
        document["about"] = "Brought along."

    monkeypatch.setitem(migrating.NEWEST, "callflow", 2)  # type: ignore[arg-type]
    monkeypatch.setitem(migrating.REWRITES, ("callflow", 1), say_so)  # type: ignore[arg-type]
    flow, before = line / "line.flow.yaml", (line / "line.flow.yaml").read_text(encoding="utf-8")
    code, told = run(str(line), "--check")
    assert code == 1 and "would become callflow/2" in told and flow.read_text(encoding="utf-8") == before, told
    other = line / "other.flow.yaml"
    other.write_text("flow: other\n", encoding="utf-8")
    code, told = run(str(line))
    assert code == 1 and "IVR104" in told and flow.read_text(encoding="utf-8") == before, told
    other.unlink()
    code, told = run(str(line))
    made = flow.read_text(encoding="utf-8")
    assert code == 0 and told.count("written anew as callflow/2") == 2, told
    assert made.startswith("schema: callflow/2\n") and "# all of it" in made and "about: Brought along." in made
    assert run(str(line), "--check")[0] == 0
