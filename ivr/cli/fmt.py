"""`ivr fmt`: operators' files in one form."""

from difflib import unified_diff
from pathlib import Path
from typing import Annotated

import typer


def fmt(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PROJECT|FILES]...", help="Projects, or files of one; none named: all of them here."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; end with 1 where a file would change.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Change nothing; show what would change.")] = False,
    language: Annotated[
        str | None, typer.Option(metavar="es-US", help="Add what this language lacks to its file, to be filled in.")
    ] = None,
) -> None:
    """Writes flows, projects, translations and tests in block form: comments stay, quotes only where a text would be
    misread.

    Exit codes: 0 done (with --check: nothing to do), 1 a file could not be (or would be) changed, 2 wrong usage.
    """
    from ivr.cli.loading import refuse
    from ivr.cli.projects import NoProject, files_of, find_projects
    from ivr.cli.written import write_anew
    from ivr.flow.formatting import CannotFormat, format_text

    try:
        wanted = find_projects(names or [])
    except NoProject as error:
        refuse("ivr fmt", str(error))
    left = changed = 0
    if language is not None:
        _translate([one.folder for one in wanted], language, change=not (check or diff))
        return
    files = [file for one in wanted for file in files_of(one)]
    for file in files:
        text = file.read_bytes().decode("utf-8-sig", errors="replace")
        try:
            made = format_text(text, file.name)
        except CannotFormat as error:
            typer.echo(f"{file}: left as it is: {error}.", err=True)
            left += 1
            continue
        if made == text:
            continue
        changed += 1
        if diff:
            typer.echo(
                "".join(unified_diff(text.splitlines(True), made.splitlines(True), str(file), str(file))), nl=False
            )
        elif check:
            typer.echo(f"{file} would be written otherwise", err=True)
        else:
            write_anew(file, made)
            typer.echo(f"{file} is written anew", err=True)
    typer.echo(f"{len(files)} files, {changed} {'to change' if check or diff else 'changed'}", err=True)
    if left or (check and changed):
        raise typer.Exit(1)


def _translate(folders: list[Path], language: str, *, change: bool) -> None:
    """Ends with 1 where a file cannot be read, or would change and must not."""
    from ivr.catalog import read_files
    from ivr.cli.written import write_anew
    from ivr.flow.formatting import CannotFormat
    from ivr.flow.loader import load_project
    from ivr.flow.translating import file_of, with_missing

    left = False
    for folder in folders:
        files, _ = read_files(folder)
        loaded = load_project(files, str(folder))
        if language not in loaded.languages:
            typer.echo(f"{folder}: does not speak {language}. Add it to project.yaml:  languages: also:", err=True)
            left = True
            continue
        file = folder / file_of(language)
        try:
            made, added = with_missing(files.get(file_of(language)), language, loaded.missing)
        except CannotFormat as error:
            typer.echo(f"{file}: left as it is: {error}.", err=True)
            left = True
            continue
        if added and change:
            file.parent.mkdir(exist_ok=True)
            write_anew(file, made)
        left = left or (bool(added) and not change)
        waiting = sum(entry.language == language for entry in loaded.missing)
        typer.echo(f"{file}: {added} {'added' if change else 'to add'}, {waiting} to be translated", err=True)
    if left:
        raise typer.Exit(1)
