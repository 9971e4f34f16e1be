"""`ivr serve`: the server."""

import gc
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ivr.settings import Settings


def serve(
    port: Annotated[int | None, typer.Option(help="Where to listen; 0 takes any free port.")] = None,
    host: Annotated[str | None, typer.Option(help="127.0.0.1, unless TWILIO_AUTH_TOKEN is set.")] = None,
    project: Annotated[Path | None, typer.Option(help="The folder that holds the projects of flows.")] = None,
    flow: Annotated[str | None, typer.Option(help="A project, or project/flow, that answers.")] = None,
    engines: Annotated[
        str | None, typer.Option(help="A profile: embedded, instant, openai, cometapi, or one of the file.")
    ] = None,
    config: Annotated[str | None, typer.Option(help="Name of a file config/NAME.toml.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that answer, at most one a core.")] = None,
) -> None:
    """Answers the phone until Ctrl-C or SIGTERM, which let the calls in progress end first."""
    from ivr.errors import FlowError, SettingsError, StoreError
    from ivr.logs import configure_logging
    from ivr.settings import load_settings

    flags = {"port": port, "host": host, "project": project, "flow": flow, "engines": engines, "workers": workers}
    try:
        settings = load_settings(flags, config=config)
        configure_logging(settings.log_level, settings.log_format)
        code = _run(settings)
    except (SettingsError, StoreError) as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(3) from fault
    except FlowError as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(1) from fault
    raise typer.Exit(code)


def _run(settings: "Settings") -> int:
    """One process, or a supervisor of several; gives the exit code."""
    if settings.workers > 1:
        from ivr.server.workers import supervise

        return supervise(settings, _told)
    import uvloop

    from ivr.server.main import run

    uvloop.run(run(settings, _listening))
    return 0


def _listening(address: str) -> None:
    """What is there by now stays for good: it is not gone through again for garbage while calls are up."""
    gc.collect()
    gc.freeze()
    _told(address)


def _told(address: str) -> None:
    print(f"listening on {address}", flush=True)
