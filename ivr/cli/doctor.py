"""`ivr doctor`: is everything here that answering the phone needs?"""

import json
from typing import Annotated

import typer


def doctor(
    models: Annotated[
        bool, typer.Option("--models", help="Also let the voices speak, and try the models of the profile.")
    ] = False,
    profile: Annotated[str | None, typer.Option(help="Of which profile; else of the one in force.")] = None,
    config: Annotated[str | None, typer.Option("--config", help="Name of a config/NAME.toml.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """One line an item: ok, warn or fail, with the fix. Exit code 1 if anything failed.

    --models sends one spoken question to each model of a profile, which costs a little, and judges the answer.
    """
    from ivr.cli.checkup import findings
    from ivr.cli.model_checkup import table
    from ivr.settings import load_settings

    found = []
    for one in findings(models=models, configure=lambda: load_settings({"engines": profile}, config=config)):
        found.append(one)
        if not as_json:
            typer.echo(f"{one.state:<4}  {one.item}: {one.found}" + (f"\n      fix: {one.fix}" if one.fix else ""))
    if as_json:
        typer.echo(json.dumps([one.shape() for one in found], ensure_ascii=False, indent=1))
    elif lines := table(found):
        typer.echo("\n" + "\n".join(lines))
    if any(one.state == "fail" for one in found):
        raise typer.Exit(1)
