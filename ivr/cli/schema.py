"""`ivr schema export`: the schema of operators' files, for editors."""

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="The schema of flows, for editors.")


@app.callback()
def schema() -> None:
    """Commands are below it."""


@app.command()
def export(
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="A file; else stdout.")] = None,
) -> None:
    """Writes the JSON Schema (draft 7) of project.yaml and *.flow.yaml.

    Exit codes: 0 written, 2 wrong usage, 3 the file cannot be written.
    """
    from ivr.flow.schema import json_schema

    text = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        typer.echo(f"ivr schema: {out} cannot be written: {error.strerror}.", err=True)
        raise typer.Exit(3) from error
