"""The port the server listens at."""

import socket
from typing import Final

from ivr.errors import SettingsError

UNTAKEN_MS: Final = 10_000


def bind(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """`shared`: other sockets of this user that are shared too may listen there; the system deals the connections out.

    Raises: SettingsError when the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named asyncio sends small messages at once on what is accepted here; uvloop does so anyway.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    # A far end that is gone, or takes nothing, for so long is cut off by the system, whatever still waits for it.
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNTAKEN_MS)
    try:
        sock.bind((host, port))
    except OSError as fault:
        sock.close()
        raise SettingsError(
            f"cannot listen on {host}:{port}: {fault.strerror}. "
            "Is another ivr running there? Choose another port: --port, or PORT in the environment (0: any free one)."
        ) from fault
    return sock


def listening_at(host: str, sock: socket.socket) -> str:
    return f"http://{host}:{sock.getsockname()[1]}"
