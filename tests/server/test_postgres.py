"""The whole server on PostgreSQL: a call from the webhook to what commands show of it, and a server that goes away."""

import asyncio
import json
import os
import re
import subprocess
from pathlib import Path

from click.testing import Result
from pydantic import SecretStr
from typer.testing import CliRunner

from ivr.cli import app
from ivr.models.engines import Engines
from ivr.store import Calls, open_database, read_journal
from ivr.units import CallSid
from tests.conftest import TEMPLATE
from tests.postgres import Postgres
from tests.server.carrier import new_sid, until
from tests.server.conftest import serving, settings_in
from tests.server.project import write_project
from tests.server.test_process import command, environment, running

PASSWORD = "canary-of-a-password"


def ivr(folder: Path, url: str, *words: str) -> Result:
    """A command, as typed with this database."""
    names = {name: None for name in os.environ if name.startswith(("IVR_", "TWILIO_", "PORT"))}
    return CliRunner().invoke(
        app, list(words), env={**names, "IVR_DATA_DIR": str(folder / "data"), "DATABASE_URL": url}
    )


async def test_a_whole_call_and_what_commands_show_of_it(tmp_path: Path, postgres_url: str) -> None:
    url = re.sub("(//[^@]*)@", rf"\1:{PASSWORD}@", postgres_url)
    async with running(tmp_path, DATABASE_URL=url) as server, server.carrier.call() as (sid, stream):
        await stream.quiet()
        await stream.asked("1")
        await stream.quiet()
        await stream.press("3")
        assert await stream.closed() == 1000
        assert "<Hangup" in await server.carrier.ask("/twilio/resume", sid)
        await server.carrier.post("/twilio/status", {"CallSid": sid, "CallStatus": "completed", "SequenceNumber": "3"})
        database = open_database(server.data, url)
        async with asyncio.timeout(10):
            while (row := await Calls(database).by_sid(CallSid(sid))) is None or row.ended_at is None:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await database.close()
        kept = read_journal(server.data, row.id, url=url)
        assert [entry.seq for entry in kept] == list(range(1, len(kept) + 1))
        assert {file.name for file in server.data.iterdir()} & {"ivr.db", "journal.db"} == set()

    await asyncio.to_thread(_shown, tmp_path, url, row.id, len(kept))


def _shown(folder: Path, url: str, call_id: str, entries: int) -> None:
    shown = ivr(folder, url, "calls", "show", call_id)
    assert shown.exit_code == 0 and call_id in shown.output and "Very well." in shown.output
    assert ivr(folder, url, "calls", "list").output.count(call_id) == 1
    out = ivr(folder, url, "calls", "export", call_id, "--format", "json", "-o", str(folder))
    assert len(json.loads(Path(out.output.split()[-1]).read_text())["journal"]) == entries
    told = [
        ivr(folder, url, "doctor"),
        ivr(folder, url, "config", "show", "--origin"),
        ivr(folder, url.replace("/ivr_", "/missing_ivr_"), "calls", "list"),
        ivr(folder, f"mysql://ivr:{PASSWORD}@db/ivr", "calls", "list"),
    ]
    assert "tables of calls: tables at" in told[0].output
    assert [one.exit_code for one in told[1:]] == [0, 3, 3]
    assert "DATABASE_URL" in told[3].output
    for one in (shown, out, *told):
        assert PASSWORD not in one.output


def test_a_database_that_is_not_there_is_told_with_the_fix(tmp_path: Path) -> None:
    write_project(tmp_path / "flows")
    gone = f"postgresql://ivr:{PASSWORD}@127.0.0.1:9/ivr"
    done = subprocess.run(
        command(tmp_path), env=environment(tmp_path, DATABASE_URL=gone), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 3
    assert "127.0.0.1:9" in done.stderr and "start the server" in done.stderr
    assert PASSWORD not in done.stdout + done.stderr


async def test_calls_go_on_while_the_server_is_away_and_nothing_is_lost(
    tmp_path: Path, quick: Engines, postgres: Postgres
) -> None:
    url = postgres.create("goes_away", TEMPLATE)
    async with serving(settings_in(tmp_path, database_url=SecretStr(url)), quick) as server:
        async with server.carrier.call() as (sid, stream):
            await stream.quiet()
            await asyncio.to_thread(postgres.stop)
            try:
                for _ in range(3):
                    await stream.asked("1")
                    await stream.quiet()
                async with asyncio.timeout(20):
                    while (await server.carrier.client.get("/readyz")).status_code == 200:  # noqa: ASYNC110
                        await asyncio.sleep(0.05)
                assert 'reason="busy"' in await server.carrier.ask("/twilio/voice", new_sid())
            finally:
                await asyncio.to_thread(postgres.start)
            async with asyncio.timeout(20):
                while (await server.carrier.client.get("/readyz")).status_code != 200:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            await stream.press("3")
            assert await stream.closed() == 1000
        row = await server.ended(sid)
        kept = read_journal(server.data, row.id, url=url)
        assert sum(entry.kind == "flow.KeysEntered" for entry in kept) == 4
        assert [entry.seq for entry in kept] == list(range(1, len(kept) + 1))
        assert (await server.said(sid)).count("Very well.") == 3
        await until(lambda: not list(server.data.glob("*.spool")))
    postgres.drop("goes_away")
