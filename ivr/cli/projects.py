"""Projects of flows on disk, as commands name them: a folder, a file in it, or a name under `flows/`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ivr.flow.flow import Bundle
from ivr.flow.messages import Message
from ivr.flow.scenario import Cast, Scenario, cast_of, load_scenarios, read_tests, unknown_names
from ivr.flow.text import Place
from ivr.flow.yaml_tree import Keys, Scalar, read_tree

HOME: Final = Path("flows")
PROJECT_FILE: Final = "project.yaml"
FLOW_FILES: Final = "*.flow.yaml"
TEST_FILES: Final = "tests/*.test.yaml"
TRANSLATIONS: Final = "prompts/*.yaml"


class NoProject(Exception):
    """What was named is no project, nor a file of one; the text says what was looked for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A project, and which of its files were named; none named: all of them."""

    folder: Path
    files: tuple[Path, ...] = ()


def files_of(wanted: Wanted) -> tuple[Path, ...]:
    """Those that were named, else all that operators write."""
    folder = wanted.folder
    several = (sorted(folder.glob(files)) for files in (FLOW_FILES, TRANSLATIONS, TEST_FILES))
    return wanted.files or (folder / PROJECT_FILE, *(file for files in several for file in files))


def find_projects(names: Sequence[str]) -> list[Wanted]:
    """The projects that were named; none named: the one we stand in, else all under `flows/`. Raises: NoProject."""
    if not names:
        return [Wanted(folder) for folder in _all_projects()]
    found: dict[Path, list[Path] | None] = {}
    for name in names:
        folder, file = find_project(name)
        files = found.setdefault(folder, [])
        if file is None:
            found[folder] = None
        elif files is not None:
            files.append(file)
    return [Wanted(folder, tuple(files or ())) for folder, files in found.items()]


def find_project(name: str) -> tuple[Path, Path | None]:
    """The project's folder, and the file that was named if it was one. Raises: NoProject."""
    for path in (Path(name), HOME / name):
        if path.is_file():
            return _project_of(path), path
        if (path / PROJECT_FILE).is_file():
            return path, None
    known = ", ".join(folder.name for folder in _projects_under(HOME))
    raise NoProject(f"{name} is no project and no file of one." + (f" There are: {known}." if known else ""))


def find_flow(name: str | None) -> tuple[Path, str | None]:
    """`support`, `support/billing`, a folder, or nothing: the project's folder, and the flow if one was named.

    Raises: NoProject."""
    if name is None:
        folders = _all_projects()
        if len(folders) > 1:
            known = ", ".join(folder.name for folder in folders)
            raise NoProject(f"Which project? There are: {known}.")
        return folders[0], None
    try:
        folder, file = find_project(name)
    except NoProject:
        project, slash, flow = name.rpartition("/")
        if not slash:
            raise
        return find_project(project)[0], flow
    return folder, None if file is None else file.name.split(".")[0]


def _all_projects() -> list[Path]:
    here = Path()
    if (here / PROJECT_FILE).is_file():
        return [here]
    found = _projects_under(HOME)
    if not found:
        raise NoProject(f"There is no {PROJECT_FILE} here and no project under {HOME}/.")
    return found


def _projects_under(folder: Path) -> list[Path]:
    return sorted(file.parent for file in folder.glob(f"*/{PROJECT_FILE}"))


def _project_of(file: Path) -> Path:
    for folder in file.resolve().parents:
        if (folder / PROJECT_FILE).is_file():
            return folder
    raise NoProject(f"{file} stands in no project: there is no {PROJECT_FILE} above it.")


@dataclass(frozen=True, slots=True)
class Tests:
    """The scenarios that can be run, what is wrong with the others, and the text of their files."""

    scenarios: tuple[Scenario, ...]
    messages: tuple[Message, ...]
    files: Mapping[str, str]


def read_tests_of(wanted: Wanted) -> Tests:
    """The tests of a project's test files and of its flows, or only those of the files that were named."""
    named = wanted.files or (*sorted(wanted.folder.glob(TEST_FILES)), *sorted(wanted.folder.glob(FLOW_FILES)))
    scenarios: list[Scenario] = []
    messages: list[Message] = []
    files: dict[str, str] = {}
    for file in named:
        shown = file.resolve().relative_to(wanted.folder.resolve()).as_posix()
        text = files[shown] = file.read_text(encoding="utf-8-sig", errors="replace")
        found, wrong = _inline(text, shown) if file.name.endswith(".flow.yaml") else load_scenarios(text, shown)
        scenarios += found
        messages += wrong
    return Tests(tuple(scenarios), tuple(messages), files)


def _inline(text: str, file: str) -> tuple[tuple[Scenario, ...], tuple[Message, ...]]:
    """The `tests:` of a flow file; what else is wrong with that file, the loader tells."""
    tree, _ = read_tree(text, file)
    if not isinstance(tree, Keys):
        return (), ()
    tests, flow = tree.get("tests"), tree.get("flow")
    if tests is None or not isinstance(flow, Scalar):
        return (), ()
    return read_tests(tests, flow.text)


def mistakes_in(scenarios: Iterable[Scenario], bundle: Bundle) -> dict[Place, tuple[Message, ...]]:
    """By the place of the scenario: names in it that the flows and the project do not have."""
    casts: dict[str, Cast] = {}
    found: dict[Place, tuple[Message, ...]] = {}
    for scenario in scenarios:
        if scenario.flow not in casts and scenario.flow in bundle.flows:
            casts[scenario.flow] = cast_of(bundle, scenario.flow)
        wrong = unknown_names(scenario, bundle, casts.get(scenario.flow))
        if wrong:
            found[scenario.place] = wrong
    return found


def check_tests(folder: Path, bundle: Bundle | None, told: Sequence[Message] = ()) -> Tests:
    """Everything that is wrong with a project's tests but for what was `told`; names are looked for only where the
    project itself is whole."""
    tests = read_tests_of(Wanted(folder))
    wrong = {} if bundle is None else mistakes_in(tests.scenarios, bundle)
    unknown = (message for messages in wrong.values() for message in messages)
    known = {(message.place, message.code) for message in told}
    fresh = tuple(message for message in (*tests.messages, *unknown) if (message.place, message.code) not in known)
    return Tests(tests.scenarios, fresh, tests.files)
