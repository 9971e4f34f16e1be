"""Messages that calls leave behind outlive the server that was killed, and reach their back end once."""

import asyncio
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ivr.call.settings import CallSettings
from ivr.live.process import Process, ProcessSettings
from ivr.models.engines import Engines
from ivr.store import SendState
from tests.live.line import TurnedClock
from tests.server.carrier import until
from tests.server.project import write_project
from tests.server.test_process import running

FLOW = """\
schema: callflow/1
flow: tiny
start: first
nodes:
  first:
    - post: desk/v1/outbox
      body: {call: "{call.id}"}
    - say: Hello there.
    - end: Goodbye.
after_call: [{post: desk/v1/ended, body: {outcome: "{call.outcome}", summary: "{call.summary}"}}]
"""


class Desk:
    """A back end that keeps a message once for its key, and can be told to take it and not answer."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.kept: dict[str, Any] = {}
        self.deaf, self.let_go = False, asyncio.Event()
        self.app = Starlette(routes=[Route("/v1/{box}", self.take, methods=["POST"])])

    async def take(self, request: Request) -> Response:
        key, body = request.headers["idempotency-key"], await request.json()
        self.asked.append((request.path_params["box"], key))
        if self.deaf:
            await self.let_go.wait()
            return Response(status_code=503)
        self.kept.setdefault(key, body)
        return Response(status_code=201)

    def boxes(self) -> list[str]:
        return [box for box, _ in self.asked]


async def test_a_kill_while_it_is_sent_neither_loses_nor_doubles_it(tmp_path: Path, serve: Any) -> None:
    desk = Desk()
    async with serve(desk.app) as url:
        write_project(tmp_path / "flows", url)
        (tmp_path / "flows" / "tiny" / "tiny.flow.yaml").write_text(FLOW)
        desk.deaf = True
        async with running(tmp_path) as server:
            async with server.carrier.call() as (_, stream):
                await until(lambda: desk.boxes().count("outbox") == 1)
                await stream.closed()
            await until(lambda: "ended" in desk.boxes())
            server.process.send_signal(signal.SIGKILL)
            await server.process.wait()
        desk.deaf = False
        desk.let_go.set()
        async with running(tmp_path):
            await until(lambda: len(desk.kept) == 2)
        assert sorted(body.get("outcome", "") for body in desk.kept.values()) == ["", "completed"]
        assert len({key for _, key in desk.asked}) == 2  # each with its own key, both times


DIES = """
import asyncio, os, signal, sys
from datetime import datetime, timedelta
from pathlib import Path
from ivr.call.codec import encode_deed
from ivr.flow.state import Send
from ivr.flow.types import Privacy
from ivr.store import Answer, Calls, Holders, open_database, open_journal
from ivr.store.leases import Leases

async def main():
    folder, now = Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
    database = open_database(folder)
    lease = await Leases(database).take(now)
    calls = Calls(database, lease)
    call, _ = await calls.open_call("CA1", "AC1", caller="+15550199", dialled="+15550100", now=now,
                                    answer=Answer("<Response/>", "token"))
    await Holders(database, lease).begin(call.id, flow="tiny", bundle="abc", now=now)
    journal = open_journal(folder)
    journal.begin(call.id, await calls.key(call.id), 1)
    send = Send(f"{call.id}:1:1", "post", "desk", api="desk", segments=("v1", "outbox"), body={"a": "b"})
    body = {**encode_deed(send), "project": "tiny"}
    journal.append(call.id, 0, 10, int(now.timestamp() * 1_000_000), "SendDecided", body, Privacy.PII)
    await journal.durable(call.id, 0)
    print(call.id, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_what_only_the_journal_knows_is_made_good(tmp_path: Path) -> None:
    """Killed between the journal and the row."""
    clock = TurnedClock()
    words = [str(tmp_path), (clock.wall() - timedelta(minutes=5)).isoformat()]
    program = [sys.executable, "-c", DIES, *words]
    ended = await asyncio.to_thread(subprocess.run, program, stdout=subprocess.PIPE, text=True)
    call_id = ended.stdout.strip()
    settings = ProcessSettings(tmp_path, os.environ, CallSettings(), record=False)
    for _ in range(2):  # the second start finds it made good
        async with Process(settings, Engines.of("instant"), clock) as process:
            (row,) = await process.sends.of_call(call_id)  # type: ignore[arg-type]
            assert (row.id, row.project, row.state) == (f"{call_id}:1:1", "tiny", SendState.WAITING)
