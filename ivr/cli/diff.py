"""`ivr diff OLD NEW`: what another version of a project changes for callers, in words."""

import json
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ivr.flow.flow import Bundle


def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="A project's folder, or a git revision of NEW's.")],
    new: Annotated[
        str | None, typer.Argument(metavar="[NEW]", help="A project; none named: the only one here.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list on stdout.")] = False,
) -> None:
    """Tells what a change does to calls. OLD is a folder or a revision of git (HEAD, a tag), NEW the project as it is.

    Exit codes: 0 told, 1 one of the two has mistakes, 2 wrong usage, 3 git cannot be asked.
    """
    from ivr.cli.loading import load_folder, load_project
    from ivr.flow.views.differences import differences

    after = load_project(new, "ivr diff")
    folder = Path(old)
    before = load_folder(folder, "ivr diff") if (folder / "project.yaml").is_file() else _of_revision(old, after)
    changes = differences(before, after)
    if as_json:
        plain = [
            {"flow": one.flow, "where": one.where, "text": one.text, "place": str(one.place) if one.place else ""}
            for one in changes
        ]
        typer.echo(json.dumps(plain, indent=2, ensure_ascii=False))
        return
    if not changes:
        typer.echo("Nothing changes for callers.")
    for flow, of_flow in groupby(changes, key=lambda change: change.flow):
        typer.echo(flow or "the whole project")
        for change in of_flow:
            where = f"   ({change.place.file}:{change.place.line})" if change.place is not None else ""
            typer.echo(f"  {change.text}{where}")


def _of_revision(revision: str, now: "Bundle") -> "Bundle":
    import subprocess
    from tempfile import TemporaryDirectory

    from ivr.cli.loading import load_folder, refuse

    folder = Path(now.folder)
    listing = ["git", "-C", str(folder), "ls-tree", "-r", "--name-only", revision, "--", "."]
    try:
        found = subprocess.run(listing, capture_output=True, text=True, check=False)
    except OSError as error:
        typer.echo(f"ivr diff: git cannot be asked: {error.strerror}.", err=True)
        raise typer.Exit(3) from error
    names = [name for name in found.stdout.splitlines() if name.endswith(".yaml") or name.startswith("tools/")]
    if found.returncode or "project.yaml" not in names:
        refuse("ivr diff", f'"{revision}" is no folder of a project, and git knows no such revision of {folder}.')
    with TemporaryDirectory() as made:
        for name in names:
            shown = ["git", "-C", str(folder), "show", f"{revision}:./{name}"]
            content = subprocess.run(shown, capture_output=True, check=True).stdout
            path = Path(made) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return load_folder(Path(made), f"ivr diff: {revision}")
