"""TwilioRest against a strict double of Twilio's REST interface, over real HTTP."""

import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ivr.carrier import NewCall, twiml
from ivr.carrier.rest import TwilioRest
from ivr.errors import CarrierError
from ivr.units import CallSid, Millis
from tests.carrier.fake_rest import FakeRest

pytestmark = pytest.mark.asyncio(loop_scope="module")
ACCOUNT = "AC" + "1" * 32
Serve = Callable[[ASGIApp], AbstractAsyncContextManager[str]]


def within(ms: int) -> Millis:
    return Millis(int(time.monotonic() * 1000) + ms)


class Door:
    """One server for all tests of this file; each test puts a carrier of its own behind it."""

    def __init__(self) -> None:
        self.url = ""
        self.carrier = FakeRest(ACCOUNT, "token")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.carrier.app(scope, receive, send)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(serve: Serve) -> AsyncIterator[Door]:
    door = Door()
    async with serve(door) as door.url:
        yield door


@pytest.fixture
def carrier(door: Door) -> FakeRest:
    door.carrier = FakeRest(ACCOUNT, "token")
    return door.carrier


@pytest.fixture
def url(door: Door, carrier: FakeRest) -> str:
    return door.url


@pytest.fixture
def rest(url: str) -> Iterator[TwilioRest]:
    rest = TwilioRest(ACCOUNT, "token", base_url=url)
    yield rest
    rest.close()


async def refusal(asked: object) -> CarrierError:
    with pytest.raises(CarrierError) as caught:
        await asked  # type: ignore[misc]
    return caught.value


async def test_hanging_up_ends_the_call(carrier: FakeRest, rest: TwilioRest) -> None:
    call = carrier.add_call()
    await rest.hang_up(CallSid(call.sid), within(5000))
    assert call.status == "completed"


async def test_a_call_that_has_ended_or_is_not_known_is_hung_up_already(carrier: FakeRest, rest: TwilioRest) -> None:
    await rest.hang_up(CallSid(carrier.add_call("completed").sid), within(5000))
    await rest.hang_up(CallSid("CA" + "9" * 32), within(5000))
    assert carrier.requests == 2


async def test_other_instructions_reach_the_call(carrier: FakeRest, rest: TwilioRest) -> None:
    call = carrier.add_call()
    await rest.update_twiml(CallSid(call.sid), twiml.busy(), within(5000))
    assert call.twiml == [twiml.busy()]


async def test_an_ended_or_unknown_call_takes_no_instructions(carrier: FakeRest, rest: TwilioRest) -> None:
    ended = await refusal(rest.update_twiml(CallSid(carrier.add_call("completed").sid), "<Response/>", within(5000)))
    unknown = await refusal(rest.update_twiml(CallSid("CA" + "9" * 32), "<Response/>", within(5000)))
    assert (ended.status, ended.code) == (400, 21220)
    assert (unknown.status, unknown.code) == (404, 20404)


async def test_a_call_is_placed(carrier: FakeRest, rest: TwilioRest) -> None:
    wanted = NewCall("+15551234567", "+15557654321", twiml="<Response/>", status_url="https://x/s", ring_s=30)
    placed = carrier.calls[await rest.create_call(wanted, within(5000))]
    assert (placed.to, placed.from_, placed.status) == ("+15551234567", "+15557654321", "queued")
    assert placed.twiml == ["<Response/>"]


async def test_an_invalid_number_is_refused_and_not_repeated_in_the_error(rest: TwilioRest) -> None:
    fault = await refusal(rest.create_call(NewCall("12ab34", "+15557654321", twiml="<Response/>"), within(5000)))
    assert (fault.status, fault.code) == (400, 21211)
    assert "12ab34" not in str(fault)


async def test_the_carriers_recording_is_paused_and_goes_on(carrier: FakeRest, rest: TwilioRest, url: str) -> None:
    call = carrier.add_call()
    assert (await refusal(rest.pause_recording(CallSid(call.sid), within(5000)))).code == 20404
    async with httpx.AsyncClient(base_url=url, auth=(ACCOUNT, "token")) as client:
        started = await client.post(f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{call.sid}/Recordings.json")
    assert started.status_code == 201
    await rest.pause_recording(CallSid(call.sid), within(5000))
    assert list(call.recordings.values()) == ["paused"]
    await rest.resume_recording(CallSid(call.sid), within(5000))
    assert list(call.recordings.values()) == ["in-progress"]


async def test_wrong_credentials(url: str) -> None:
    rest = TwilioRest(ACCOUNT, "wrong", base_url=url)
    fault = await refusal(rest.hang_up(CallSid("CA1"), within(5000)))
    rest.close()
    assert (fault.status, fault.code) == (401, 20003)
    assert "wrong" not in str(fault)


async def test_too_many_requests_are_asked_again(carrier: FakeRest, rest: TwilioRest) -> None:
    call = carrier.add_call()
    carrier.be_busy(2)
    await rest.hang_up(CallSid(call.sid), within(5000))
    assert (call.status, carrier.requests) == ("completed", 3)


async def test_but_not_for_ever(carrier: FakeRest, rest: TwilioRest) -> None:
    carrier.be_busy(100)
    fault = await refusal(rest.hang_up(CallSid(carrier.add_call().sid), within(5000)))
    assert (fault.status, fault.code, carrier.requests) == (429, 20429, 3)


@pytest.mark.parametrize("retry_after", ["3600", "1e9"])
async def test_a_long_wait_ends_with_the_deadline(carrier: FakeRest, rest: TwilioRest, retry_after: str) -> None:
    carrier.be_busy(100, retry_after)
    fault = await refusal(rest.hang_up(CallSid(carrier.add_call().sid), within(300)))
    assert fault.status == 429
    assert carrier.requests == 1


async def test_nobody_answers() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        rest = TwilioRest(ACCOUNT, "token", base_url=f"http://127.0.0.1:{taken.getsockname()[1]}")
        fault = await refusal(rest.hang_up(CallSid("CA1"), within(5000)))
        rest.close()
    assert (fault.status, fault.code) == (0, 0)


async def test_the_deadline_holds_while_nobody_speaks() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        rest = TwilioRest(ACCOUNT, "token", base_url=f"http://127.0.0.1:{silent.getsockname()[1]}")
        fault = await refusal(rest.hang_up(CallSid("CA1"), within(200)))
        rest.close()
    assert fault.status == 0


@pytest.mark.parametrize(("status", "body"), [(200, "<html>"), (201, "[]"), (200, ""), (500, "oops"), (503, "{}")])
async def test_garbage_is_a_fault_of_the_carrier(serve: Serve, status: int, body: str) -> None:
    async def answer(request: Request) -> PlainTextResponse:
        return PlainTextResponse(body, status)

    async with serve(Starlette(routes=[Route("/{rest:path}", answer, methods=["POST"])])) as url:
        rest = TwilioRest(ACCOUNT, "token", base_url=url)
        fault = await refusal(rest.create_call(NewCall("+15551234567", "+15557654321", url="https://x"), within(5000)))
        rest.close()
    assert fault.status in (0, status)


async def test_the_double_refuses_what_twilio_does_not_know(carrier: FakeRest, url: str) -> None:
    call = carrier.add_call()
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{call.sid}.json"
    async with httpx.AsyncClient(base_url=url, auth=(ACCOUNT, "token")) as client:
        strange = await client.post(path, data={"status": "completed"})
        both = await client.post(path, data={"Status": "completed", "Twiml": "<Response/>"})
        stranger = await client.post(path, data={"Status": "completed"}, auth=("AC", "x"))
        seen = await client.get(path)
    assert (strange.status_code, both.status_code, stranger.status_code) == (400, 400, 401)
    assert set(strange.json()) == {"code", "message", "more_info", "status"}
    assert seen.json()["status"] == call.status == "in-progress"
