"""The far end of the carrier's REST is as strict as the carrier: who asks, what is asked, of which call."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
import pytest

from ivr.sim.attendant import Attendant
from ivr.sim.exchange import Exchange
from ivr.sim.signing import signer

ACCOUNT = "AC" + "1" * 32
CALLS = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
GOOD = {"To": "+15550107788", "From": "+15550100100", "Twiml": "<Response><Pause length='5'/></Response>"}


@asynccontextmanager
async def exchange(person: Attendant | None = None) -> AsyncIterator[tuple[Exchange, httpx.AsyncClient]]:
    opened = Exchange(ACCOUNT, "token", signer(None, "", None), anybody=(person or Attendant(after_s=0),))
    async with (
        opened.serve() as url,
        httpx.AsyncClient(base_url=url, auth=(ACCOUNT, "token"), trust_env=False) as client,
    ):
        yield opened, client


def told(response: httpx.Response) -> tuple[int, int]:
    return response.status_code, response.json().get("code", 0)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"To": "5550107788"}, (400, 21211)),
        ({"From": "anonymous"}, (400, 21212)),
        ({"Twiml": ""}, (400, 21205)),
        ({"Twiml": "x" * 4001}, (400, 21205)),
        ({"Timeout": "601"}, (400, 20001)),
        ({"Colour": "blue"}, (400, 20001)),
    ],
)
async def test_a_call_that_the_carrier_would_not_place(change: Mapping[str, str], fault: tuple[int, int]) -> None:
    async with exchange() as (opened, client):
        assert told(await client.post(CALLS, data={**GOOD, **change})) == fault
        assert opened.legs == []


async def test_who_has_no_token_is_refused() -> None:
    async with exchange() as (_, client):
        assert told(await client.post(CALLS, data=GOOD, auth=(ACCOUNT, "other"))) == (401, 20003)


async def test_a_call_is_sent_elsewhere_and_ended_only_while_it_lasts() -> None:
    async with exchange() as (opened, client):
        sid = (await client.post(CALLS, data=GOOD)).json()["sid"]
        where = CALLS.replace(".json", f"/{sid}.json")
        leg = opened.legs[0]
        async with asyncio.timeout(5):
            while leg.status != "in-progress":  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert told(await client.post(where, data={"Twiml": "Hello"})) == (400, 21205)
        assert told(await client.post(where, data={"Status": "ringing"})) == (400, 20001)
        say = {"Twiml": "<Response><Say>Goodbye.</Say></Response>"}
        assert (await client.post(where, data=say)).status_code == 200
        async with asyncio.timeout(5):
            while not leg.over:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert (leg.said, leg.status) == (["Goodbye."], "completed")
        assert told(await client.post(where, data=say)) == (400, 21220)
        assert told(await client.get(where))[0] == 200
        assert told(await client.get(where.replace(sid, "CA0"))) == (404, 20404)


async def test_a_ringing_call_cannot_be_sent_elsewhere() -> None:
    async with exchange(Attendant(after_s=30)) as (opened, client):
        sid = (await client.post(CALLS, data=GOOD)).json()["sid"]
        where = CALLS.replace(".json", f"/{sid}.json")
        assert told(await client.post(where, data={"Twiml": "<Response/>"})) == (400, 21220)
        assert (await client.post(where, data={"Status": "canceled"})).status_code == 200
        async with asyncio.timeout(5):
            while not opened.legs[0].over:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert opened.legs[0].status == "canceled"
