"""`ivr config`: the settings in force, and where each comes from."""

import json
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="The settings in force.")


@app.callback()
def _group() -> None:
    """Keeps `show` a command of its own."""


@app.command()
def show(
    origin: Annotated[bool, typer.Option("--origin", help="Also where each value comes from.")] = False,
    config: Annotated[str | None, typer.Option("--config", help="Name of a config/NAME.toml.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Every setting as it is in force; secrets masked."""
    from ivr.errors import SettingsError
    from ivr.settings import load_configuration

    try:
        configuration = load_configuration(config=config)
    except SettingsError as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(3) from fault
    effective = configuration.effective()
    if as_json:
        typer.echo(json.dumps({one.name: {"value": one.value, "origin": one.origin} for one in effective}, indent=1))
        return
    names, values = max(len(one.name) for one in effective), max(len(one.value) for one in effective)
    for one in effective:
        line = f"{one.name:<{names}}  {one.value:<{values}}"
        typer.echo((f"{line}  {one.origin}" if origin else line).rstrip())
    for warning in configuration.settings.warnings():
        typer.echo(f"note: {warning}", err=True)
