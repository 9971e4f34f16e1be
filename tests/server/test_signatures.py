import asyncio
import itertools
import json

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from ivr.sim.signing import sign
from tests.server.carrier import ACCOUNT, FROM, TO, new_sid, token_of
from tests.server.conftest import AUTH_TOKEN, PUBLIC_URL, Server

PATHS = [
    "/twilio/voice",
    "/twilio/voice/fallback",
    "/twilio/overflow/message",
    "/twilio/overflow/over",
    "/twilio/resume",
    "/twilio/transfer",
    "/twilio/status",
    "/twilio/stream-status",
]


def fields_of(call_sid: str) -> dict[str, str]:
    return {"CallSid": call_sid, "AccountSid": ACCOUNT, "From": FROM, "To": TO, "CallStatus": "ringing"}


async def test_a_webhook_without_a_good_signature_is_refused_and_nothing_happens(signed: Server) -> None:
    sid, carrier = new_sid(), signed.carrier
    fields = fields_of(sid)
    for path in PATHS:
        good = sign(PUBLIC_URL + path, fields, AUTH_TOKEN)
        evil = sign("https://evil.example.com" + path, fields, AUTH_TOKEN)
        for headers in (
            {},
            {"X-Twilio-Signature": ""},
            {"X-Twilio-Signature": sign(PUBLIC_URL + path, fields, "another token")},
            {"X-Twilio-Signature": sign(signed.url + path, fields, AUTH_TOKEN)},  # for the Host we happen to have
            {"X-Twilio-Signature": evil, "Host": "evil.example.com"},
            {"X-Twilio-Signature": evil, "X-Forwarded-Host": "evil.example.com"},
        ):
            refused = await carrier.post(path, fields, headers=headers)
            assert (refused.status_code, refused.content) == (403, b""), (path, headers)
        more = await carrier.post(path, {**fields, "To": "+15550100199"}, headers={"X-Twilio-Signature": good})
        elsewhere = await carrier.post(path + "?a=b", fields, headers={"X-Twilio-Signature": good})
        assert (more.status_code, elsewhere.status_code) == (403, 403)
    assert await signed.row(sid) is None


async def test_every_webhook_passes_with_the_signature_of_the_configured_address(signed: Server) -> None:
    sid = new_sid()
    answers = [(await signed.carrier.post(path, fields_of(sid))).status_code for path in PATHS]
    assert answers == [200, 200, 200, 200, 200, 200, 204, 204]
    assert await signed.row(sid) is not None


async def test_only_forms_of_a_bearable_size_are_read(signed: Server) -> None:
    client, path = signed.carrier.client, "/twilio/voice"
    as_if_empty = {"X-Twilio-Signature": sign(PUBLIC_URL + path, {}, AUTH_TOKEN)}
    as_json = {"content-type": "application/json"}
    assert (await client.post(path, content=b"{}", headers=as_json)).status_code == 403
    assert (await client.post(path, content=b"{}", headers={**as_json, **as_if_empty})).status_code == 415

    form = {"content-type": "application/x-www-form-urlencoded", **as_if_empty}
    for body, status in [
        (b"a=" + b"x" * 70_000, 413),
        (b"&".join([b"a=b"] * 300), 400),
        (b"a=%ff", 400),
        (b"\xff", 400),
    ]:
        assert (await client.post(path, content=body, headers=form)).status_code == status


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-twilio-signature": "bm8="},
        {"x-twilio-signature": sign("wss://calls.example.com/twilio/other", {}, AUTH_TOKEN)},
        {
            "x-twilio-signature": sign("wss://calls.example.com/twilio/media", {}, AUTH_TOKEN),
            "Origin": "https://calls.example.com",
        },
    ],
    ids=["none", "wrong", "of another path", "from a page in a browser"],
)
async def test_an_upgrade_that_is_not_the_carriers_is_refused(signed: Server, headers: dict[str, str]) -> None:
    token = token_of((await signed.carrier.post("/twilio/voice", fields_of(sid := new_sid()))).text)
    with pytest.raises(InvalidStatus) as refused:
        async with signed.carrier.stream(sid, headers=headers):
            pass
    assert (refused.value.response.status_code, bytes(refused.value.response.body or b"")) == (403, b"")

    async with signed.carrier.stream(sid) as stream:  # nothing was used up by it
        await stream.start(token)
        await stream.asked("1")


async def test_there_is_no_other_socket(server: Server) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect("ws" + server.url.removeprefix("http") + "/twilio/other", proxy=None)
    assert refused.value.response.status_code == 403


async def test_the_same_webhook_at_once_and_later_gives_the_same_answer_and_one_call(server: Server) -> None:
    for times in (1, 2, 5):
        sid = new_sid()
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(server.carrier.ask("/twilio/voice", sid)) for _ in range(times)]
        again = await server.carrier.ask("/twilio/voice", sid)
        assert {one.result() for one in asked} == {again}
        row = await server.row(sid)
        assert row is not None and row.answer == again


async def test_status_reports_in_any_order_and_twice_give_the_same_row(server: Server) -> None:
    reports = [("initiated", "0"), ("ringing", "1"), ("in-progress", "2"), ("completed", "3")]
    rows = set()
    for order in itertools.permutations(reports):
        sid = new_sid()
        await server.carrier.ask("/twilio/voice", sid)
        for status, number in (*order, *order[:2]):
            fields = {"CallSid": sid, "CallStatus": status, "SequenceNumber": number}
            assert (await server.carrier.post("/twilio/status", fields)).status_code == 204
        row = await server.row(sid)
        assert row is not None
        rows.add((row.status, row.outcome, row.ended_at is not None))
    assert rows == {("completed", "no_stream", True)}


async def test_reports_on_nobody_and_of_nonsense_are_harmless(server: Server) -> None:
    for fields in (
        {"CallSid": new_sid(), "CallStatus": "completed", "SequenceNumber": "3"},
        {"CallSid": "' OR 1=1 --", "CallStatus": "completed", "SequenceNumber": "3"},
        {"CallStatus": "completed"},
        {"CallSid": "x", "CallStatus": "sleeping", "SequenceNumber": "1"},
        {"CallSid": "x", "CallStatus": "ringing", "SequenceNumber": "99999999999999999999999"},
        {"CallSid": "x", "CallStatus": "completed", "SequenceNumber": "²", "CallDuration": "٣"},
    ):
        response: httpx.Response = await server.carrier.post("/twilio/status", fields)
        assert response.status_code == 204, json.dumps(fields)
    nobody = await server.carrier.ask("/twilio/resume", new_sid())
    assert "<Say" in nobody and "<Hangup" in nobody
    nobody = await server.carrier.ask("/twilio/transfer", new_sid())
    assert "<Say" in nobody and "<Hangup" in nobody
    assert (await server.carrier.post("/twilio/voice", {"CallSid": ""})).status_code == 400
