"""`ivr init`: a small project that works, to begin with."""

from pathlib import Path
from typing import Annotated

import typer


def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where flows/ is made; it may be new.")] = Path(),
    name: Annotated[str, typer.Option("--name", help="What the project is called: letters, digits and _.")] = "shop",
) -> None:
    """Writes a phone line that answers at once, its tests, and what an editor needs to help with it.

    Exit codes: 0 written, 2 wrong usage (something is there already), 3 the folder cannot be written.
    """
    from ivr.cli.loading import refuse
    from ivr.cli.starter import files
    from ivr.flow.loader.reading import NAME

    if not NAME.fullmatch(name):
        refuse("ivr init", f'"{name}" cannot be a name: letters, digits and _ only, and a letter first.')
    project = folder / "flows" / name
    if project.exists():
        refuse("ivr init", f"{project} is there already. Choose another  --name.")
    try:
        for path, text in files(name).items():
            file = folder / path
            if not file.exists():  # the schema and the editor's settings of a project before
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
    except OSError as error:
        typer.echo(f"ivr init: {error.filename} cannot be written: {error.strerror}.", err=True)
        raise typer.Exit(3) from error
    change = "" if folder == Path() else f"cd {folder} && "
    typer.echo(f"{project} is ready. Next:")
    for command, what in (
        (f"ivr check {name}", "every mistake, before a caller meets it"),
        (f"ivr test {name}", "its tests, without a phone"),
        (f"ivr chat {name}", "talk to it by text"),
        (f"ivr serve --flow {name}", "answer calls"),
    ):
        typer.echo(f"  {change}{command:<28} {what}")
