"""Callers who hold while somebody is brought to them, over the real server, the carrier's REST and a media socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.audio import mulaw
from ivr.models.engines import Engines
from ivr.models.offline.instant import speech_like
from ivr.sim.attendant import Attendant
from ivr.sim.dialling import Dialling
from ivr.sim.exchange import Exchange
from ivr.sim.fake_twilio import Phone
from ivr.sim.signing import signer
from ivr.store import Attendants, Messages, Stage, message_sound
from ivr.units import CallId, CallSid
from tests.server.carrier import ACCOUNT, until
from tests.server.conftest import Server, serving, settings_in

CARE = "+15550107788"
NOTICE = " ".join(f"This is sentence {number} of what must be heard." for number in range(1, 9))
PROJECT = """\
schema: callflow/1
project: tiny
zone: Etc/UTC
entry: {default: tiny}
targets:
  care: {number: "+15550107788", ring: 5s}
  nurse: {queue: nurses, wait: 60s, most: 1}
limits: {call: none, silence: none, turns: none, tries_per_question: none}
"""
FLOW = """\
schema: callflow/1
flow: tiny
start: first
slots:
  account: {type: digits, length: 4, private: pii, ask: Which account?}
  wish:
    type: choice
    ask: What do you wish?
    options:
      person: {hear: [person], key: "1"}
      line: {hear: [line], key: "2"}
      mail: {hear: [mail], key: "3"}
      bye: {hear: [bye], key: "4"}
      cold: {hear: [cold], key: "5"}
      told: {hear: [told], key: "6"}
nodes:
  first: [{ask: wish}, {goto: which}]
  which:
    - {if: wish is "person", then: {goto: person}}
    - {if: wish is "line", then: {goto: line}}
    - {if: wish is "mail", then: {goto: mail}}
    - {if: wish is "cold", then: {goto: unheard}}
    - {if: wish is "told", then: [{say: "NOTICE", interrupt: no}, {goto: unheard}]}
    - {end: Goodbye.}
  person:
    - transfer: care
      mode: warm
      whisper: {say: "A caller about {wish}.", accept: {hear: [connect us], key: "1"}, within: 5s}
      caller_left_say: The caller is gone.
      on: {answered: {goto: after}, no_answer: {goto: nobody}, failed: {goto: nobody}}
  unheard: [{transfer: care, mode: warm, on: {no_answer: {goto: nobody}, failed: {goto: nobody}}}]
  line:
    - transfer: nurse
      mode: warm
      whisper: {say: "Somebody waits.", accept: {key: "1"}}
      while_waiting:
        every: {time: 1s, say: "You are number {position}."}
        options: {later: {hear: [later], key: "9", goto: nobody}}
      on: {answered: {goto: after}, no_answer: {goto: nobody}, busy: {goto: busy}, failed: {goto: nobody}}
  mail:
    - record: note
      say: Speak after the tone.
      max: 5s
      ends: {silence: 2s, key: "#"}
      on: {done: {goto: after}, failed: {goto: nobody}, empty: {goto: nobody}}
  after: [{say: Welcome back.}, {goto: again}]
  nobody: [{say: Nobody came.}, {goto: again}]
  busy: [{say: All are busy.}, {goto: again}]
  again: [{forget: wish}, {ask: wish}, {goto: which}]
"""


@dataclass(slots=True)
class Desk:
    """A server, and the carrier with the people that it can ring."""

    server: Server
    exchange: Exchange

    @asynccontextmanager
    async def caller(self) -> AsyncIterator[Phone]:
        """A call that has been asked what it wishes; hung up in the end."""
        phone = Phone(Dialling(self.server.url, account_sid=ACCOUNT), exchange=self.exchange)
        async with asyncio.TaskGroup() as tasks:
            calling = tasks.create_task(phone.call())
            try:
                await phone.on_line.wait()
                await self.server.has_said(phone.call_sid, "What do you wish?")
                yield phone
            finally:
                phone.hang_up()
                await calling
        assert phone.faults == []
        assert self.exchange.ledger.faults == []

    async def call_id(self, phone: Phone) -> CallId:
        row = await self.server.row(phone.call_sid)
        assert row is not None
        return row.id


@asynccontextmanager
async def opened(folder: Path, engines: Engines, **people: Attendant) -> AsyncIterator[Desk]:
    (folder / "flows" / "tiny").mkdir(parents=True, exist_ok=True)
    (folder / "flows" / "tiny" / "project.yaml").write_text(PROJECT)
    (folder / "flows" / "tiny" / "tiny.flow.yaml").write_text(FLOW.replace("NOTICE", NOTICE))
    exchange = Exchange(ACCOUNT, "unsigned", signer(None, "", None), {CARE: people.get("care", Attendant())})
    async with exchange.serve() as rest:
        settings = settings_in(folder, twilio_account_sid=ACCOUNT, twilio_api_url=rest)
        async with serving(settings, engines) as server:
            yield Desk(server, exchange)


async def test_an_attendant_is_whispered_to_takes_the_call_and_leaves_it(tmp_path: Path, quick: Engines) -> None:
    async with opened(tmp_path, quick, care=Attendant(does=("connect us please",))) as desk, desk.caller() as phone:
        phone.press("1")
        await desk.server.has_said(phone.call_sid, "Welcome back.")
        leg = desk.exchange.legs[0]
        assert leg.said == ["A caller about person. To take the call, press 1 or say connect us."]
        assert desk.exchange.rooms.held == [frozenset({leg.sid, phone.sid})]
        assert phone.streams == 2
        sound = phone.playback.played_ms(phone.now())
        assert sound > 0 and phone.playback.underruns == []


async def test_the_caller_hears_music_until_then(tmp_path: Path, quick: Engines) -> None:
    care = Attendant(after_s=1.0, answers="no-answer")
    async with opened(tmp_path, quick, care=care) as desk, desk.caller() as phone:
        before = phone.playback.end_ms
        phone.press("1")
        await until(lambda: phone.playback.end_ms > before + 800)
        await desk.server.has_said(phone.call_sid, "Nobody came.")


@pytest.mark.parametrize(
    "care",
    [
        Attendant(answers="busy"),
        Attendant(answers="no-answer"),
        Attendant(answers="failed"),
        Attendant(does=("2",)),
        Attendant(does=("no",)),
        Attendant(does=("hangs up",)),
        Attendant(does=("hm", "7", "well")),
    ],
    ids=lambda care: care.answers if care.answers != "answered" else care.does[0],
)
async def test_who_does_not_take_the_call_gives_the_caller_back(
    tmp_path: Path, quick: Engines, care: Attendant
) -> None:
    async with opened(tmp_path, quick, care=care) as desk, desk.caller() as phone:
        phone.press("1")
        await desk.server.has_said(phone.call_sid, "Nobody came.")
        assert phone.streams == 1
        assert desk.exchange.rooms.held == []
        await until(lambda: desk.exchange.legs[0].over)


async def test_without_a_question_who_hears_the_whisper_has_the_call(tmp_path: Path, quick: Engines) -> None:
    """`answered` has no way there: the call ends as transferred."""
    async with opened(tmp_path, quick) as desk, desk.caller() as phone:
        phone.press("5")
        row = await desk.server.ended(phone.call_sid)
        assert row.outcome == "transferred"


async def test_what_must_be_heard_is_heard_before_both_are_joined(tmp_path: Path, quick: Engines) -> None:
    async with opened(tmp_path, quick) as desk, desk.caller() as phone:
        phone.press("6")
        await desk.server.has_said(phone.call_sid, NOTICE)
        row = await desk.server.ended(phone.call_sid)
        assert row.outcome == "transferred"


async def test_a_caller_who_hangs_up_in_the_room_has_left(tmp_path: Path, quick: Engines) -> None:
    """`answered` has a way, but there is nobody left to take it."""
    async with opened(tmp_path, quick, care=Attendant(stays_s=None)) as desk, desk.caller() as phone:
        phone.press("1")
        await until(lambda: bool(phone.dialled))
        phone.hang_up()
        await until(lambda: desk.exchange.legs[0].over)
        said = desk.exchange.legs[0].said
        assert said[-1] == "The caller is gone."
        whole = {"CallStatus": "completed", "DialCallStatus": "completed"}
        assert "<Hangup" in await desk.server.carrier.ask("/twilio/transfer", phone.call_sid, **whole)
        assert (await desk.server.ended(phone.call_sid)).outcome == "caller_left"


async def test_an_attendant_on_the_line_is_told_that_the_caller_left(tmp_path: Path, quick: Engines) -> None:
    care = Attendant(does=("",))
    async with opened(tmp_path, quick, care=care) as desk:
        async with desk.caller() as phone:
            phone.press("1")
            await until(lambda: bool(desk.exchange.legs and desk.exchange.legs[0].said))
            phone.hang_up()
            await until(lambda: desk.exchange.legs[0].over)
        assert desk.exchange.legs[0].said[1:] == ["The caller is gone."]
        assert (await desk.server.ended(phone.call_sid)).outcome == "caller_left"


async def test_a_ringing_leg_is_ended_when_the_caller_leaves(tmp_path: Path, quick: Engines) -> None:
    async with opened(tmp_path, quick, care=Attendant(after_s=30)) as desk, desk.caller() as phone:
        phone.press("1")
        await until(lambda: bool(desk.exchange.legs))
        phone.hang_up()
        await until(lambda: desk.exchange.legs[0].status == "canceled")


async def test_a_line_is_served_by_who_calls_in(tmp_path: Path, quick: Engines) -> None:
    async with opened(tmp_path, quick) as desk, desk.caller() as phone:
        nobody = await desk.exchange.call_in(f"{desk.server.url}/twilio/queue/nurses", Attendant())
        await until(lambda: nobody.over)
        assert nobody.said == ["Nobody is waiting. Goodbye."]

        phone.press("2")
        await desk.server.has_said(phone.call_sid, "You are number one.")
        async with desk.caller() as other:
            other.press("2")
            await desk.server.has_said(other.call_sid, "All are busy.")

        refuses = await desk.exchange.call_in(f"{desk.server.url}/twilio/queue/nurses", Attendant(does=("2",)))
        await until(lambda: refuses.over)
        serves = await desk.exchange.call_in(f"{desk.server.url}/twilio/queue/nurses", Attendant())
        await desk.server.has_said(phone.call_sid, "Welcome back.")
        assert serves.said == ["Somebody waits. To take the call, press 1."]
        assert desk.exchange.rooms.held == [frozenset({serves.sid, phone.sid})]


async def test_an_option_gives_the_place_up(tmp_path: Path, quick: Engines) -> None:
    async with opened(tmp_path, quick) as desk, desk.caller() as phone:
        phone.press("2")
        await desk.server.has_said(phone.call_sid, "You are number one.")
        phone.press("9")
        await desk.server.has_said(phone.call_sid, "Nobody came.")
        late = await desk.exchange.call_in(f"{desk.server.url}/twilio/queue/nurses", Attendant())
        await until(lambda: late.over)
        assert late.said == ["Nobody is waiting. Goodbye."]


async def test_a_caller_whose_stream_is_lost_goes_on_holding_and_nobody_is_rung_twice(
    tmp_path: Path, quick: Engines
) -> None:
    async with opened(tmp_path, quick, care=Attendant(after_s=1.0)) as desk, desk.caller() as phone:
        phone.press("1")
        await until(lambda: bool(desk.exchange.legs))
        phone.drop_stream()
        await desk.server.has_said(phone.call_sid, "Welcome back.")
        assert len(desk.exchange.legs) == 1


async def test_a_leg_whose_webhooks_are_lost_is_asked_about(tmp_path: Path, quick: Engines) -> None:
    async with opened(tmp_path, quick, care=Attendant(after_s=30)) as desk, desk.caller() as phone:
        phone.press("1")
        await until(lambda: bool(desk.exchange.legs))
        rows = Attendants(desk.server.database)
        leg = desk.exchange.legs[0]
        async with asyncio.timeout(5):
            sid = CallSid(leg.sid)
            while (row := await rows.by_leg_sid(sid)) is None or row.stage is not Stage.RINGING:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        leg.status_url = None
        leg.person = Attendant(answers="busy", after_s=0)
        leg.out.set()
        await until(lambda: leg.over)
        await rows.move(row.id, {Stage.RINGING}, Stage.RINGING, due_at=datetime.now(UTC) - timedelta(seconds=1))
        await desk.server.has_said(phone.call_sid, "Nobody came.")
        gone = await rows.by_id(row.id)
        assert gone is not None and (gone.stage, gone.result) == (Stage.OVER, "busy")


async def test_a_message_is_kept_as_it_was_spoken(tmp_path: Path, quick: Engines) -> None:
    async with opened(tmp_path, quick) as desk, desk.caller() as phone:
        phone.press("3")
        await desk.server.has_said(phone.call_sid, "Speak after the tone.")
        tone = phone.playback.end_ms
        await until(lambda: phone.now() > tone + 200)
        spoken = phone.speak(mulaw.encode(speech_like(1500, 8000)))
        await until(lambda: spoken.done.is_set())
        phone.press("#")
        await desk.server.has_said(phone.call_sid, "Welcome back.")
        call_id = await desk.call_id(phone)
        messages = Messages(desk.server.database)
        async with asyncio.timeout(5):
            while not (kept := await messages.of_call(call_id)) or kept[0].to_ms is None:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert [(m.name, m.ended_by) for m in kept] == [("note", "key")]
        assert kept[0].to_ms is not None and kept[0].to_ms >= 1500
        await until(lambda: (desk.server.data / kept[0].path).exists())
        sound = message_sound(desk.server.data, kept[0])
        assert mulaw.rms(mulaw.decode(sound).samples) > 500
