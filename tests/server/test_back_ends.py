"""A back end that is down, slow, or answers nonsense: the caller always hears something, and other calls go on."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ivr.models.engines import Engines
from tests.server.back_end import BackEnd, back_end
from tests.server.carrier import until
from tests.server.conftest import Server, serving, settings_in, witness

LOOK, WRITE = "/v1/thing", "/v1/notes"


@pytest.fixture
async def desk() -> AsyncIterator[BackEnd]:
    async with back_end() as desk:
        yield desk


@pytest.fixture
async def server(tmp_path: Path, quick: Engines, desk: BackEnd) -> AsyncIterator[Server]:
    async with serving(settings_in(tmp_path, desk.url), quick) as server:
        yield server


async def told(server: Server, key: str, last: str) -> list[str]:
    """What a caller hears who presses this key, up to the sentence that ends it."""
    async with server.carrier.call() as (sid, stream):
        await stream.quiet()
        async with asyncio.TaskGroup() as tasks:
            alive = tasks.create_task(stream.live())
            before = stream.sound
            await stream.press(key)
            await until(lambda: stream.sound > before)
            await server.has_said(sid, last)
            await stream.quiet()
            await stream.asked("1")  # the call is as good as before
            await stream.quiet()
            alive.cancel()
    return (await server.said(sid))[2:]


BAD_ANSWERS: dict[str, dict[str, object]] = {
    "garbage": {"body": b"\x00\xff not json"},
    "half a body": {"headers": "content-length: 900\r\n", "body": b'{"thing":'},
    "of a wrong shape": {"body": b'["thing"]'},
    "over a megabyte": {"body": b'{"thing": "' + b"x" * 1_200_000 + b'"}'},
    "elsewhere": {"status": 302, "headers": "location: http://127.0.0.1:9/\r\n"},
    "broken": {"status": 500},
    "unknown": {"status": 404},
}


async def test_whatever_a_back_end_answers_the_flow_goes_on(server: Server, desk: BackEnd) -> None:
    async with witness(server):
        desk.answer(LOOK, body=b'{"thing": "blue"}')
        heard = await told(server, "4", "It is blue.")
        assert heard[:1] == ["It is blue."]
        for name, answer in BAD_ANSWERS.items():
            desk.answer(LOOK, **answer)  # type: ignore[arg-type]
            heard = await told(server, "4", "That did not work.")
            assert heard[0] == "That did not work.", name


async def test_a_slow_back_end_is_bridged_by_a_sentence(server: Server, desk: BackEnd) -> None:
    desk.answer(LOOK, body=b'{"thing": "blue"}', after_s=0.9)
    desk.answer(WRITE, status=201, after_s=30)
    async with witness(server), asyncio.TaskGroup() as tasks:
        in_time = tasks.create_task(told(server, "4", "It is blue."))
        too_late = tasks.create_task(told(server, "5", "That did not work."))
    assert in_time.result()[:2] == ["One moment.", "It is blue."]
    assert "That did not work." in too_late.result()[:2]
    assert desk.asked[WRITE] == 1  # what changes things is asked once


async def test_a_back_end_that_is_down_is_told_at_once(tmp_path: Path, quick: Engines) -> None:
    async with serving(settings_in(tmp_path, "http://127.0.0.1:9"), quick) as server, witness(server):
        assert (await told(server, "4", "That did not work."))[0] == "That did not work."
