"""ivr fmt --language writes what a language lacks into its file, and says what is left to do."""

from pathlib import Path

from typer.testing import CliRunner

from ivr.cli import app
from tests.flow.language.test_languages import FLOW, SPEAKS
from tests.flow.language.trial import HEAD


def run(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(args))
    return result.exit_code, result.output


def test_a_language_gets_its_file_once(tmp_path: Path) -> None:
    folder = tmp_path / "line"
    folder.mkdir()
    (folder / "project.yaml").write_text(SPEAKS, encoding="utf-8")
    (folder / "line.flow.yaml").write_text(HEAD + FLOW, encoding="utf-8")
    file = folder / "prompts" / "es-US.yaml"
    code, told = run("fmt", str(folder), "--language", "es-US", "--check")
    assert code == 1 and "8 to add, 8 to be translated" in told, told
    assert not file.exists()
    code, told = run("fmt", str(folder), "--language", "es-US")
    assert code == 0 and "8 added, 8 to be translated" in told, told
    written = file.read_text(encoding="utf-8")
    assert "  - hear: reason.bill\n    is: []\n" in written
    assert run("fmt", str(folder), "--language", "es-US", "--check")[0] == 0
    assert file.read_text(encoding="utf-8") == written
    code, told = run("check", str(folder))
    assert code == 1 and told.count("IVR321") >= 8, told  # an empty one is still missing
    code, told = run("fmt", str(folder), "--language", "fr-FR")
    assert code == 1 and "does not speak fr-FR" in told, told
