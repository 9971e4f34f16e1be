"""Whole calls with a model that talks over a session: the line's own sound both ways, over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from ivr.audio import mulaw
from ivr.audio.resample import resample_whole
from ivr.models.engines import Engines
from ivr.models.openai.far_end import FarEnd
from ivr.models.openai.realtime import Realtime
from ivr.models.wrappers.ladder import LadderResponder
from ivr.models.wrappers.named import Named
from ivr.secret import Secret
from ivr.sim.dialling import Dialling
from ivr.sim.fake_twilio import Phone
from ivr.sim.model_house.faults import refused
from ivr.sim.model_house.house import DEMO_KEY, House
from ivr.sim.model_house.manners import Manner
from ivr.sim.model_house.minds import Answer, Scripted, ToolCall
from ivr.sim.model_house.voices import Tones
from tests.conftest import Serve
from tests.server.carrier import ACCOUNT, until
from tests.server.conftest import serving, settings_in
from tests.server.test_models import write

CLERK = "I am the clerk of the house."
MENU = """\
nodes:
  menu: [{menu: Press one., options: {one: {hear: [one], key: "1", goto: talk}}}]
"""
OPENS = "open: Good evening.\n      goal:"
LEAVES = (ToolCall("exit_done"),)


async def on_line(phone: Phone) -> str:
    """Its call, once it is on the line."""
    await phone.on_line.wait()
    return phone.call_sid


@asynccontextmanager
async def engines_of(house: House, quick: Engines, serve: Serve) -> AsyncIterator[Engines]:
    async with serve(house.app) as address:
        far_end = FarEnd(f"{address}/v1", Secret(DEMO_KEY))
        live = Named("live", Realtime(far_end, "gpt-realtime-2.1"))
        try:
            yield replace(quick, responder=LadderResponder([live]))
        finally:
            await far_end.close()


async def called(tmp_path: Path, engines: Engines, told: str) -> bytes:
    """What the caller was sent in one call. `told`: all that was said, in how many pieces it ever was."""
    async with serving(settings_in(tmp_path), engines) as server:
        phone = Phone(Dialling(server.url, account_sid=ACCOUNT))
        assert (await phone.call()).how == "completed"
        assert phone.faults == []
        await server.ended(phone.call_sid)
        assert " ".join(await server.said(phone.call_sid)) == told
        return b"".join(piece.payload for piece in phone.playback.played(phone.now()))


async def test_the_sound_of_a_session_is_heard_as_it_was_made(tmp_path: Path, quick: Engines, serve: Serve) -> None:
    write(tmp_path)
    house = House(Scripted(Answer(CLERK, LEAVES)))
    async with engines_of(house, quick, serve) as engines:
        heard = await called(tmp_path, engines, f"{CLERK} Goodbye.")
        made = mulaw.encode(resample_whole(await Tones().sound(CLERK), 8000))
        assert made in heard
        assert len(house.sessions) == 1
        await until(lambda: not house.sessions[0].open)


async def test_a_session_is_opened_with_the_first_agent_and_closed_with_the_call(
    tmp_path: Path, quick: Engines, serve: Serve
) -> None:
    """Not with the call, and not with the first question to the model."""
    write(tmp_path)
    flow = tmp_path / "flows" / "tiny" / "tiny.flow.yaml"
    changed = flow.read_text().replace("start: talk", "start: menu").replace("nodes:\n", MENU)
    flow.write_text(changed.replace("goal:", OPENS))
    house = House()
    async with engines_of(house, quick, serve) as engines, serving(settings_in(tmp_path), engines) as server:
        phone = Phone(Dialling(server.url, account_sid=ACCOUNT))
        async with asyncio.TaskGroup() as tasks:
            calling = tasks.create_task(phone.call())
            await server.has_said(await on_line(phone), "Press one.")
            assert not house.sessions
            phone.press("1")
            await until(lambda: bool(house.sessions and house.sessions[0].was_sent("session.update")))
            assert not house.asked("answers")
            phone.hang_up()
        assert calling.result().how == "caller_left"
        await until(lambda: not house.sessions[0].open)
        assert len(house.sessions) == 1


async def test_where_no_session_can_be_had_the_flow_goes_on(tmp_path: Path, quick: Engines, serve: Serve) -> None:
    write(tmp_path)
    house = House()
    house.always("realtime", refused(401, "invalid_api_key"))
    async with engines_of(house, quick, serve) as engines:
        await called(tmp_path, engines, "Nobody can talk now.")


async def test_a_session_that_breaks_in_the_middle_of_a_sentence(tmp_path: Path, quick: Engines, serve: Serve) -> None:
    """What was said stays said; the next session knows it, and goes on."""
    write(tmp_path)
    whole = Answer("We are open. " + CLERK, manner=Manner(cut_after=12))
    house = House(Scripted(whole, Answer("Where was I? Well.", LEAVES)))
    async with engines_of(house, quick, serve) as engines, serving(settings_in(tmp_path), engines) as server:
        phone = Phone(Dialling(server.url, account_sid=ACCOUNT))
        assert (await phone.call()).how == "completed"
        await server.ended(phone.call_sid)
        said = " ".join(await server.said(phone.call_sid))
        assert said.startswith("We are open.") and said.endswith("Where was I? Well. Goodbye.")
        assert said.count("We are open.") == 1
        assert len(house.sessions) == 2
        assert any("broke off after: We are open." in item.words for item in house.sessions[1].conversation.items)
