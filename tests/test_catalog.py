"""Projects on disk."""

from pathlib import Path

import pytest

from ivr.catalog import Catalog, check_folder
from ivr.errors import FlowError, SettingsError
from tests.flow.projects import PROJECT, flow_text

FLOWS = Path(__file__).parents[1] / "flows"


def write(root: Path, name: str, flow: str = "", *, flow_name: str = "line") -> Path:
    folder = root / name
    folder.mkdir()
    (folder / "project.yaml").write_text(PROJECT, encoding="utf-8")
    text = flow or flow_text("first: [{end: Bye.}]")
    (folder / f"{flow_name}.flow.yaml").write_text(text.replace("flow: line", f"flow: {flow_name}"), encoding="utf-8")
    return folder


def test_projects_are_the_folders_with_a_project_file(tmp_path: Path) -> None:
    write(tmp_path, "one")
    write(tmp_path, "two")
    (tmp_path / "empty").mkdir()
    assert Catalog(tmp_path, {}).projects == ("one", "two")
    assert Catalog(tmp_path / "one", {}).projects == ("one",)
    assert Catalog(tmp_path / "nowhere", {}).projects == ()


def test_the_published_projects_load() -> None:
    catalog = Catalog(FLOWS, {})
    assert catalog.load("support").entry_default == "support"
    assert catalog.load("bench/bench").flows["bench"].turn.pause_ms == 200


def test_a_named_flow_answers_every_number(tmp_path: Path) -> None:
    folder = write(tmp_path, "one")
    (folder / "other.flow.yaml").write_text(
        flow_text("first: [{end: Bye.}]").replace("flow: line", "flow: other"), encoding="utf-8"
    )
    bundle = Catalog(tmp_path, {}).load("one/other")
    assert (bundle.entry_default, dict(bundle.entry_numbers)) == ("other", {})
    with pytest.raises(FlowError, match='has no flow "third"'):
        Catalog(tmp_path, {}).load("one/third")


@pytest.mark.parametrize("name", ["two", "../one", "/etc", "", "."])
def test_only_names_of_projects_there_are_taken(tmp_path: Path, name: str) -> None:
    write(tmp_path, "one")
    with pytest.raises(FlowError):
        Catalog(tmp_path, {}).load(name)


def test_all_mistakes_are_in_the_error(tmp_path: Path) -> None:
    write(tmp_path, "one", flow_text("first: [{goto: nowhere}]\nsecond: [{say: '{nothing}'}, {end: Bye.}]"))
    with pytest.raises(FlowError) as raised:
        Catalog(tmp_path, {}).load("one")
    assert "IVR103" in str(raised.value) and "IVR206" in str(raised.value)


def test_the_environment_overrides_a_back_end(tmp_path: Path) -> None:
    write(tmp_path, "one")
    env = {"IVR_API__CRM__URL": "http://127.0.0.1:8099/", "IVR_API__CRM__ALLOW_PRIVATE": "yes"}
    plain, trial = Catalog(tmp_path, {}).load("one"), Catalog(tmp_path, env).load("one")
    assert (plain.apis["crm"].url, plain.apis["crm"].allow_private) == ("https://crm.example.com", False)
    assert (trial.apis["crm"].url, trial.apis["crm"].allow_private) == ("http://127.0.0.1:8099", True)
    assert plain.hash == trial.hash


@pytest.mark.parametrize("env", [{"IVR_API__CRM__URL": "crm.example.com"}, {"IVR_API__CRM__ALLOW_PRIVATE": "perhaps"}])
def test_an_override_that_cannot_be_used_is_told_by_its_name(tmp_path: Path, env: dict[str, str]) -> None:
    write(tmp_path, "one")
    with pytest.raises(SettingsError, match=next(iter(env))):
        Catalog(tmp_path, env).load("one")


def test_the_hash_changes_with_any_file_that_makes_the_project_and_not_with_its_tests(tmp_path: Path) -> None:
    folder = write(tmp_path, "one")
    catalog = Catalog(tmp_path, {})
    first = catalog.load("one").hash
    (folder / "tests").mkdir()
    (folder / "tests" / "one.test.yaml").write_text("schema: callscript/1\n", encoding="utf-8")
    assert catalog.load("one").hash == first
    (folder / "tools").mkdir()
    (folder / "tools" / "faults.py").write_text("x = 1\n", encoding="utf-8")
    assert catalog.load("one").hash != first


def test_a_file_that_is_not_text_is_told_with_its_line(tmp_path: Path) -> None:
    folder = write(tmp_path, "one")
    (folder / "line.flow.yaml").write_bytes(b"schema: callflow/1\nflow: \xff\n")
    checked = check_folder(folder)
    assert checked.bundle is None
    first = next(m for m in checked.messages if m.place.file == "line.flow.yaml")
    assert (first.code, first.place.line, first.text) == ("IVR001", 2, "This file is not UTF-8 text.")


def test_a_file_of_more_than_a_million_characters_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path, "one")
    with (folder / "line.flow.yaml").open("a", encoding="utf-8") as file:
        file.write("#" * 1_100_000)
    assert [m.code for m in check_folder(folder).messages if m.place.file == "line.flow.yaml"] == ["IVR001"]
