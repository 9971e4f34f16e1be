"""`ivr doctor`: is everything here that answering the phone needs?"""

import json
from dataclasses import asdict
from typing import Annotated

import typer


def doctor(
    models: Annotated[bool, typer.Option("--models", help="Also let the voice speak and be heard.")] = False,
    config: Annotated[str | None, typer.Option("--config", help="Name of a config/NAME.toml.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """One line an item: ok, warn or fail, with the fix. Exit code 1 if anything failed."""
    from ivr.cli.checkup import findings
    from ivr.settings import load_settings

    found = []
    for one in findings(models=models, configure=lambda: load_settings(config=config)):
        found.append(one)
        if not as_json:
            typer.echo(f"{one.state:<4}  {one.item}: {one.found}" + (f"\n      fix: {one.fix}" if one.fix else ""))
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=1))
    if any(one.state == "fail" for one in found):
        raise typer.Exit(1)
