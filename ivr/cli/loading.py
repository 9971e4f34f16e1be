"""A project or one of its flows for a command that looks at it: loaded, or its mistakes shown and the command ended."""

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from ivr.flow.flow import Bundle, Flow

MISTAKES, WRONG_USAGE = 1, 2


def load_folder(folder: Path, command: str) -> "Bundle":
    """Ends the command with 1 where the project has mistakes."""
    from ivr.catalog import check_folder
    from ivr.flow.blocks import blocks

    checked = check_folder(folder)
    if checked.bundle is None:
        errors = [message for message in checked.messages if message.severity == "error"]
        typer.echo(blocks(errors, checked.files, folder="" if folder == Path() else str(folder)), err=True)
        typer.echo(f"{command}: the project has mistakes; put them right first.", err=True)
        raise typer.Exit(MISTAKES)
    return checked.bundle


def load_project(name: str | None, command: str) -> "Bundle":
    """The project of that name, folder or file; none named: the only one there is."""
    from ivr.cli.projects import NoProject, find_flow

    try:
        return load_folder(find_flow(name)[0], command)
    except NoProject as error:
        refuse(command, str(error))


def load_flow(name: str | None, command: str) -> "tuple[Bundle, Flow]":
    """`support` is a flow of any project here (that of its own name, where several have one), else a project, whose
    calls begin in the flow meant; `shop/support` is both. Ends the command with 2 where there is no such flow."""
    from ivr.cli.projects import NoProject, find_flow, find_projects

    if name is not None and "/" not in name:
        try:
            folders = [wanted.folder for wanted in find_projects([])]
        except NoProject:
            folders = []
        having = [folder for folder in folders if (folder / f"{name}.flow.yaml").is_file()]
        having = [folder for folder in having if folder.name == name] or having
        if len(having) == 1:
            bundle = load_folder(having[0], command)
            return bundle, bundle.flows[name]
        if having:
            refuse(command, f'"{name}" is a flow of {", ".join(f.name for f in having)}. Write  PROJECT/{name}.')
    try:
        folder, flow = find_flow(name)
    except NoProject as error:
        refuse(command, str(error))
    bundle = load_folder(folder, command)
    flow = flow or bundle.entry_default or next(iter(bundle.flows))
    if flow not in bundle.flows:
        refuse(command, f'there is no flow "{flow}" in {folder}. There is {", ".join(sorted(bundle.flows))}.')
    return bundle, bundle.flows[flow]


def refuse(command: str, why: str) -> NoReturn:
    typer.echo(f"{command}: {why}", err=True)
    raise typer.Exit(WRONG_USAGE)
