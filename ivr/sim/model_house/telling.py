"""An answer to bytes on the line, in the manner asked for: when they leave, how they are cut, and how they end."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any, Final

from starlette.types import Send

from ivr.sim.model_house.kept import Request
from ivr.sim.model_house.manners import Manner
from ivr.sim.model_house.refusals import error

STALL_S: Final = 3600.0

Event = dict[str, Any] | str
"""An object, or the text that stands for the end."""


@dataclass(frozen=True, slots=True)
class Whole:
    """One body, its length told."""

    body: bytes
    media_type: str = "application/json"
    status: int = 200


@dataclass(frozen=True, slots=True)
class Stream:
    """Server-sent events."""

    events: Iterator[Event]


@dataclass(frozen=True, slots=True)
class Pieces:
    """A body as it is made, in chunks."""

    parts: Iterator[bytes]
    media_type: str


Reply = Whole | Stream | Pieces


class Cut(Exception):
    """The connection is to break here."""


def replacement(manner: Manner) -> Whole:
    """What a Manner has in place of any answer."""
    if manner.body is not None:
        return Whole(manner.body, manner.media_type, manner.status)
    return Whole(json.dumps(error(manner.text, manner.type, manner.code), indent=2).encode(), status=manner.status)


async def tell(reply: Reply, manner: Manner, send: Send, kept: Request) -> None:
    """Sends all of it.

    Raises:
        Cut: the Manner wants the connection broken.
    """
    if manner.wait_s:
        await asyncio.sleep(manner.wait_s)
    kept.status = reply.status if isinstance(reply, Whole) else 200
    await send({"type": "http.response.start", "status": kept.status, "headers": _headers(reply, manner)})
    async for piece in _bytes(reply, manner):
        size = manner.split_bytes or max(1, len(piece))
        for at in range(0, len(piece), size):
            part = piece[at : at + size]
            await send({"type": "http.response.body", "body": part, "more_body": True})
            kept.sent_bytes += len(part)
            if manner.split_bytes:
                await asyncio.sleep(0)  # the loop turns, so that each is read by itself
    await send({"type": "http.response.body", "body": b"", "more_body": False})
    kept.done_at = time.monotonic()


def _headers(reply: Reply, manner: Manner) -> list[tuple[bytes, bytes]]:
    told = {"x-request-id": "req_house", "openai-processing-ms": "1"}
    match reply:
        case Whole():
            told |= {"content-type": reply.media_type, "content-length": str(len(reply.body))}
        case Stream():
            told |= {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
        case Pieces():
            told["content-type"] = reply.media_type
    told |= {name.lower(): value for name, value in manner.headers.items()}
    return [(name.encode(), value.encode()) for name, value in told.items()]


async def _bytes(reply: Reply, manner: Manner) -> AsyncIterator[bytes]:
    if isinstance(reply, Whole):
        yield reply.body
        return
    parts = reply.parts if isinstance(reply, Pieces) else (_encoded(event, manner) for event in reply.events)
    stream = isinstance(reply, Stream)
    for at, part in enumerate(parts):
        if at and manner.each_s:
            await asyncio.sleep(manner.each_s)
        if manner.stall_after == at:
            await asyncio.sleep(STALL_S)
        if manner.end_after == at:
            return
        if manner.cut_after == at:
            yield part[: max(1, len(part) // 2)]
            raise Cut
        if stream:
            if manner.error_after == at:
                yield _encoded(error(manner.text, manner.type, manner.code), manner)
                return
            if manner.garbage_after == at:
                yield _encoded('{"id": "chatcmpl-1", "choices": [{', manner)
            if manner.comment_every and at % manner.comment_every == 0:
                yield f": keep-alive{manner.newline * 2}".encode()
        yield part


def _encoded(event: Event, manner: Manner) -> bytes:
    """One event, with the empty line behind it."""
    if isinstance(event, str):
        lines = [event]
    elif manner.lines_per_event > 1:
        rows = json.dumps(event, ensure_ascii=False, indent=1).split("\n")
        share = -(-len(rows) // manner.lines_per_event)
        lines = [" ".join(rows[at : at + share]) for at in range(0, len(rows), share)]
    else:
        lines = [json.dumps(event, ensure_ascii=False, separators=(",", ":"))]
    return ("".join(f"data: {line}{manner.newline}" for line in lines) + manner.newline).encode()
