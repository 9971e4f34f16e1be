import asyncio
import socket
import time
from collections.abc import AsyncIterator, Sequence

import pytest

from ivr.errors import ToolError
from ivr.flow.flow import Api
from ivr.tools.address import Origin, Refused, is_allowed, origin_of, pin, target_of
from ivr.tools.http import HttpTools
from ivr.tools.ports import HttpRequest
from ivr.units import Millis

SPELLINGS = [
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0x7f.0x0.0x0.0x1",
    "0177.0.0.1",
    "017700000001",
    "0177.0x0.0.1",
    "127.000.000.001",
    "127.255.255.254",
    "0",
    "0.0.0.0",
    "0x0",
    "00",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:7f00:0001]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[2002:7f00:1::]",
    "[fe80::1]",
    "[ff02::1]",
    "①②⑦.⓪.⓪.①",
    "169.254.169.254",
    "0xa9fea9fe",
    "[fd00:ec2::254]",
    "10.0.0.1",
]


@pytest.fixture
async def door() -> AsyncIterator[tuple[int, list[str]]]:
    """A listener on this machine: its port, and who came in."""
    came: list[str] = []

    def enter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append("somebody")
        writer.close()

    server = await asyncio.start_server(enter, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], came


@pytest.mark.parametrize("host", SPELLINGS)
async def test_no_spelling_of_an_inner_address_is_connected_to(host: str, door: tuple[int, list[str]]) -> None:
    port, came = door
    try:
        tools = HttpTools(Api("crm", f"http://{host}:{port}", allow_private=False))
    except ToolError:
        return  # not even an address
    reply = await tools.call_tool(HttpRequest("1", "t", "crm"), Millis(int(time.monotonic() * 1000) + 3000))
    await tools.aclose()
    assert reply.error in ("refused", "unreachable") and not reply.sent
    assert came == []


async def test_the_address_that_was_checked_is_the_one_connected_to(door: tuple[int, list[str]]) -> None:
    """A name that shows one address to the check and another afterwards wins nothing."""
    port, came = door
    asked: list[str] = []

    async def flips(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) > 1 else ["::ffff:127.0.0.1"]

    tools = HttpTools(Api("crm", f"http://crm.example.com:{port}", allow_private=True), resolve=flips)
    deadline = Millis(int(time.monotonic() * 1000) + 3000)
    await tools.call_tool(HttpRequest("1", "t", "crm"), deadline)
    assert (asked, came) == (["crm.example.com"], ["somebody"])
    await tools.aclose()


async def test_one_inner_address_among_many_is_enough_to_refuse() -> None:
    async def both(host: str, port: int) -> Sequence[str]:
        return ["93.184.215.14", "10.0.0.7"]

    with pytest.raises(Refused):
        await pin(origin_of("https://crm.example.com"), allow_private=False, resolve=both)


async def test_a_name_without_an_address_is_unreachable() -> None:
    async def none(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror("no such name")

    tools = HttpTools(Api("crm", "http://crm.example.com", allow_private=False), resolve=none)
    reply = await tools.call_tool(HttpRequest("1", "t", "crm"), Millis(int(time.monotonic() * 1000) + 3000))
    await tools.aclose()
    assert (reply.error, reply.sent) == ("unreachable", False)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:220:1::1"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_allowed(address, allow_private=False)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.1.2.3", "192.168.1.1", "172.16.0.1", "fd00::1"])
def test_private_ones_only_when_listed(address: str) -> None:
    assert not is_allowed(address, allow_private=False)
    assert is_allowed(address, allow_private=True)


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fe80::1%1", "224.0.0.1", "0.0.0.0", "::", "x"]
)
def test_some_never(address: str) -> None:
    assert not is_allowed(address, allow_private=True)


@pytest.mark.parametrize(
    "url",
    [
        "crm.example.com",
        "ftp://crm.example.com",
        "file:///etc/passwd",
        "http://",
        "http://user:pass@crm.example.com",
        "http://crm.example.com?x=1",
        "http://crm.example.com#x",
        "http://crm.example.com:99999",
        "http://crm.example.com:x",
        "http://[::1",
        "",
    ],
)
def test_what_is_no_address_of_an_api(url: str) -> None:
    with pytest.raises(ToolError):
        origin_of(url)


def test_an_address_taken_apart() -> None:
    assert origin_of("https://crm.example.com/base/") == Origin("https", "crm.example.com", 443, "/base")
    assert origin_of("http://[::1]:8080").authority == "[::1]:8080"
    assert origin_of("https://crm.example.com:443").authority == "crm.example.com"
    assert origin_of("http://crm.example.com:8080").authority == "crm.example.com:8080"


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("12345678", "/v1/12345678"),
        ("a/b", "/v1/a%2Fb"),
        ("a?b=c#d", "/v1/a%3Fb%3Dc%23d"),
        ("a%2fb", "/v1/a%252fb"),
        ("a\\b", "/v1/a%5Cb"),
        ("a b\r\nHost: x", "/v1/a%20b%0D%0AHost:%20x"),
        ("é", "/v1/%C3%A9"),
        ("+15551234567", "/v1/%2B15551234567"),
        ("..%2f..", "/v1/..%252f.."),
        (";x=1", "/v1/%3Bx%3D1"),
    ],
)
def test_a_value_stays_inside_its_segment(value: str, path: str) -> None:
    assert target_of(origin_of("https://x"), ("v1", value), ()) == path


@pytest.mark.parametrize("value", ["", ".", "..", "\ud800"])
def test_a_value_that_would_move_the_path_is_refused(value: str) -> None:
    with pytest.raises(Refused):
        target_of(origin_of("https://x"), ("v1", value), ())


def test_a_query_value_stays_a_value() -> None:
    assert target_of(origin_of("https://x/b"), ("v1",), (("q", "a&admin=1#x"),)) == "/b/v1?q=a%26admin%3D1%23x"
