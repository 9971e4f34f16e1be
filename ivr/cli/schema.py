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
    from ivr.cli.written import put_out
    from ivr.flow.schema import json_schema

    text = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    put_out(text, out, "ivr schema")
