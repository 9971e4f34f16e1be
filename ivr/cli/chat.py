"""`ivr chat`: a flow by text. You are the caller; prompts are heard in full, and the clock is not a real one."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ivr.flow.flow import Bundle
    from ivr.flow.scenario import Given

WENT_ON, STUCK, WRONG_USAGE, NO_ENVIRONMENT, INTERRUPTED = 0, 1, 2, 3, 130


def chat(
    flow: Annotated[str | None, typer.Argument(help="A project, or project/flow.")] = None,
    answers: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A test file: tools answer as in its first test.")
    ] = None,
    live: Annotated[bool, typer.Option("--live", help="Really call the back end.")] = False,
    from_number: Annotated[str | None, typer.Option("--from", help="The caller's number.")] = None,
    to_number: Annotated[str | None, typer.Option("--to", help="The number that is called.")] = None,
    at: Annotated[
        str | None, typer.Option("--time", metavar="TIME", help="When the call is, as in '2026-03-02 10:00'.")
    ] = None,
) -> None:
    """Talks to a flow by text. Lines may also be piped in.

    When the flow calls a tool that nobody answers for, you pick its result. /help lists what else can be typed.

    Exit codes: 0 the conversation went as far as you took it, 1 it could not go on or the flow has mistakes, 2 wrong
    usage, 3 the environment lacks something.
    """
    from ivr.cli.projects import NoProject
    from ivr.errors import IvrError

    try:
        code = _chat(flow, answers, live, from_number, to_number, at)
    except NoProject as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG_USAGE) from error
    except (IvrError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(NO_ENVIRONMENT) from error
    except KeyboardInterrupt as error:
        typer.echo(err=True)
        raise typer.Exit(INTERRUPTED) from error
    raise typer.Exit(code)


def _chat(
    name: str | None, answers: Path | None, live: bool, from_number: str | None, to_number: str | None, at: str | None
) -> int:
    from ivr.catalog import check_folder
    from ivr.cli.chat_talk import Chat
    from ivr.cli.projects import find_flow
    from ivr.flow.blocks import blocks

    folder, flow_name = find_flow(name)
    checked = check_folder(folder)
    bundle = checked.bundle
    if bundle is None:
        errors = [message for message in checked.messages if message.severity == "error"]
        typer.echo(blocks(errors, checked.files, folder=str(folder)), err=True)
        return STUCK
    flow_name = flow_name or bundle.entry_default
    if flow_name not in bundle.flows:
        raise typer.BadParameter(f"no flow {flow_name}; there are: {', '.join(sorted(bundle.flows))}")
    given = _given(answers, from_number, to_number, at, bundle)
    with _live_tools(bundle, folder, live) as tools:
        return Chat(bundle, flow_name, given, tools, folder).run()


def _given(file: Path | None, caller: str | None, dialled: str | None, at: str | None, bundle: "Bundle") -> "Given":
    from ivr.flow.scenario import Given, load_scenarios

    given = Given()
    if file is not None:
        scenarios, mistakes = load_scenarios(file.read_text(encoding="utf-8"), str(file))
        if mistakes or not scenarios:
            raise typer.BadParameter("\n".join(str(mistake) for mistake in mistakes) or f"there is no test in {file}")
        given = scenarios[0].given
    if at is not None:
        try:
            given = replace(given, time=datetime.fromisoformat(at).replace(tzinfo=None))
        except ValueError as error:
            raise typer.BadParameter("--time is a date and a time, as in '2026-03-02 10:00'") from error
    if given.time is None:
        given = replace(given, time=_this_minute(bundle.zone))
    return replace(given, caller=caller or given.caller, dialled=dialled or given.dialled)


def _this_minute(zone: str) -> datetime:
    from zoneinfo import ZoneInfo

    from ivr.live.clock import SystemClock

    return SystemClock().wall().astimezone(ZoneInfo(zone)).replace(second=0, microsecond=0, tzinfo=None)


def _live_tools(bundle: "Bundle", folder: Path, live: bool) -> Any:
    from contextlib import nullcontext

    from ivr.cli.test import LiveTools

    return LiveTools(bundle, folder) if live else nullcontext()
