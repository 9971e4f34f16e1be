"""One far end: its connections, its times, and what leaves and comes of an answer that is none."""

import asyncio
import logging

import pytest

from ivr.errors import ModelRefused, ModelUnavailable, SettingsError
from ivr.models.deadline import due_in
from ivr.models.openai.far_end import MOST_BYTES, FarEnd
from ivr.models.openai.listed import listed
from ivr.secret import Secret
from tests.models.plain_server import Heard, server

KEY = "sk-canary-0123456789"
SOON = 20_000
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


async def answer(far_end: FarEnd, deadline_ms: int = SOON) -> bytes:
    due = due_in(deadline_ms)
    async with far_end.post("/chat/completions", b"{}", due=due) as found:
        fault = await found.fault()
        if fault is not None:
            raise far_end.refused(fault)
        body = await found.whole(due)
        await found.finish()
        return body


async def at_once(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: Heard) -> None:
    writer.write(OK)


async def test_one_connection_serves_turn_after_turn() -> None:
    async with server(at_once) as (url, heard):
        far_end = FarEnd(url, Secret(KEY), headers={"X-Title": "line"})
        for _ in range(5):
            assert await answer(far_end) == b"{}"
        await far_end.close()
    assert heard.connections == 1
    head = heard.heads[0].lower()
    assert head.startswith(b"post /v1/chat/completions http/1.1\r\n")
    assert f"authorization: bearer {KEY}\r\n".encode() in head
    assert b"x-title: line\r\n" in head and b"accept-encoding: identity\r\n" in head


async def test_leaving_early_closes_the_connection_at_once_and_the_others_go_on() -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: Heard) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegun")
        await reader.read()

    async with server(half) as (url, heard):
        far_end = FarEnd(url)
        async with far_end.post("/x", b"", due=due_in(SOON)) as found:
            assert await found.piece(due_in(SOON)) == b"begun"
            assert heard.open == 1
        async with asyncio.timeout(SOON / 1000):
            await heard.gone.wait()
        await far_end.close()


@pytest.mark.parametrize("where", ["before the head", "in the body"])
async def test_requests_taken_back_at_any_moment_leave_the_pool_whole(where: str) -> None:
    slow = True

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: Heard) -> None:
        if slow and where == "in the body":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegun")
        if slow:
            await reader.read()
            raise ConnectionError
        writer.write(OK)

    async with server(answers) as (url, heard):
        far_end = FarEnd(url, connections=4)
        for turns in range(40):
            async with asyncio.TaskGroup() as tasks:
                asked = tasks.create_task(answer(far_end))
                for _ in range(turns):  # so many steps of the loop before it is taken back
                    await asyncio.sleep(0)
                asked.cancel()
        slow = False
        async with asyncio.TaskGroup() as tasks:
            all_asked = [tasks.create_task(answer(far_end)) for _ in range(12)]
        assert [task.result() for task in all_asked] == [b"{}"] * 12
        async with asyncio.timeout(SOON / 1000):
            while heard.open > 4:
                heard.gone.clear()
                await heard.gone.wait()
        await far_end.close()


async def test_a_kept_connection_that_was_closed_meanwhile_is_no_fault() -> None:
    async def once(_: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: Heard) -> None:
        if len(heard.heads) == 2:
            raise ConnectionError  # the second request meets a closing door
        writer.write(OK)

    async with server(once) as (url, heard):
        far_end = FarEnd(url)
        assert [await answer(far_end) for _ in range(3)] == [b"{}"] * 3
        await far_end.close()
    assert len(heard.heads) == 4


async def test_a_new_connection_that_breaks_is_one() -> None:
    async def never(_: asyncio.StreamReader, __: asyncio.StreamWriter, ___: Heard) -> None:
        raise ConnectionError

    async with server(never) as (url, heard):
        far_end = FarEnd(url)
        with pytest.raises(ModelUnavailable) as raised:
            await answer(far_end)
        await far_end.close()
    assert raised.value.kind == "unreachable"
    assert len(heard.heads) == 1


async def test_nobody_there() -> None:
    far_end = FarEnd("http://127.0.0.1:1/v1", Secret(KEY))
    with pytest.raises(ModelUnavailable) as raised:
        await answer(far_end)
    assert raised.value.kind == "unreachable"
    assert KEY not in repr(raised.value)
    await far_end.close()


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (b"", "late"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "late"),
        (b"HTTP/1.1 200 OK\r\n", "late"),
    ],
)
async def test_who_is_silent_too_long_is_given_up(sent: bytes, kind: str) -> None:
    async def stalls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: Heard) -> None:
        writer.write(sent)
        await reader.read()

    async with server(stalls) as (url, heard):
        far_end = FarEnd(url, idle_ms=50)
        with pytest.raises(ModelUnavailable) as raised:
            await answer(far_end, deadline_ms=200)
        assert raised.value.kind == kind
        async with asyncio.timeout(SOON / 1000):
            await heard.gone.wait()
        await far_end.close()


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "cut"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "cut"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "cut"),
        (b"this is no HTTP\r\n\r\n", "unreachable"),
    ],
)
async def test_an_answer_that_breaks_off(sent: bytes, kind: str) -> None:
    async def breaks(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: Heard) -> None:
        writer.write(sent)
        await writer.drain()
        raise ConnectionError

    async with server(breaks) as (url, _):
        far_end = FarEnd(url)
        with pytest.raises(ModelUnavailable) as raised:
            await answer(far_end)
        assert raised.value.kind == kind
        await far_end.close()


async def test_an_answer_without_end_is_not_kept() -> None:
    async def floods(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: Heard) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 90000000\r\n\r\n")
        for _piece in range(90):
            writer.write(bytes(1_000_000))
            await writer.drain()

    async with server(floods) as (url, _):
        far_end = FarEnd(url)
        with pytest.raises(ModelUnavailable) as raised:
            await answer(far_end)
        assert raised.value.kind == "garbage"
        assert MOST_BYTES < 90_000_000
        await far_end.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 308 Permanent Redirect\r\nLocation: /v2\r\nContent-Length: 0\r\n\r\n",
    ],
)
async def test_nobody_is_followed_elsewhere(sent: bytes) -> None:
    async def elsewhere(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: Heard) -> None:
        writer.write(sent)

    async with server(elsewhere) as (url, heard):
        far_end = FarEnd(url, Secret(KEY))
        with pytest.raises(ModelRefused) as raised:
            await answer(far_end)
        assert raised.value.kind == "address"
        await far_end.close()
    assert len(heard.heads) == 1


async def test_a_packed_answer_was_not_asked_for() -> None:
    async def packed(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: Heard) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nxyz")

    async with server(packed) as (url, _):
        far_end = FarEnd(url)
        with pytest.raises(ModelUnavailable):
            await answer(far_end)
        await far_end.close()


async def test_an_error_whose_body_does_not_end_is_told_all_the_same() -> None:
    async def stalls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: Heard) -> None:
        writer.write(b'HTTP/1.1 429 Slow\r\nRetry-After: 2\r\nContent-Length: 999\r\n\r\n{"error"')
        await reader.read()

    async with server(stalls) as (url, _):
        far_end = FarEnd(url)
        with pytest.raises(ModelUnavailable) as raised:
            await answer(far_end)
        assert (raised.value.kind, raised.value.retry_after_ms) == ("overload", 2000)
        await far_end.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.example/v1",
        "ftp://host/v1",
        "http://",
        "https://name:secret@host/v1",
        "https://host/v1?key=x",
        "https://h:x",
    ],
)
def test_an_address_that_is_none_is_a_mistake_of_the_settings(url: str) -> None:
    with pytest.raises(SettingsError):
        FarEnd(url)


@pytest.mark.parametrize("key", ["two\nlines", "grüße", "a\x00b"])
def test_a_key_that_cannot_be_sent_is_a_mistake_of_the_settings_and_not_shown(key: str) -> None:
    with pytest.raises(SettingsError) as raised:
        FarEnd("https://host/v1", Secret(key))
    assert key not in str(raised.value)


async def test_the_key_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    async with server(at_once) as (url, _):
        far_end = FarEnd(url, Secret(KEY))
        with caplog.at_level(logging.DEBUG):
            await answer(far_end)
        await far_end.close()
    assert caplog.records
    assert KEY not in caplog.text and KEY not in repr(vars(far_end))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"data": [{"id": "a", "shutdown_date": "2027-01-20"}, {"id": "b"}]}', [("a", "2027-01-20"), ("b", None)]),
        (b'{"data": [{"id": "a", "shutdown_date": 1800000000}, {"no": 1}, 7]}', [("a", "2027-01-15")]),
        (b'{"data": [{"id": "a", "shutdown_date": "soon"}]}', [("a", None)]),
        (b'[{"id": "a"}]', [("a", None)]),
    ],
)
async def test_the_models_that_a_far_end_lists(body: bytes, found: list[tuple[str, str | None]]) -> None:
    async def lists(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: Heard) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    async with server(lists) as (url, heard):
        far_end = FarEnd(url)
        told = [(one.name, one.ends.isoformat() if one.ends else None) for one in await listed(far_end, due_in(SOON))]
        await far_end.close()
    assert told == found
    assert heard.heads[0].startswith(b"GET /v1/models HTTP/1.1\r\n")


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"7"])
async def test_what_is_no_list_of_models(body: bytes) -> None:
    async def lists(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: Heard) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    async with server(lists) as (url, _):
        far_end = FarEnd(url)
        with pytest.raises(ModelUnavailable):
            await listed(far_end, due_in(SOON))
        await far_end.close()
