"""Calls that we make, on the real server: asked for over HTTP, placed by the carrier's REST, taken by a strict
telephone with sound on a websocket."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from ivr.audio import mulaw, tones, wav
from ivr.audio.pcm import Pcm
from ivr.audio.resample import resample_whole
from ivr.models.engines import Engines
from ivr.models.offline.instant import InstantSimilarity
from ivr.models.offline.silero import Silero
from ivr.models.ports import Transcript
from ivr.sim.called import Called
from ivr.sim.exchange import Exchange
from ivr.sim.signing import signer
from ivr.store import Orders
from ivr.store.tables import orders
from ivr.units import Millis
from tests.server.carrier import ACCOUNT, until
from tests.server.conftest import AUTH_TOKEN, PUBLIC_URL, Server, ShortVoice, serving, settings_in

ANA = "+15550107788"
PROJECT = """\
schema: callflow/1
project: tiny
zone: Etc/UTC
entry: {default: due, "+15550100100": due}
outbound:
  remind:
    flow: due
    from: "+15550100100"
    ring: 5s
    tries: 2
    outcomes: {no_answer: unreached, caller_left: left}
    detect: {wait: 1s, no_tone: 20s}
  office: {flow: due, from: "+15550100100", hours: never}
hours: {never: {mon-sun: 03:00-03:01}}
limits: {call: none, silence: none, turns: none, tries_per_question: none}
recording: no
"""
FLOW = """\
schema: callflow/1
flow: due
inputs: {name: name, due: money}
answered_by: {person: hello, machine: leave_word, menu: give_up, fax: give_up}
slots:
  pay: {type: yes_no, ask: "{name}, {due} is due. Will you pay?"}
nodes:
  hello:
    - ask: pay
    - {if: pay, then: {end: {say: Thank you. Goodbye., outcome: promised}}, else: {end: {outcome: no_promise}}}
  leave_word: [{say: "{name}, please call us.", after: tone}, {end: {outcome: message_left}}]
  give_up: [{end: {outcome: not_reached}}]
"""
DATA = {"name": "Ana", "due": 42.5}
ASKED = {"outbound": "remind", "to": ANA, "data": DATA}
GREETING = mulaw.encode(
    resample_whole(wav.read(Path("flows/harbour/sounds/en-US/leave_a_message.wav").read_bytes()), 8000)
)
"""A voice that asks for a message behind the tone."""
HELLO = GREETING[: 8 * 700]
PAUSE = b"\xff" * 8 * 1200
TONE = mulaw.encode(tones.message_tone(400))


class Listener:
    """A recogniser that knows a long greeting from a short one."""

    rate_hz = 8000

    async def transcribe(self, chunk: Pcm, expect: str, deadline: Millis) -> Transcript:
        words = "Please leave a message after the tone." if chunk.ms > 1800 else "Hello?"
        return Transcript(words, -0.1, Millis(1))


@pytest.fixture(scope="session")
def listening() -> Engines:
    return Engines("listening", Listener(), ShortVoice(), InstantSimilarity(), Silero())


@dataclass(slots=True)
class Office:
    server: Server
    exchange: Exchange

    async def ask(self, body: Mapping[str, object] = ASKED, **headers: str) -> tuple[int, dict[str, Any]]:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        response = await self.server.carrier.client.post("/api/v1/calls", json=dict(body), headers=told)
        return response.status_code, response.json()

    async def asked(self, body: Mapping[str, object] = ASKED) -> str:
        status, told = await self.ask(body)
        assert status == 202, told
        return str(told["id"])

    async def state(self, order: str) -> dict[str, Any]:
        response = await self.server.carrier.client.get(f"/api/v1/calls/{order}")
        assert response.status_code == 200
        told: dict[str, Any] = response.json()
        return told

    async def is_over(self, order: str) -> dict[str, Any]:
        async with asyncio.timeout(30):
            while (told := await self.state(order))["state"] != "over":  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return told

    async def is_now(self, order: str, state: str) -> dict[str, Any]:
        async with asyncio.timeout(20):
            while (told := await self.state(order))["state"] != state:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return told

    async def due_now(self, order: str) -> None:
        """As if the time had passed."""
        past = datetime.now(UTC) - timedelta(seconds=1)
        moving = update(orders).where(orders.c.id == order).values(due_at=past)
        await self.server.database.write(lambda c: c.execute(moving).rowcount)


@asynccontextmanager
async def opened(
    folder: Path, engines: Engines, *calls: Called, signed: bool = False, **more: object
) -> AsyncIterator[Office]:
    (folder / "flows" / "tiny").mkdir(parents=True, exist_ok=True)
    (folder / "flows" / "tiny" / "project.yaml").write_text(PROJECT)
    (folder / "flows" / "tiny" / "due.flow.yaml").write_text(FLOW)
    phones: Mapping[str, Sequence[Called]] = {ANA: calls or (Called(),)}
    token = AUTH_TOKEN if signed else "unsigned"
    exchange = Exchange(ACCOUNT, token, signer(None, "", None), phones=phones)
    async with exchange.serve() as rest:
        settings = settings_in(folder, twilio_account_sid=ACCOUNT, twilio_api_url=rest, **more)
        async with serving(settings, engines) as server:
            yield Office(server, exchange)
            if not signed:
                assert [call.faults for call in exchange.calls] == [[] for _ in exchange.calls]
                assert [call.unheard for call in exchange.calls] == [[] for _ in exchange.calls]


RESUMED = "Sorry, I lost you for a moment."
QUESTION = "Ana, forty two dollars and fifty cents is due. Will you pay?"


async def test_a_person_is_called_reminded_and_says_yes(tmp_path: Path, listening: Engines) -> None:
    async with opened(tmp_path, listening, Called(sound=HELLO)) as office:
        order = await office.asked()
        await office.is_now(order, "talking")
        phone = office.exchange.calls[0]
        await office.server.has_said(phone.sid, QUESTION)
        assert (phone.dialling.to_number, phone.dialling.from_number) == (ANA, "+15550100100")
        phone.press("1")
        told = await office.is_over(order)
        assert (told["result"], told["outcome"], told["tries"]) == ("answered", "promised", 1)
        assert phone.playback.underruns == []
        row = await office.server.ended(phone.sid)
        assert (row.id, row.outcome, row.order_id) == (told["call"], "promised", order)


async def test_a_machine_is_left_a_word_behind_its_tone(tmp_path: Path, listening: Engines) -> None:
    machine = Called(sound=GREETING + PAUSE + TONE)
    async with opened(tmp_path, listening, machine) as office:
        order = await office.asked()
        told = await office.is_over(order)
        assert (told["result"], told["outcome"]) == ("answered", "message_left")
        phone = office.exchange.calls[0]
        await office.server.said_is(phone.sid, ["Ana, please call us."])
        first = phone.playback.played(phone.now())[0].at_ms
        assert first >= len(machine.sound) / 8, "it spoke into the greeting"


async def test_who_does_not_take_it_is_called_again_and_then_no_more(tmp_path: Path, listening: Engines) -> None:
    async with opened(tmp_path, listening, Called("busy"), Called("no-answer")) as office:
        order = await office.asked()
        await until(lambda: bool(office.exchange.calls))
        waits = await office.is_now(order, "waiting")
        in_minutes = datetime.fromisoformat(waits["next_try_at"]) - datetime.now(UTC)
        assert timedelta(minutes=4) < in_minutes <= timedelta(minutes=5)
        await office.due_now(order)
        told = await office.is_over(order)
        assert (told["result"], told["outcome"], told["tries"]) == ("no_answer", "unreached", 2)
        assert len(office.exchange.calls) == 2


async def test_who_hangs_up_at_once_has_left(tmp_path: Path, listening: Engines) -> None:
    async with opened(tmp_path, listening, Called(sound=HELLO)) as office:
        order = await office.asked()
        await office.is_now(order, "talking")
        await office.exchange.calls[0].on_line.wait()
        office.exchange.calls[0].hang_up()
        told = await office.is_over(order)
        assert (told["result"], told["outcome"]) == ("caller_left", "left")


async def test_a_call_whose_stream_is_lost_goes_on_with_its_data(tmp_path: Path, listening: Engines) -> None:
    async with opened(tmp_path, listening, Called(sound=HELLO)) as office:
        order = await office.asked()
        await office.is_now(order, "talking")
        phone = office.exchange.calls[0]
        await office.server.has_said(phone.sid, QUESTION)
        phone.drop_stream()
        await until(lambda: phone.streams == 2)
        await office.server.said_is(phone.sid, [QUESTION, RESUMED, QUESTION])
        phone.press("2")
        assert (await office.is_over(order))["outcome"] == "no_promise"


async def test_asked_twice_with_one_key_nobody_is_called_twice(tmp_path: Path, listening: Engines) -> None:
    async with opened(tmp_path, listening, Called("no-answer")) as office:
        both = await asyncio.gather(*(office.ask(Idempotency_Key="monday-7") for _ in range(5)))
        assert {(status, told["id"]) for status, told in both} == {(202, both[0][1]["id"])}
        status, told = await office.ask({**ASKED, "data": {**DATA, "due": 1}}, Idempotency_Key="monday-7")
        assert (status, told["title"]) == (422, "Idempotency-Key")
        await until(lambda: bool(office.exchange.calls))
        await office.is_now(both[0][1]["id"], "waiting")
        assert len(office.exchange.calls) == 1


async def test_a_try_that_nobody_knows_of_is_not_placed_again(tmp_path: Path, listening: Engines) -> None:
    """The process died between asking the carrier and its answer: the next one leaves it alone."""
    async with opened(tmp_path, listening, Called("no-answer"), outbound_per_hour=60) as office:
        store = Orders(office.server.database)
        now = datetime.now(UTC)
        order = await office.asked({**ASKED, "outbound": "office"})
        taken = await store.take(order, now=now, due_at=now - timedelta(seconds=1))
        assert taken is not None and taken.leg is not None
        told = await office.is_over(order)
        assert (told["result"], told["tries"]) == ("unknown", 1)
        assert office.exchange.calls == []
        answered = await office.server.carrier.ask(f"/twilio/outbound/{taken.leg}", "CA" + "7" * 32)
        assert "<Hangup" in answered


async def test_outside_its_hours_it_waits_and_can_be_taken_back(tmp_path: Path, listening: Engines) -> None:
    clock = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
    async with opened(tmp_path, listening, clock_at=clock) as office:
        order = await office.asked({**ASKED, "outbound": "office"})
        told = await office.state(order)
        assert (told["state"], told["next_try_at"]) == ("waiting", "2026-03-03T03:00:00+00:00")
        canceled = (await office.server.carrier.client.delete(f"/api/v1/calls/{order}")).json()
        assert (canceled["state"], canceled["result"]) == ("over", "canceled")
        assert office.exchange.calls == []


async def test_no_more_are_placed_in_an_hour_than_is_allowed(tmp_path: Path, listening: Engines) -> None:
    async with opened(tmp_path, listening, Called("failed"), outbound_per_hour=1) as office:
        first = await office.asked()
        await until(lambda: bool(office.exchange.calls))
        await office.is_now(first, "waiting")
        second = await office.asked()
        await office.due_now(first)
        await office.due_now(second)
        for _ in range(8):  # asked again, and each time the dialler looks
            assert (await office.ask({**ASKED, "data": {**DATA, "name": "Bob"}}))[0] == 202
        status, told = await office.ask()
        assert (status, told["title"]) == (429, "Too many calls")
        assert len(office.exchange.calls) == 1
        assert (await office.state(second))["state"] == "waiting"


MISTAKES: Sequence[tuple[Mapping[str, object], int, str]] = (
    ({**ASKED, "outbound": "remnd"}, 422, "Did you mean remind?"),
    ({**ASKED, "to": "5550107788"}, 422, "with + and its country"),
    ({**ASKED, "to": "+19005550100"}, 422, "costs whoever calls it"),
    ({**ASKED, "to": "+442079460100"}, 422, "a number of GB"),
    ({**ASKED, "data": {"name": "Ana"}}, 422, "due: missing under data"),
    ({**ASKED, "data": {"name": "Ana", "due": "soon"}}, 422, "due: missing under data, or not of the type"),
    ({**ASKED, "data": {**DATA, "more": [1]}}, 422, "more: a value is text"),
    ({**ASKED, "dta": {}}, 422, "did you mean data?"),
    ({"to": ANA}, 422, "under outbound:"),
)


async def test_mistakes_are_told(tmp_path: Path, listening: Engines) -> None:
    async with opened(tmp_path, listening) as office:
        for body, status, says in MISTAKES:
            response = await office.server.carrier.client.post("/api/v1/calls", json=dict(body))
            assert response.headers["content-type"] == "application/problem+json", body
            assert response.status_code == status, body
            assert says in response.json()["detail"], body
        assert office.exchange.calls == []


async def test_who_may_ask(tmp_path: Path, listening: Engines) -> None:
    async with opened(tmp_path, listening) as office:
        client = office.server.carrier.client
        page = await client.post("/api/v1/calls", json=ASKED, headers={"Origin": "http://evil.example"})
        form = await client.post("/api/v1/calls", data={"to": ANA})
        assert (page.status_code, form.status_code) == (403, 415)
        assert (await client.get("/api/v1/calls/01JUNKNOWN")).status_code == 404
    async with opened(tmp_path, listening, api_token=SecretStr("a-token-of-programs")) as office:
        assert (await office.ask())[0] == 401
        assert (await office.ask(Authorization="Bearer a-token-of-programz"))[0] == 401
        assert (await office.ask(Authorization="Bearer a-token-of-programs"))[0] == 202


async def test_where_the_carrier_signs_nobody_may_ask_without_a_token(tmp_path: Path, listening: Engines) -> None:
    more = {"twilio_auth_token": SecretStr(AUTH_TOKEN), "public_url": PUBLIC_URL}
    async with opened(tmp_path, listening, signed=True, **more) as office:
        status, told = await office.ask()
        assert status == 403 and "IVR_API_TOKEN" in told["detail"]
        leg = await office.server.carrier.client.post("/twilio/outbound/" + "0" * 32, data={"CallSid": "CA1"})
        assert leg.status_code == 403
