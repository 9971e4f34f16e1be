"""The telephone against a tiny server: what it sends, what it does with TwiML, what it calls a fault."""

import asyncio
import base64
import hashlib
import hmac
import re
from email.utils import parsedate_to_datetime
from itertools import pairwise

import pytest

from ivr.sim.dialling import Dialling
from ivr.sim.fake_twilio import Phone
from ivr.sim.line import Line, LineSettings
from ivr.sim.signing import sign
from tests.sim.tiny_server import CONNECT, Server, Socket

SPEECH = b"\x20" * 1600


def codes(phone: Phone) -> list[int | None]:
    return [fault.code for fault in phone.faults]


async def test_the_stream_is_opened_as_the_carrier_does(server: Server) -> None:
    async def talk(socket: Socket) -> None:
        await socket.begin()
        await socket.until("media", 5)
        await socket.close()

    server.talk = talk
    phone = Phone(Dialling(server.url, from_number="+15550123"))
    end = await phone.call()
    socket = server.sockets[0]
    connected, start, *media = socket.messages
    assert connected == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    assert start == {
        "event": "start",
        "sequenceNumber": "1",
        "streamSid": socket.stream_sid,
        "start": {
            "accountSid": phone.dialling.account_sid,
            "streamSid": socket.stream_sid,
            "callSid": phone.call_sid,
            "tracks": ["inbound"],
            "customParameters": {"token": "t1"},
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        },
    }
    assert [m["sequenceNumber"] for m in media] == ["2", "3", "4", "5", "6"]
    assert [m["media"]["chunk"] for m in media] == ["1", "2", "3", "4", "5"]
    assert [m["media"]["timestamp"] for m in media] == ["0", "20", "40", "60", "80"]
    assert {m["media"]["track"] for m in media} == {"inbound"}
    assert {len(base64.b64decode(m["media"]["payload"])) for m in media} == {160}
    assert re.fullmatch(r"MZ[0-9a-f]{32}", socket.stream_sid)
    assert re.fullmatch(r"CA[0-9a-f]{32}", phone.call_sid)
    assert "sec-websocket-extensions" not in socket.headers
    assert "origin" not in socket.headers
    asked = server.asked("/twilio/voice")[0]
    assert (asked["CallSid"], asked["From"], asked["CallStatus"]) == (phone.call_sid, "+15550123", "ringing")
    assert (end.how, phone.faults) == ("completed", [])


async def test_frames_keep_to_absolute_deadlines(server: Server) -> None:
    """However late each frame is, the next is not pushed back: fifty frames take a second, not more and more."""

    async def talk(socket: Socket) -> None:
        await socket.begin()
        await socket.until("media", 50)
        await socket.close()

    server.talk = talk
    phone = Phone(Dialling(server.url), line=Line(LineSettings(jitter_ms=15, seed=3)))
    await phone.call()
    at = [at_ms for at_ms, _ in phone.ledger.sent]
    assert all(b - a == pytest.approx(20) for a, b in pairwise(at))
    assert phone.ledger.frames_sent == len(at)
    assert at[-1] + 20 <= phone.now()


async def test_marks_come_back_when_their_sound_was_played_and_at_once_on_clear(server: Server) -> None:
    seen: list[tuple[str, int]] = []

    async def talk(socket: Socket) -> None:
        await socket.begin()
        await socket.mark("empty")
        await socket.until("mark")
        await socket.media(b"\x20" * 800)
        await socket.mark("played")
        await socket.until("mark")
        seen.append(("played", len(socket.of("media"))))
        await socket.media(b"\x20" * 80_000)
        await socket.mark("one")
        await socket.mark("two")
        await socket.until("media", 5)
        await socket.clear()
        await socket.until("mark", 2)
        seen.append(("cleared", len(socket.of("media"))))
        await socket.close()

    server.talk = talk
    phone = Phone(Dialling(server.url))
    await phone.call()
    assert [m["mark"]["name"] for m in server.sockets[0].of("mark")] == ["empty", "played", "one", "two"]
    assert phone.faults == []
    assert len(phone.playback.clears) == 1
    assert 180 <= phone.playback.played_ms(phone.now()) < 5_000


async def test_faults_of_the_stream_are_named_and_have_no_effect(server: Server) -> None:
    async def talk(socket: Socket) -> None:
        await socket.begin()
        await socket.binary(b"\xff" * 160)
        await socket.text("nonsense")
        await socket.send(event="mark", streamSid=socket.stream_sid)
        await socket.send(event="clear", streamSid="MZ" + "0" * 32)
        await socket.media(b"RIFF" + bytes(156))
        await socket.mark("end")
        await socket.until("mark")
        await socket.close()

    server.talk = talk
    phone = Phone(Dialling(server.url))
    await phone.call()
    assert codes(phone) == [31950, 31951, 31951, 31951, None]
    assert [m["mark"]["name"] for m in server.sockets[0].of("mark")] == ["end"]


async def test_a_message_before_start_is_a_fault(server: Server) -> None:
    async def talk(socket: Socket) -> None:
        await socket._socket.accept()
        await socket.send(event="clear", streamSid="")
        await socket.until("start")
        await socket.close()

    server.talk = talk
    phone = Phone(Dialling(server.url))
    await phone.call()
    assert 31951 in codes(phone)


async def test_the_caller_hangs_up_with_stop_and_a_normal_close(server: Server) -> None:
    last: list[dict[str, object]] = []

    async def talk(socket: Socket) -> None:
        await socket.begin()
        await socket.until("media", 2)
        phone.hang_up()
        last.append(await socket.until("stop"))
        await socket.until("media")

    server.talk = talk
    server.twiml["/twilio/voice"] = CONNECT + "<Redirect>/twilio/resume</Redirect>"
    phone = Phone(Dialling(server.url))
    end = await phone.call()
    assert last[0]["stop"] == {"accountSid": phone.dialling.account_sid, "callSid": phone.call_sid}
    assert end.how == "caller_left"
    assert server.asked("/twilio/resume") == []
    assert [f["CallStatus"] for f in server.asked("/twilio/status")][-1] == "completed"


async def test_keys_leave_between_frames_at_the_pace_of_a_human(server: Server) -> None:
    async def talk(socket: Socket) -> None:
        await socket.begin()
        phone.press("1*#")
        await socket.until("dtmf", 3)
        await socket.close()

    server.talk = talk
    phone = Phone(Dialling(server.url))
    await phone.call()
    socket = server.sockets[0]
    assert [m["dtmf"] for m in socket.of("dtmf")] == [{"track": "inbound_track", "digit": d} for d in "1*#"]
    events = [m["event"] for m in socket.messages if m["event"] in ("dtmf", "media")]
    first, second = (at for at, event in enumerate(events) if event == "dtmf" and at != len(events) - 1)
    assert second - first >= 10


async def test_a_lost_stream_is_followed_by_what_comes_next(server: Server) -> None:
    """The carrier loses the socket; the redirect brings a second stream of the same call."""
    closes: list[bool] = []

    async def talk(socket: Socket) -> None:
        await socket.begin()
        if len(server.sockets) == 1:
            phone.drop_stream()
            await socket.until("stop")
            closes.append(bool(socket.of("stop")))
            return
        await socket.media(b"\x20" * 160)
        await socket.mark("m")
        await socket.until("mark")
        await socket.close()

    server.talk = talk
    server.twiml["/twilio/voice"] = CONNECT + "<Redirect>resume?n=1</Redirect>"
    server.twiml["/twilio/resume"] = CONNECT + "<Hangup/>"
    phone = Phone(Dialling(server.url))
    end = await phone.call()
    assert closes == [False]
    assert (end.how, phone.streams) == ("completed", 2)
    assert server.sockets[0].stream_sid != server.sockets[1].stream_sid
    assert [f["StreamEvent"] for f in server.asked("/twilio/stream-status")] == [
        "stream-started", "stream-error", "stream-started", "stream-stopped",
    ]  # fmt: skip
    assert phone.faults == []


async def test_an_abnormal_close_by_the_server_is_a_fault_and_the_call_goes_on(server: Server) -> None:
    async def talk(socket: Socket) -> None:
        await socket.begin()
        await socket.close(1011)

    server.talk = talk
    server.twiml["/twilio/voice"] = CONNECT + "<Say>Sorry.</Say><Hangup/>"
    phone = Phone(Dialling(server.url))
    assert (await phone.call()).how == "completed"
    assert (codes(phone), phone.said) == ([31921], ["Sorry."])


@pytest.mark.parametrize(("answer", "status", "how"), [
    ("answered", "completed", "transferred"),
    ("busy", "busy", "completed"),
    ("no-answer", "no-answer", "completed"),
])  # fmt: skip
async def test_dial_is_answered_by_the_script(server: Server, answer: str, status: str, how: str) -> None:
    server.twiml["/twilio/voice"] = '<Dial action="transfer"><Number>+15550107788</Number></Dial><Say>never</Say>'
    server.twiml["/twilio/transfer"] = "<Hangup/>"
    phone = Phone(Dialling(server.url, dial_answers=(answer,), bridged_s=0.01))
    end = await phone.call()
    asked = server.asked("/twilio/transfer")[0]
    assert (asked["DialCallStatus"], asked["CallSid"]) == (status, phone.call_sid)
    assert (end.how, [d.target for d in phone.dialled], phone.said) == (how, ["+15550107788"], [])


async def test_what_cannot_be_carried_out_is_a_fault(server: Server) -> None:
    server.twiml["/twilio/voice"] = '<Gather/><Hangup reason="x"/>'
    phone = Phone(Dialling(server.url))
    assert (await phone.call()).how == "completed"
    assert codes(phone) == [12200, 12200]


@pytest.mark.parametrize(("body", "code"), [
    (" <Response/>", 12100),
    ("<?xml version='1.0'?><Response><Say>a & b</Say></Response>", 12100),
    ("<?xml version='1.0'?><Answer/>", 12100),
])  # fmt: skip
async def test_unreadable_twiml_leads_to_the_fallback(server: Server, body: str, code: int) -> None:
    server.twiml["/twilio/voice"] = body
    server.twiml["/twilio/voice/fallback"] = "<Say>Sorry.</Say><Hangup/>"
    phone = Phone(Dialling(server.url))
    assert (await phone.call()).how == "completed"
    assert (codes(phone), phone.said) == ([code], ["Sorry."])
    assert server.asked("/twilio/voice/fallback")[0]["ErrorCode"] == str(code)


async def test_busy_is_a_rejected_call(server: Server) -> None:
    server.twiml["/twilio/voice"] = '<Reject reason="busy"/>'
    end = await Phone(Dialling(server.url)).call()
    assert (end.how, end.reason) == ("rejected", "busy")
    assert [f["CallStatus"] for f in server.asked("/twilio/status")][-1] == "busy"


async def test_redirects_without_end_are_stopped(server: Server) -> None:
    server.twiml["/twilio/voice"] = "<Redirect>/twilio/voice</Redirect>"
    phone = Phone(Dialling(server.url))
    assert (await phone.call()).how == "failed"
    assert codes(phone) == [11215]


async def test_nobody_answers_at_the_address() -> None:
    phone = Phone(Dialling("http://127.0.0.1:9"))
    assert (await phone.call()).how == "failed"
    assert set(codes(phone)) == {11205}


async def test_wrong_content_type_and_missing_pages_are_faults(server: Server) -> None:
    server.twiml["/twilio/voice"] = '{"a": 1}'
    phone = Phone(Dialling(server.url))
    assert (await phone.call()).how == "failed"
    assert codes(phone) == [12300, 12100, 11200]


async def test_status_callbacks_come_in_order_with_number_and_time(server: Server) -> None:
    server.twiml["/twilio/voice"] = "<Hangup/>"
    await Phone(Dialling(server.url)).call()
    told = server.asked("/twilio/status")
    assert [f["CallStatus"] for f in told] == ["initiated", "ringing", "in-progress", "completed"]
    assert [f["SequenceNumber"] for f in told] == ["0", "1", "2", "3"]
    assert "CallDuration" in told[-1]
    assert all(parsedate_to_datetime(f["Timestamp"]).utcoffset() is not None for f in told)


async def test_everything_is_signed_with_the_token_it_is_given(server: Server) -> None:
    async def talk(socket: Socket) -> None:
        await socket.begin()
        await socket.close()

    server.talk = talk
    await Phone(Dialling(server.url, auth_token="12345")).call()

    def signature(text: str) -> str:
        return base64.b64encode(hmac.new(b"12345", text.encode(), hashlib.sha1).digest()).decode()

    for path, fields, headers in server.requests:
        text = server.url + path + "".join(name + fields[name] for name in sorted(fields))
        assert headers["x-twilio-signature"] == signature(text)
    assert server.sockets[0].headers["x-twilio-signature"] == signature(server.url.replace("http", "ws") + "/media")


async def test_a_server_behind_a_proxy_is_signed_for_its_public_address(server: Server) -> None:
    async def talk(socket: Socket) -> None:
        await socket.begin()
        await socket.close()

    server.talk = talk
    server.twiml["/twilio/voice"] = '<Connect><Stream url="wss://bot.example.com/media"/></Connect><Hangup/>'
    public = "https://bot.example.com"
    phone = Phone(Dialling(server.url, auth_token="12345", public_url=public, callbacks=False))
    assert (await phone.call()).how == "completed"
    path, fields, headers = server.requests[0]
    assert headers["x-twilio-signature"] == sign(public + path, fields, "12345")
    # The vector of the carrier's own library for this address and token.
    assert server.sockets[0].headers["x-twilio-signature"] == "/wAl+WqMkvPvBcVutOs5CBheh4o="


async def test_an_underrun_is_seen_and_a_pause_is_not(server: Server) -> None:
    async def talk(socket: Socket) -> None:
        await socket.begin()
        await socket.media(b"\x20" * 320)
        await socket.until("media", 6)
        await socket.media(b"\x20" * 320)
        await socket.mark("m")
        await socket.until("mark")
        await socket.until("media", 30)
        await socket.media(b"\x20" * 320)
        await socket.close()

    server.talk = talk
    phone = Phone(Dialling(server.url))
    await phone.call()
    assert len(phone.playback.underruns) == 1


async def test_more_than_ten_minutes_of_sound_is_one_fault(server: Server) -> None:
    async def talk(socket: Socket) -> None:
        await socket.begin()
        for _ in range(4):
            await socket.media(b"\x20" * 1_600_000)
        await socket.clear()
        await socket.mark("m")
        await socket.until("mark")
        await socket.close()

    server.talk = talk
    phone = Phone(Dialling(server.url))
    await phone.call()
    assert codes(phone) == [31931]


async def test_a_line_is_spoken_whole_and_its_end_is_known(server: Server) -> None:
    async def talk(socket: Socket) -> None:
        await socket.begin()
        spoken = phone.speak(SPEECH)
        while not spoken.done.is_set():
            await socket.until("media")
        await socket.until("media", 1)
        await socket.close()
        lines.append(spoken)

    lines: list[object] = []
    server.talk = talk
    phone = Phone(Dialling(server.url))
    await phone.call()
    sent = b"".join(base64.b64decode(m["media"]["payload"]) for m in server.sockets[0].of("media"))
    assert sent.strip(b"\xff") == SPEECH
    spoken = lines[0]
    assert spoken.ended_ms - spoken.begun_ms == 200  # type: ignore[attr-defined]


async def test_missing_frames_leave_gaps_in_the_numbers(server: Server) -> None:
    async def talk(socket: Socket) -> None:
        await socket.begin()
        await socket.until("media", 20)
        await socket.close()

    server.talk = talk
    await Phone(Dialling(server.url), line=Line(LineSettings(lost=0.3, missing=True, seed=5))).call()
    media = server.sockets[0].of("media")
    chunks = [int(m["media"]["chunk"]) for m in media]
    assert chunks != list(range(1, 21))
    assert [int(m["media"]["timestamp"]) for m in media] == [20 * (chunk - 1) for chunk in chunks]


async def test_two_phones_do_not_mix(server: Server) -> None:
    async def talk(socket: Socket) -> None:
        await socket.begin()
        await socket.media(b"\x20" * 160)
        await socket.until("media", 3)
        await socket.close()

    server.talk = talk
    async with asyncio.TaskGroup() as tasks:
        calls = [tasks.create_task(Phone(Dialling(server.url)).call()) for _ in range(3)]
    assert [call.result().how for call in calls] == ["completed"] * 3
    assert len({socket.stream_sid for socket in server.sockets}) == 3
