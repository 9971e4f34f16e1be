"""One websocket of /realtime: how it is opened with the key, how events go over it as JSON, and what its end means."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatus, InvalidURI

from ivr import metrics
from ivr.errors import ModelError, ModelRefused, ModelUnavailable
from ivr.models.deadline import due_in, left_s
from ivr.models.openai.far_end import FarEnd, is_here, trusted
from ivr.models.openai.faults import fault_of
from ivr.units import Millis

MOST_BYTES: Final = 16_000_000
"""Of one event."""
MOST_EVENTS: Final = 2_000
"""That came and were not read: then the far end is not read from any more, until some are."""
POLICY: Final = 1008
"""How some servers close who has no good key, once the socket is open."""
CLOSE_S: Final = 1.0
SEND_MS: Final = 2_000
ALIVE_S: Final = 20.0
"""An idle connection is tried so often, and lost when no answer comes for as long."""
_SILENT: Final = logging.Logger("ivr.models.realtime")
"""The library would write down each request with its key, and each event with what was said."""
_SILENT.disabled = True

Event = dict[str, Any]


class _Connect(connect):
    def process_redirect(self, exc: Exception) -> Exception | str:
        """Nowhere else: the key would go along."""
        return exc


class _Connection(ClientConnection):
    on_lost: Callable[[], None] | None = None
    counted = False

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.counted:
            metrics.MODEL_SESSIONS.dec()
        if self.on_lost is not None:
            self.on_lost()


class Socket:
    """Opened; to be closed by whoever opened it. One task at a time reads."""

    def __init__(self, connection: _Connection, who: str) -> None:
        self._connection, self._who = connection, who

    @property
    def open(self) -> bool:
        return self._connection.close_code is None

    def tell_loss(self, lost: Callable[[], None]) -> None:
        """`lost` is called when the connection is gone, whoever let it go."""
        self._connection.on_lost = lost
        if not self.open:
            lost()

    async def send(self, event: Mapping[str, Any]) -> None:
        """Raises: ModelError."""
        try:
            async with asyncio.timeout(SEND_MS / 1000):
                await self._connection.send(msgspec.json.encode(event), text=True)
        except TimeoutError:
            raise ModelUnavailable(f"{self._who} takes nothing any more", "late") from None
        except (ConnectionClosed, OSError) as fault:
            raise self._broken(fault) from None

    async def receive(self, due: Millis) -> Event:
        """The next event. Raises: ModelError."""
        try:
            async with asyncio.timeout(left_s(due)):
                text = await self._connection.recv(decode=False)
        except TimeoutError:
            raise ModelUnavailable(f"{self._who} says nothing", "late") from None
        except (ConnectionClosed, OSError) as fault:
            raise self._broken(fault) from None
        try:
            told = msgspec.json.decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            told = None
        if not isinstance(told, dict) or not isinstance(told.get("type"), str):
            raise ModelUnavailable(f"{self._who} sent what is no event", "garbage")
        return told

    async def close(self) -> None:
        await self._connection.close()

    def _broken(self, fault: Exception) -> ModelError:
        code = self._connection.close_code
        if code == POLICY:
            return ModelRefused(f"the key was not accepted by {self._who}, or has no right to this (1008)", "key")
        told = type(fault).__name__ if code is None or code == 1006 else f"close code {code}"
        return ModelUnavailable(f"{self._who} ended the session ({told})", "cut")


async def open_socket(far_end: FarEnd, model: str, due: Millis) -> Socket:
    """Raises: ModelError."""
    url = far_end.url
    address = url.copy_with(scheme="wss" if url.scheme == "https" else "ws", path=f"{url.path.rstrip('/')}/realtime")
    until = min(due, due_in(far_end.connect_ms))
    if left_s(until) <= 0:
        raise ModelUnavailable(f"there is no time left to ask {far_end.name}", "late")
    try:
        async with asyncio.timeout(left_s(until)):
            connection = await _Connect(
                f"{address}?model={quote(model, safe='')}",
                create_connection=_Connection,
                additional_headers={n: v for n, v in far_end.shown_headers().items() if n != "accept-encoding"},
                user_agent_header=None,
                ssl=trusted() if url.scheme == "https" else None,
                proxy=None if is_here(url.host) else True,
                compression=None,
                open_timeout=None,
                close_timeout=CLOSE_S,
                ping_interval=ALIVE_S,
                ping_timeout=ALIVE_S,
                max_size=MOST_BYTES,
                max_queue=MOST_EVENTS,
                logger=_SILENT,
            )
    except TimeoutError:
        raise ModelUnavailable(f"{far_end.name} did not open a session in time", "late") from None
    except InvalidStatus as fault:
        raise _refused(far_end, fault) from None
    except InvalidURI:
        raise far_end.garbage("an address that is none") from None
    except (InvalidHandshake, InvalidMessage, ConnectionClosed, OSError, EOFError) as fault:
        raise ModelUnavailable(f"{far_end.name} could not be reached ({type(fault).__name__})", "unreachable") from None
    assert isinstance(connection, _Connection)
    if connection.close_code is None:
        connection.counted = True
        metrics.MODEL_SESSIONS.inc()
    return Socket(connection, far_end.name)


def _refused(far_end: FarEnd, fault: InvalidStatus) -> ModelError:
    response = fault.response
    headers = httpx.Headers(list(response.headers.raw_items()))
    return far_end.refused(fault_of(response.status_code, headers, bytes(response.body or b"")))
