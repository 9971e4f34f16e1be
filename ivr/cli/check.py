"""`ivr check`: what is wrong with the operators' files, before a caller meets it. `ivr help CODE`: a code's page."""

import json
import os
import time
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr.catalog import Checked
    from ivr.flow.flow import Bundle
    from ivr.flow.messages import Message


HOME: Final = Path("flows")


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


def check(
    projects: Annotated[
        list[str] | None,
        typer.Argument(help="Projects by name, or their folders or files; all projects when none is given."),
    ] = None,
    project: Annotated[Path, typer.Option(help="The folder that holds the projects.")] = HOME,
    form: Annotated[Format, typer.Option("--format", "-f", help="How the messages are written.")] = Format.TEXT,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Errors only, without the summary.")] = False,
) -> None:
    """Check flows: every mistake of every file, with its place, the reason and the fix.

    Exit codes: 0 nothing wrong, 1 an error (with --strict a warning too), 2 wrong usage, 3 a file cannot be reached.
    """
    from ivr.catalog import Catalog
    from ivr.errors import FlowError

    began = time.perf_counter()
    catalog = Catalog(project, os.environ)
    try:
        named = projects or (["."] if project == HOME and Path("project.yaml").is_file() else catalog.projects)
        folders = [_folder(name, catalog) for name in named]
    except FlowError as error:
        typer.echo(f"ivr check: {error}", err=True)
        raise typer.Exit(2) from None
    if not folders:
        typer.echo(f"ivr check: there is no project in {project}. Make a folder there with a project.yaml.", err=True)
        raise typer.Exit(2)
    try:
        checked = [_examined(folder) for folder in dict.fromkeys(folders)]
    except OSError as error:
        typer.echo(f"ivr check: {error.filename} cannot be reached: {error.strerror}.", err=True)
        raise typer.Exit(3) from None
    _show(checked, Format.JSON if as_json else form, quiet, time.perf_counter() - began)
    failed = any(strict or message.severity == "error" for one in checked for message in one.messages)
    raise typer.Exit(1 if failed else 0)


def explain_code(code: Annotated[str, typer.Argument(help="A code such as IVR103.")]) -> None:
    """What a message's code means, why it matters and how it is put right."""
    from ivr.flow.codes import CODES, help_page
    from ivr.flow.messages import nearest

    page = help_page(code)
    if page is None:
        like = nearest(code.upper(), CODES)
        hint = f" Did you mean {like.upper()}?" if like else ""
        typer.echo(f"ivr help: there is no code {code}.{hint}", err=True)
        raise typer.Exit(2)
    typer.echo(page)


def _folder(name: str, catalog: "Any") -> Path:
    """A project's name, its folder, or a file in it."""
    from ivr.errors import FlowError

    path = Path(name)
    if path.is_file():
        path = path.parent
    if (path / "project.yaml").is_file():
        return path
    if path.is_dir() and len(path.parts) > 1:
        raise FlowError(f"{path} holds no project.yaml")
    found: Path = catalog.folder(name.partition("/")[0])
    return found


def _examined(folder: Path) -> "Checked":
    """The project's flows and its tests: what is wrong with either, and what no test reaches."""
    from ivr.call.textrun.untested import untested_ends
    from ivr.catalog import examine_folder
    from ivr.cli.projects import Wanted, check_tests, mistakes_in, read_tests_of
    from ivr.flow.loader.waivers import in_order
    from ivr.tools.mcp import missing_library

    def more(bundle: "Bundle") -> "Iterator[Message]":
        yield from missing_library(bundle.servers.values())
        tests = read_tests_of(Wanted(folder))
        wrong = mistakes_in(tests.scenarios, bundle)
        if not tests.messages:
            yield from untested_ends(bundle, [one for one in tests.scenarios if one.place not in wrong])

    checked = examine_folder(folder, more)
    tests = check_tests(folder, checked.bundle, checked.messages)
    messages = in_order((*checked.messages, *tests.messages))
    return replace(checked, messages=messages, files={**checked.files, **tests.files})


def _show(checked: "list[Checked]", form: Format, quiet: bool, seconds: float) -> None:
    from ivr.cli import report_forms
    from ivr.flow.blocks import blocks, summary

    everything = [message for one in checked for message in one.messages]
    if form is Format.JSON:
        objects = [report_forms.plain(one, message) for one in checked for message in one.messages]
        typer.echo(json.dumps(objects, indent=2, ensure_ascii=False))
    elif form is Format.SARIF:
        typer.echo(json.dumps(report_forms.sarif(checked), indent=2))
    elif form is Format.GITHUB:
        for one in checked:
            for message in one.messages:
                typer.echo(report_forms.annotation(one, message))
    else:
        for one in checked:
            shown = [message for message in one.messages if not quiet or message.severity == "error"]
            if shown:
                typer.echo(blocks(shown, one.files, folder="" if one.folder == Path() else str(one.folder)))
        if not quiet:
            places = [place for one in checked for place in _agents(one)]
            if places and not _models_think():
                for place in places:
                    typer.echo(f"note: {place}: this agent needs a model, and none is set here: it ends as model_down.")
            files = sum(name.endswith(".yaml") for one in checked for name in one.files)
            typer.echo(summary(everything, files, seconds))


def _models_think() -> bool:
    """Whether the settings of this folder name a model for agents."""
    from ivr.errors import SettingsError
    from ivr.settings import load_settings

    try:
        return bool(load_settings().profile.thinking)
    except SettingsError:
        return False


def _agents(checked: "Checked") -> "list[str]":
    """Where the models stand that a project would ask."""
    from ivr.flow.checks.walk import own_steps
    from ivr.flow.flow import Agent

    flows = checked.bundle.flows.values() if checked.bundle is not None else ()
    places = {step.place for flow in flows for step in own_steps(flow) if isinstance(step, Agent)}
    return [f"{place.file}:{place.line}" for place in sorted(places)]
