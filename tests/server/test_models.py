"""The model of a process's engines talks with its callers, within what models may cost."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from ivr.flow.state import ModelRequest
from ivr.models.engines import Engines
from ivr.models.offline.scripted import ScriptedResponder, Written
from ivr.models.profiles import Caps
from ivr.sim.dialling import Dialling
from ivr.sim.fake_twilio import Phone
from tests.server.carrier import ACCOUNT
from tests.server.conftest import Server, serving, settings_in

PROJECT = """\
schema: callflow/1
project: tiny
zone: Etc/UTC
entry: {default: tiny}
"""
FLOW = """\
schema: callflow/1
flow: tiny
start: talk
nodes:
  talk:
    - agent: clerk
      goal: Tell the caller who you are.
      exits: {done: {about: it is told, goto: bye}}
      on: {limit: {goto: down}, model_down: {goto: down}, blocked: {goto: down}}
  bye: [{end: Goodbye.}]
  down: [{end: Nobody can talk now.}]
"""
SAYS = Written(("I am the clerk of the house.",), (ModelRequest("r1", "exit_done", {}),), Decimal(1))


def write(folder: Path) -> None:
    project = folder / "flows" / "tiny"
    project.mkdir(parents=True)
    (project / "project.yaml").write_text(PROJECT, encoding="utf-8")
    (project / "tiny.flow.yaml").write_text(FLOW, encoding="utf-8")


async def told(server: Server, expected: list[str]) -> None:
    phone = Phone(Dialling(server.url, account_sid=ACCOUNT))
    assert (await phone.call()).how == "completed"
    assert phone.faults == []
    await server.said_is(phone.call_sid, expected)


async def test_an_agent_has_the_model_of_the_engines(tmp_path: Path, quick: Engines) -> None:
    write(tmp_path)
    engines = replace(quick, responder=ScriptedResponder({"clerk": [SAYS]}))
    async with serving(settings_in(tmp_path), engines) as server:
        await told(server, ["I am the clerk of the house.", "Goodbye."])


async def test_without_a_model_an_agent_takes_its_way_for_one_that_is_down(tmp_path: Path, quick: Engines) -> None:
    write(tmp_path)
    async with serving(settings_in(tmp_path), quick) as server:
        await told(server, ["Nobody can talk now."])


@pytest.mark.parametrize(("hour", "second"), [("0.5", ["Nobody can talk now."]), ("1.5", None)])
async def test_what_models_may_cost_in_an_hour_is_kept_to(
    tmp_path: Path, quick: Engines, hour: str, second: list[str] | None
) -> None:
    write(tmp_path)
    engines = replace(quick, responder=ScriptedResponder({"clerk": [SAYS]}))
    settings = settings_in(tmp_path, caps=Caps(hour=Decimal(hour)))
    async with serving(settings, engines) as server:
        await told(server, ["I am the clerk of the house.", "Goodbye."])
        await told(server, second or ["I am the clerk of the house.", "Goodbye."])
