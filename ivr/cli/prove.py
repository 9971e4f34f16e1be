"""`ivr prove`: what holds on every call of a project, and a road for what does not."""

import json
from itertools import groupby
from typing import Annotated

import typer


def prove(
    project: Annotated[str | None, typer.Argument(metavar="[PROJECT]", help="None named: the only one here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list on stdout.")] = False,
) -> None:
    """Shows that tools that change or reveal something are only called as they may be, and that every call ends well.

    Exit codes: 0 all proven, 1 something is not, or the project has mistakes, 2 wrong usage.
    """
    from ivr.cli.loading import load_project
    from ivr.flow.views.proof import prove as proven

    claims = proven(load_project(project, "ivr prove"))
    if as_json:
        plain = [
            {
                "flow": claim.flow,
                "about": claim.about,
                "proven": claim.proven,
                "text": claim.text,
                "roads": list(claim.roads),
                "place": str(claim.place) if claim.place is not None else "",
            }
            for claim in claims
        ]
        typer.echo(json.dumps(plain, indent=2, ensure_ascii=False))
    else:
        for flow, of_flow in groupby(claims, key=lambda claim: claim.flow):
            typer.echo(flow)
            for claim in of_flow:
                place = claim.place
                where = f"   ({place.file}:{place.line})" if place is not None else ""
                verdict = "proven    " if claim.proven else "NOT PROVEN"
                said = claim.text.removeprefix("not proven: ")
                typer.echo(f"  {verdict}  {said}{where}")
                for road in claim.roads:
                    typer.echo(f"              {road}")
    if not all(claim.proven for claim in claims):
        raise typer.Exit(1)
