"""`ivr check`: what is wrong with the operators' files, before a caller meets it. `ivr help CODE`: a code's page."""

import json
import os
import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ivr.catalog import Checked


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
    project: Annotated[Path, typer.Option(help="The folder that holds the projects.")] = Path("flows"),
    form: Annotated[Format, typer.Option("--format", "-f", help="How the messages are written.")] = Format.TEXT,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Errors only, without the summary.")] = False,
) -> None:
    """Check flows: every mistake of every file, with its place, the reason and the fix."""
    from ivr.catalog import Catalog, check_folder
    from ivr.errors import FlowError

    began = time.perf_counter()
    catalog = Catalog(project, os.environ)
    try:
        folders = [_folder(name, catalog) for name in projects or catalog.projects]
    except FlowError as error:
        typer.echo(f"ivr check: {error}", err=True)
        raise typer.Exit(2) from None
    if not folders:
        typer.echo(f"ivr check: there is no project in {project}. Make a folder there with a project.yaml.", err=True)
        raise typer.Exit(2)
    checked = [check_folder(folder) for folder in dict.fromkeys(folders)]
    _show(checked, Format.JSON if as_json else form, quiet, time.perf_counter() - began)
    failed = any(message.severity == "error" for one in checked for message in one.messages)
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


def _show(checked: "list[Checked]", form: Format, quiet: bool, seconds: float) -> None:
    from ivr.flow.blocks import blocks, summary

    everything = [message for one in checked for message in one.messages]
    if form is Format.JSON:
        typer.echo(json.dumps([_plain(one, message) for one in checked for message in one.messages], indent=2))
    elif form is Format.SARIF:
        typer.echo(json.dumps(_sarif(checked), indent=2))
    elif form is Format.GITHUB:
        for one in checked:
            for message in one.messages:
                typer.echo(_annotation(one, message))
    else:
        for one in checked:
            shown = [message for message in one.messages if not quiet or message.severity == "error"]
            if shown:
                typer.echo(blocks(shown, one.files, folder=str(one.folder)))
        if not quiet:
            files = sum(name.endswith(".yaml") for one in checked for name in one.files)
            typer.echo(summary(everything, files, seconds))


def _plain(one: "Checked", message: Any) -> dict[str, Any]:
    from ivr.flow.codes import CODES

    code = CODES.get(message.code)
    return {
        "file": f"{one.folder.as_posix()}/{message.place.file}",
        "line": message.place.line,
        "column": message.place.column,
        "width": message.width,
        "severity": message.severity,
        "code": message.code,
        "text": message.text,
        "fix": message.fix,
        "why": message.why or (code.why if code else ""),
    }


def _annotation(one: "Checked", message: Any) -> str:
    """A workflow command of GitHub Actions: what it reserves is written as %25, %0A and so on."""

    def escaped(text: str, more: str = "") -> str:
        for char in "%\r\n" + more:
            text = text.replace(char, f"%{ord(char):02X}")
        return text

    plain = _plain(one, message)
    where = f"file={escaped(plain['file'], ':,')},line={plain['line']},col={plain['column']},title={message.code}"
    said = " ".join(filter(None, (message.text, message.fix)))
    return f"::{message.severity} {where}::{escaped(said)}"


def _sarif(checked: "list[Checked]") -> dict[str, Any]:
    from importlib.metadata import version

    from ivr.flow.codes import CODES

    found = [(one, message) for one in checked for message in one.messages]
    codes = sorted({message.code for _, message in found})
    rules = [{"id": c, "shortDescription": {"text": CODES[c].title if c in CODES else c}} for c in codes]
    results = [
        {
            "ruleId": message.code,
            "level": message.severity,
            "message": {"text": " ".join(filter(None, (message.text, message.fix)))},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": _plain(one, message)["file"]},
                        "region": {"startLine": message.place.line, "startColumn": message.place.column},
                    }
                }
            ],
        }
        for one, message in found
    ]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {"tool": {"driver": {"name": "ivr check", "version": version("ivr"), "rules": rules}}, "results": results}
        ],
    }
