"""`ivr demo`: the sample line, telephoned twice on this machine, with a back end of its own. What `make call` runs."""

import asyncio
import os
import re
import secrets
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

FLOW: Final = "support"
CALLS: Final = Path("flows") / FLOW / "calls" / "demo.yaml"
_READY: Final = re.compile(rb"back end on (http://\S+)")
_READY_WITHIN_S: Final = 20.0


def demo(
    only: Annotated[str | None, typer.Option(help="Only calls with this in their name.")] = None,
) -> None:
    """Starts the sample line and its back end, places whole spoken calls against it, and says what was kept where.

    Embedded engines, no key, nothing outside this machine. Exit code 0 when every check of every call held.
    """
    from ivr.errors import IvrError

    data = Path(os.environ.get("IVR_DATA_DIR", "data"))
    try:
        data.mkdir(parents=True, exist_ok=True)
        code = asyncio.run(_demo(data, only))
    except (IvrError, OSError) as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(3) from fault
    raise typer.Exit(code)


async def _demo(data: Path, only: str | None) -> int:
    from rich.console import Console

    from ivr.cli.call import HELD, NOT_HELD, CallOptions, play_all, scripts_from_file
    from ivr.sim.served import Served
    from ivr.sim.terminal import Terminal

    console = Console(highlight=False, soft_wrap=True, markup=False)
    token = secrets.token_urlsafe(16)
    scripts = scripts_from_file(CALLS, only)
    async with back_end(data / "demo-backend.db", token) as address:
        environment = {
            "IVR_API__CRM__URL": address,
            "IVR_API__CRM__ALLOW_PRIVATE": "yes",
            "IVR_SECRET_CRM_TOKEN": token,
            "IVR_DATA_DIR": str(data),
            "TWILIO_AUTH_TOKEN": None,
            "IVR_HOST": None,
            "IVR_CONFIG": None,
            "DATABASE_URL": None,
        }
        console.print(f"back end of the sample line on {address}", style="dim")
        async with Served(["--engines", "embedded", "--flow", FLOW], environment=environment) as served:
            console.print(f"server on {served.url}", style="dim")
            console.print("bot: what the embedded recogniser makes of the sound the caller heard", style="dim")
            reports = await play_all(scripts, CallOptions(), served.url, Terminal(console))
    await _tell_kept(console.print, data, len(reports))
    return HELD if reports and all(report.held for report in reports) else NOT_HELD


@asynccontextmanager
async def back_end(database: Path, token: str) -> AsyncIterator[str]:
    """The sample line's back end in a process of its own; gives its address. Raises: SettingsError."""
    from ivr.errors import SettingsError
    from ivr.sim.backend import TOKEN_FROM

    command = ["-m", "ivr.sim.backend", "--port", "0", "--db", str(database)]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        env=os.environ | {TOKEN_FROM: token},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_READY_WITHIN_S):
            found = None
            while found is None:
                line = await process.stdout.readline()
                if not line:
                    raise SettingsError("the sample back end did not start")
                found = _READY.search(line)
        yield found.group(1).decode()
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await process.wait()


async def _tell_kept(say: object, data: Path, calls: int) -> None:
    from ivr.cli.kept import read_call, show_lines
    from ivr.store import Calls, open_database

    assert callable(say)
    database = open_database(data)
    try:
        rows = await Calls(database).latest(calls)
    finally:
        await database.close()
    say("")
    say("what the server kept of the first call (ivr calls show):")
    for line in show_lines(await read_call(data, rows[-1].id)):
        say(f"  {line}")
    say("")
    say(f"kept in {data}/ (journal in {data}/journal.db):")
    for row in reversed(rows):
        say(f"  call {row.id}  {row.outcome}  recording {data}/{row.recording}")
    say("look at them:  .venv/bin/ivr calls list   .venv/bin/ivr calls show last   .venv/bin/ivr calls export last")
