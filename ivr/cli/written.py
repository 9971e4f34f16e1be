"""What a command makes, to the file that was named or to stdout; and operators' files written anew."""

from pathlib import Path

import typer

CANNOT_WRITE = 3


def put_out(text: str, out: Path | None, command: str) -> None:
    """Ends the command with 3 where the file cannot be written."""
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        typer.echo(f"{command}: {out} cannot be written: {error.strerror}.", err=True)
        raise typer.Exit(CANNOT_WRITE) from error


def write_anew(file: Path, text: str) -> None:
    """All of it or nothing: a server may read the file meanwhile."""
    made = file.with_name(f".{file.name}.new")
    made.write_text(text, encoding="utf-8")
    made.replace(file)
