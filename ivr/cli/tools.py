"""`ivr tools try`: one call of a tool by hand, to see what it sends and what the flow makes of the answer."""

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:
    from ivr.flow.flow import Bundle, Flow, ToolSpec

app = typer.Typer(no_args_is_help=True, help="What flows may do in the world.")

SHOWN_LETTERS: Final = 4000


@app.callback()
def tools() -> None:
    """What flows may do in the world."""


@app.command("try")
def try_tool(
    name: Annotated[str, typer.Argument(metavar="TOOL", help="Its name, or FLOW/NAME.")],
    project: Annotated[
        str | None, typer.Option("--project", metavar="DIR", help="The project; without it the one under flows/.")
    ] = None,
    given: Annotated[
        list[str] | None, typer.Option("--with", metavar="NAME=VALUE", help="An argument; may be given again.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go out.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before something is changed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Calls one tool, shows the request (secrets by their names), the answer, the result it is, and what is kept.

    Exit codes: 0 a result of the tool, 1 failed or unknown, 2 wrong usage, 3 the environment lacks something.
    """
    from ivr.cli.projects import NoProject
    from ivr.errors import FlowError, IvrError, ToolError

    try:
        told = _tried(name, project, given or [], dry_run=dry_run, yes=yes, as_json=as_json)
    except (NoProject, FlowError) as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(2) from fault
    except ToolError as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(2) from fault
    except (IvrError, OSError) as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(3) from fault
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1, default=str))
    if told.get("result") in ("failed", "unknown"):
        raise typer.Exit(1)


def _tried(
    name: str, project: str | None, given: list[str], *, dry_run: bool, yes: bool, as_json: bool
) -> dict[str, Any]:
    from datetime import UTC
    from zoneinfo import ZoneInfo

    from ivr.live.clock import SystemClock
    from ivr.tools import trying

    bundle = _bundle(project)
    flow, spec = trying.find_tool(bundle, name)
    clock = SystemClock()
    now = clock.wall().astimezone(ZoneInfo(bundle.zone) if bundle.zone else UTC)
    arguments = trying.arguments_of(flow, spec, _written(given), now)
    id = _id(clock)
    told: dict[str, Any] = {
        "tool": spec.name,
        "flow": flow.name,
        "request": trying.shown_request(bundle, spec, id, arguments),
    }
    if not as_json:
        _tell_request(told["request"], [name for name, value in arguments.items() if value is None])
    if dry_run:
        return told
    if spec.changes_things and not yes:
        _ask(spec, as_json)
    scope = trying.Given(arguments, now)
    reply = _call(bundle, flow, spec, id, arguments)
    named = trying.named_reply(spec, reply, scope)
    told |= {
        "ms": reply.ms,
        "status": reply.status,
        "answer": reply.body,
        "error": reply.error,
        "detail": reply.detail,
        "result": named.result,
        "why": named.why,
        "kept": trying.shown_kept(spec, named),
    }
    if not as_json:
        _tell_answer(told)
    return told


def _bundle(project: str | None) -> "Bundle":
    import os

    from ivr.catalog import Catalog
    from ivr.cli.projects import find_flow

    folder, _ = find_flow(project)
    return Catalog(folder.resolve(), os.environ).load(folder.resolve().name)


def _written(given: list[str]) -> dict[str, str]:
    from ivr.errors import ToolError

    found = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals:
            raise ToolError(f"--with is written NAME=VALUE, not {one}")
        found[name.strip()] = value
    return found


def _id(clock: Any) -> str:
    from ivr.store import new_call_id

    return f"{new_call_id(clock.wall())}:0:1"


def _ask(spec: "ToolSpec", as_json: bool) -> None:
    from ivr.errors import ToolError

    if as_json or not sys.stdin.isatty():
        raise ToolError(f'"{spec.name}" changes something: say --yes to send it, or --dry-run to only look')
    if not typer.confirm(f'"{spec.name}" really changes something. Send it?', default=False):
        raise typer.Exit(0)


def _call(bundle: "Bundle", flow: "Flow", spec: "ToolSpec", id: str, arguments: dict[str, Any]) -> Any:
    import asyncio
    import os
    from pathlib import Path

    from ivr.settings import load_settings
    from ivr.tools.registry import Tools
    from ivr.tools.secret import Secrets
    from ivr.tools.trying import deadline_in
    from ivr.units import Millis

    async def call() -> Any:
        secrets = Secrets(os.environ, load_settings().data_dir)
        tools = Tools(bundle.apis, Path(bundle.folder), secrets, servers=bundle.servers)
        try:
            tries_ms = (spec.timeout_ms + 2 * spec.retry.wait_ms) * (spec.retry.times + 1)
            return await tools.run(spec, id, arguments, Millis(deadline_in(tries_ms)))
        finally:
            await tools.aclose()

    return asyncio.run(call())


def _tell_request(request: dict[str, Any], empty: list[str]) -> None:
    for kind in ("http", "python", "mcp"):
        if kind in request:
            typer.echo(f"{kind:<8}{request[kind]}")
    for name, value in request.get("headers", {}).items():
        typer.echo(f"        {name}: {value}")
    for key in ("body", "arguments"):
        if request.get(key):
            typer.echo(f"{key:<8}" + json.dumps(request[key], ensure_ascii=False, default=str))
    if empty:
        typer.echo(f"empty   {', '.join(empty)}  (give them by --with NAME=VALUE)")


def _tell_answer(told: dict[str, Any]) -> None:
    status = told["error"] or told["status"] or ""
    typer.echo(f"answer  {status} in {told['ms']} ms" + (f": {told['detail']}" if told["detail"] else ""))
    if told["answer"] is not None:
        text = json.dumps(told["answer"], ensure_ascii=False, indent=1, default=str)
        typer.echo(text if len(text) <= SHOWN_LETTERS else text[:SHOWN_LETTERS] + "…")
    typer.echo(f"result  {told['result']}" + (f"  ({told['why']})" if told["why"] else ""))
    for name, value in told["kept"].items():
        typer.echo(f"kept    {name}: {value}")
