"""Where a tool's request may go: to its api's own host, at an address looked up once, checked, and kept to.

A name that leads into the machine or its network is refused, in whatever way it is spelled: what is checked is the
address that will be connected to, not the text.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from ivr.errors import ToolError

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to addresses as text. Raises: OSError when there is none."""

_PORTS: Final = {"http": 80, "https": 443}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Refused(ToolError):
    """An address that may not be asked, or that cannot be built."""


@dataclass(frozen=True, slots=True)
class Origin:
    """An api's address, taken apart. `path` has no slash at its end."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def origin_of(url: str) -> Origin:
    """Raises: ToolError when it is not the plain http or https address of a host."""
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode() if not _is_v6(parts.hostname) else str(parts.hostname)
    except ValueError:
        raise ToolError("the address of an api is no address") from None
    if parts.scheme not in _PORTS or not host or parts.username is not None or parts.query or parts.fragment:
        raise ToolError("the address of an api is http:// or https://, a host and a path, and nothing else")
    return Origin(parts.scheme, host, port or _PORTS[parts.scheme], quote(parts.path.rstrip("/"), safe="/%:@"))


def target_of(origin: Origin, segments: Sequence[str], query: Sequence[tuple[str, str]]) -> str:
    """Path and query of a request. A value stays inside its segment. Raises: Refused for one that cannot."""
    if any(segment in ("", ".", "..") for segment in segments):
        raise Refused("a piece of the address is empty or made of dots")
    try:
        path = "".join("/" + quote(segment, safe=":@,") for segment in segments)
        return origin.path + (path or "/" * (not origin.path)) + ("?" + urlencode(query) if query else "")
    except UnicodeEncodeError:
        raise Refused("a piece of the address is not text") from None


async def pin(origin: Origin, *, allow_private: bool, resolve: Resolve) -> str:
    """The one address to connect to.

    Raises: Refused when any address of the name leads inside, OSError when it has none.
    """
    addresses = await resolve(origin.host, origin.port)
    if not addresses:
        raise OSError("the name has no address")
    if not all(is_allowed(address, allow_private=allow_private) for address in addresses):
        raise Refused("the address of the api is private, and allow_private is not set")
    return addresses[0]


def is_allowed(address: str, *, allow_private: bool) -> bool:
    """Link-local (where clouds keep their keys), multicast and unspecified addresses never are."""
    try:
        ip: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(address)
    except ValueError:
        return False
    ip = _inside(ip)
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        return False
    return ip.is_global or (allow_private and (ip.is_private or ip.is_loopback))


async def look_up(host: str, port: int) -> Sequence[str]:
    """Resolve by the system."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise OSError("the name cannot be looked up") from None
    return [str(address[0]) for *_, address in found]


def _inside(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in _NAT64 or (int(ip) >> 32 == 0 and int(ip) > 1):  # translated, or of the old compatible kind
        return ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else ip)


def _is_v6(host: str | None) -> bool:
    return host is not None and ":" in host
