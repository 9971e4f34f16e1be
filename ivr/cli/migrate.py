"""`ivr migrate`: operators' files brought to the newest version of the language."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ivr.flow.migrating import Migrated

CANNOT_WRITE = 3


def migrate(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PROJECT|FILES]...", help="Projects, or files of one; none named: all of them here."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; end with 1 where a file would change.")
    ] = False,
) -> None:
    """Says which version each file is written in, and brings older ones to the newest; comments stay. Where one file
    cannot be, none is changed.

    Exit codes: 0 all are at the newest version, 1 a file cannot be (or, with --check, would be) brought there, 2 wrong
    usage, 3 a file cannot be read or written.
    """
    from ivr.cli.loading import refuse
    from ivr.cli.projects import NoProject, files_of, find_projects
    from ivr.cli.written import write_anew
    from ivr.flow.blocks import blocks
    from ivr.flow.messages import Message
    from ivr.flow.migrating import Migrated, migrate_text

    try:
        files = [file for wanted in find_projects(names or []) for file in files_of(wanted)]
    except NoProject as error:
        refuse("ivr migrate", str(error))
    try:
        texts = {file: file.read_bytes().decode("utf-8-sig", errors="replace") for file in files}
        found = {file: migrate_text(text, str(file)) for file, text in texts.items()}
        refused = [one for one in found.values() if isinstance(one, Message)]
        older = {file: one for file, one in found.items() if isinstance(one, Migrated) and one.was < one.now}
        if refused:
            typer.echo(blocks(refused, {str(file): text for file, text in texts.items()}), err=True)
        for file, one in found.items():
            if isinstance(one, Migrated):
                typer.echo(_line(file, one, changed=file in older and not (check or refused)))
        for file, one in older.items() if not (check or refused) else ():
            write_anew(file, one.text)
    except OSError as error:
        typer.echo(f"ivr migrate: {error.filename} cannot be read or written: {error.strerror}.", err=True)
        raise typer.Exit(CANNOT_WRITE) from None
    told = f"{len(files)} files, {len(older)} older"
    typer.echo(f"{told}, {len(refused)} that cannot be read: nothing is changed" if refused else told, err=True)
    if refused or (check and older):
        raise typer.Exit(1)


def _line(file: Path, one: "Migrated", *, changed: bool) -> str:
    if one.was == one.now:
        return f"{file}  {one.kind}/{one.was}  newest: nothing to do"
    what = "written anew as" if changed else "would become"
    return f"{file}  {one.kind}/{one.was}  {what} {one.kind}/{one.now}"
