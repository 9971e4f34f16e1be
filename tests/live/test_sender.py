"""Messages on their way: to real servers on this machine, tried again, and never sent twice where that would show."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ivr.carrier import Texts
from ivr.carrier.rest import TwilioRest
from ivr.errors import CarrierError
from ivr.flow.flow import Api, Auth, Retry
from ivr.flow.state import BookCallback, Send
from ivr.live.outgoing import new_send
from ivr.live.sender import Sender
from ivr.store import Calls, Database, Sends, SendState, open_database
from ivr.store.leases import Leases
from ivr.tools.registry import Tools
from ivr.tools.secret import Secrets
from ivr.units import CallSid, Millis
from tests.carrier.fake_rest import FakeRest
from tests.live.line import TurnedClock

ACCOUNT = "AC" + "1" * 32


@dataclass
class Desk:
    """A back end that answers as it is told, and counts what it wrote by its key."""

    answers: list[Response] = field(default_factory=lambda: [Response(status_code=201)])
    asked: list[tuple[dict[str, str], Any]] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        self.asked.append((dict(request.headers), await request.json()))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    @property
    def keys(self) -> list[str]:
        return [headers["idempotency-key"] for headers, _ in self.asked]


class Deaf:
    """A carrier whose answers are lost."""

    sent = 0

    async def send_text(self, to: str, body: str, deadline: Millis, *, from_: str) -> str:
        self.sent += 1
        raise CarrierError("the carrier did not answer in time", status=0, code=0)


@dataclass
class Trial:
    desk: Desk
    carrier: FakeRest
    database: Database
    clock: TurnedClock
    sends: Sends
    sender: Sender
    sender_with: Callable[[Texts], Sender]
    keep: Callable[[Send | BookCallback], Awaitable[None]]

    async def state(self) -> list[tuple[str, int, str]]:
        rows = await self.database.read(lambda c: c.exec_driver_sql("SELECT state, tries, why FROM sends").all())
        return [(row[0], row[1], row[2]) for row in rows]


@pytest.fixture
async def trial(tmp_path: Path, serve: Any) -> AsyncIterator[Trial]:
    desk, carrier = Desk(), FakeRest(ACCOUNT, "token")
    async with AsyncExitStack() as stack:
        app = Starlette(routes=[Route("/v1/messages", desk.take, methods=["POST"])])
        url = await stack.enter_async_context(serve(app))
        carrier_url = await stack.enter_async_context(serve(carrier.app))
        database = open_database(tmp_path)
        stack.push_async_callback(database.close)
        tools = Tools(
            {"crm": Api("crm", url, allow_private=True)}, tmp_path, Secrets({"IVR_SECRET_CRM": "hunter2"}, tmp_path)
        )
        stack.push_async_callback(tools.aclose)
        rest = TwilioRest(ACCOUNT, "token", base_url=carrier_url)
        stack.callback(rest.close)
        clock, calls = TurnedClock(), Calls(database)
        row, _ = await calls.open_call(CallSid("CA1"), "AC1", caller="+15550199", dialled="+15550100", now=clock.wall())
        key = await calls.key(row.id)
        assert key is not None
        sends = Sends(database, await Leases(database).take(clock.wall()))

        async def keep(deed: Send | BookCallback) -> None:
            await sends.keep(new_send(row.id, "harbour", deed, clock.wall(), dialled="+15550100"), key)

        async def alive() -> list[str]:
            return [sends.holder or ""]

        def sender_with(texts: Texts) -> Sender:
            return Sender(sends, lambda _: tools, lambda: ["harbour"], alive, clock, asyncio.Event(), texts)

        yield Trial(desk, carrier, database, clock, sends, sender_with(rest), sender_with, keep)


def post(**changes: Any) -> Send:
    body = {"text": "a note", "n": None}
    return Send("C1:7:1", "post", "desk", api="crm", segments=("v1", "messages"), body=body, **changes)


TEXT = Send("C1:7:2", "text", "caller", number="+15550199", text="Refill ordered.", shown="Refill ordered.")


async def test_a_message_reaches_its_back_end(trial: Trial) -> None:
    await trial.keep(post(auth=Auth("bearer", "CRM")))
    assert await trial.sender.send_due() == 1
    ((headers, body),) = trial.desk.asked
    assert (headers["authorization"], headers["idempotency-key"], body) == (
        "Bearer hunter2",
        "C1:7:1",
        {"text": "a note", "n": None},
    )
    assert headers["traceparent"].startswith("00-")
    assert await trial.state() == [("sent", 1, "")]
    assert await trial.sender.send_due() == 0


async def test_it_is_tried_again_with_the_same_key_until_it_arrives(trial: Trial) -> None:
    trial.desk.answers = [
        Response(status_code=503),
        Response(status_code=429, headers={"retry-after": "600"}),
        JSONResponse({"id": 5}, 201),
    ]
    await trial.keep(post())
    await trial.sender.send_due()
    assert await trial.state() == [("waiting", 1, "it answered 503")]
    assert await trial.sender.send_due() == 0
    trial.clock.turn(7_000)
    assert await trial.sender.send_due() == 1
    trial.clock.turn(500_000)
    assert await trial.sender.send_due() == 0  # it asked for ten minutes
    trial.clock.turn(101_000)
    assert await trial.sender.send_due() == 1
    assert trial.desk.keys == ["C1:7:1"] * 3
    assert await trial.state() == [("sent", 3, "")]


async def test_it_is_given_up_after_as_many_tries_as_the_flow_says(trial: Trial) -> None:
    trial.desk.answers = [Response(status_code=500)]
    await trial.keep(post(retry=Retry(2)))
    for _ in range(5):
        await trial.sender.send_due()
        trial.clock.turn(1_000_000)
    assert len(trial.desk.asked) == 3
    assert await trial.state() == [("failed", 3, "it answered 500")]


async def test_what_is_refused_is_not_tried_again(trial: Trial) -> None:
    trial.desk.answers = [Response(status_code=404)]
    await trial.keep(post())
    await trial.sender.send_due()
    trial.clock.turn(1_000_000)
    assert await trial.sender.send_due() == 0
    assert await trial.state() == [("failed", 1, "it answered 404")]


async def test_a_text_leaves_from_the_number_that_was_called(trial: Trial) -> None:
    await trial.keep(TEXT)
    await trial.sender.send_due()
    (text,) = trial.carrier.texts
    assert (text.to, text.from_, text.body) == ("+15550199", "+15550100", "Refill ordered.")
    assert await trial.state() == [("sent", 1, "")]


async def test_a_text_that_was_turned_away_is_tried_again(trial: Trial) -> None:
    trial.carrier.be_busy(99, retry_after="0")
    await trial.keep(TEXT)
    await trial.sender.send_due()
    assert [state for state, _, _ in await trial.state()] == ["waiting"]
    trial.carrier.be_busy(0)
    trial.clock.turn(7_000)
    await trial.sender.send_due()
    assert len(trial.carrier.texts) == 1


async def test_a_text_that_may_have_left_is_never_sent_again(trial: Trial) -> None:
    deaf = Deaf()
    sender = trial.sender_with(deaf)
    await trial.keep(TEXT)
    for _ in range(3):
        await sender.send_due()
        trial.clock.turn(1_000_000)
    assert deaf.sent == 1
    assert await trial.state() == [("unknown", 1, "the carrier did not answer in time")]


async def test_a_callback_is_left_to_people(trial: Trial) -> None:
    await trial.keep(BookCallback("C1:8:1", "care", "+15550199", 7_200_000))
    trial.clock.turn(10_000_000)
    assert await trial.sender.send_due() == 0
    (booked,) = await trial.sends.callbacks()
    assert (booked.send.name, booked.send.shown, booked.send.state) == ("care", "••••99", SendState.OPEN)
