"""Sockets that misbehave are closed with the right code, and another call does not notice."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from ivr.store import TokenRefused, Tokens
from ivr.units import CallSid
from tests.server.carrier import ACCOUNT, SILENCE, Stream, new_sid, token_of, until
from tests.server.conftest import Server, witness

Misbehave = Callable[[Stream, str], Awaitable[None]]

BINARY, NOT_JSON, RULES, TOO_LONG, DEAD, CUT = 1003, 1007, 1008, 1009, 1011, 1006


async def test_a_token_opens_its_own_call_once(server: Server) -> None:
    carrier = server.carrier
    async with carrier.call() as (victim, line):
        used = token_of(await carrier.ask("/twilio/voice", victim))
        other_sid = new_sid()
        for sid, account, token in [
            (victim, ACCOUNT, used),
            (new_sid(), ACCOUNT, await carrier.voice(other_sid)),
            (other_sid, "AC" + "f" * 32, await carrier.voice(other_sid)),
            (new_sid(), ACCOUNT, "guessed"),
            (victim, ACCOUNT, ""),
            (victim, ACCOUNT, None),
        ]:
            async with carrier.stream(sid, account=account) as stream:
                await stream.start(token)
                assert await stream.closed() == RULES
                assert stream.heard == []
        await line.asked("1")
        async with carrier.stream(other_sid) as stream:  # those who guessed used nothing up
            await stream.start(await carrier.voice(other_sid))
            await stream.asked("1")


async def test_of_two_sockets_with_one_token_at_once_one_gets_the_call(server: Server) -> None:
    sid = new_sid()
    token = await server.carrier.voice(sid)
    async with server.carrier.stream(sid) as one, server.carrier.stream(sid) as two:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(one.start(token))
            tasks.create_task(two.start(token))
        await until(lambda: one.sound + two.sound > 0)
        winner, loser = (one, two) if one.sound else (two, one)
        assert await loser.closed() == RULES
        await winner.asked("1")


async def test_a_token_is_good_for_30_seconds(server: Server) -> None:
    sid = new_sid()
    token = await server.carrier.voice(sid)
    late = datetime.now(UTC) + timedelta(seconds=30)
    tokens = Tokens(server.database)
    assert await tokens.redeem(token, CallSid(sid), ACCOUNT, now=late) is TokenRefused.LATE
    async with server.carrier.stream(sid) as stream:
        await stream.start(token)
        await stream.asked("1")


async def media_before_start(stream: Stream, _token: str) -> None:
    await stream.socket.send(stream.upward.connected())
    await stream.silence()


async def a_second_start(stream: Stream, token: str) -> None:
    await stream.start(token)
    await stream.silence(5)
    await stream.socket.send(stream.upward.start({"token": token}))


async def twenty_one_binary(stream: Stream, token: str) -> None:
    await stream.start(token)
    await stream.silence()
    for _ in range(20):
        await stream.socket.send(SILENCE)
    await stream.asked("1")  # twenty are borne
    await stream.socket.send(SILENCE)


async def twenty_one_that_are_not_json(stream: Stream, token: str) -> None:
    await stream.start(token)
    for text in ["{", "[1", "\x00", "media"] * 5:
        await stream.socket.send(text)
    await stream.asked("1")
    await stream.socket.send("nonsense")


async def twenty_one_of_a_wrong_shape(stream: Stream, token: str) -> None:
    await stream.start(token)
    for message in [
        {"event": "media"},
        {"event": "mark", "mark": 5},
        {},
        {"event": "dtmf", "dtmf": {"digit": "X"}},
    ] * 5:
        await stream.socket.send(json.dumps(message))
    await stream.asked("1")
    await stream.socket.send("{}")


async def oversized(stream: Stream, token: str) -> None:
    await stream.start(token)
    await stream.socket.send("x" * 70_000)


def started_with(**changes: Any) -> Misbehave:
    async def start(stream: Stream, token: str) -> None:
        await stream.start(token, **changes)

    return start


async def five_times_too_fast(stream: Stream, token: str) -> None:
    await stream.start(token)
    await stream.silence(600)  # 12 s of sound at once


async def never_starts(stream: Stream, _token: str) -> None:
    await stream.socket.send(stream.upward.connected())


async def falls_silent(stream: Stream, token: str) -> None:
    await stream.start(token)
    await stream.silence(10)


async def never_reads(stream: Stream, token: str) -> None:
    """It goes on speaking and pressing keys, so that sound piles up for it."""
    await stream.start(token)
    stream.socket.transport.pause_reading()
    with suppress(ConnectionClosed):
        for _ in range(1000):
            await stream.silence()
            await stream.press("1")
            await asyncio.sleep(0.02)


MISBEHAVIOUR: dict[str, tuple[Misbehave, int]] = {
    "media before start": (media_before_start, RULES),
    "a second start": (a_second_start, RULES),
    "binary": (twenty_one_binary, BINARY),
    "not JSON": (twenty_one_that_are_not_json, NOT_JSON),
    "wrong shape": (twenty_one_of_a_wrong_shape, RULES),
    "oversized": (oversized, TOO_LONG),
    "wrong codec": (started_with(mediaFormat={"encoding": "audio/opus", "sampleRate": 8000, "channels": 1}), RULES),
    "wrong rate": (started_with(mediaFormat={"encoding": "audio/x-mulaw", "sampleRate": 16000, "channels": 1}), RULES),
    "wrong track": (started_with(tracks=["outbound"]), RULES),
    "too fast": (five_times_too_fast, RULES),
    "no start": (never_starts, RULES),
    "silent": (falls_silent, DEAD),
    "does not read": (never_reads, CUT),
}


async def test_what_misbehaves_is_closed_and_another_call_does_not_notice(server: Server) -> None:
    """All kinds at once, beside one call."""

    async def close_code(misbehave: Misbehave) -> int | None:
        sid = new_sid()
        token = await server.carrier.voice(sid)
        async with server.carrier.stream(sid) as stream:
            await misbehave(stream, token)
            return await stream.closed(within_s=15)

    async with witness(server), asyncio.TaskGroup() as tasks:
        codes = {name: tasks.create_task(close_code(misbehave)) for name, (misbehave, _) in MISBEHAVIOUR.items()}
    assert {name: task.result() for name, task in codes.items()} == {n: code for n, (_, code) in MISBEHAVIOUR.items()}


async def test_unknown_events_and_fields_are_passed_over(server: Server) -> None:
    async with server.carrier.call() as (_sid, stream):
        for _ in range(50):
            await stream.socket.send(json.dumps({"event": "weather", "sequenceNumber": "9", "streamSid": "x"}))
        await stream.socket.send(json.dumps({"event": "mark", "mark": {"name": "not ours"}, "strange": {"a": [1]}}))
        await stream.asked("1")


@pytest.mark.parametrize("token", [None, "x"])
async def test_a_signed_upgrade_does_not_make_up_for_a_token(signed: Server, token: str | None) -> None:
    async with signed.carrier.stream(new_sid()) as stream:
        await stream.start(token)
        assert await stream.closed() == RULES
