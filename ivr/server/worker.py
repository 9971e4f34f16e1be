"""One of several workers: `python -m ivr.server.worker`, started by the supervisor alone.

Its standard input is the supervisor's pipe: first the Order, later one byte for each word, and its end when the
supervisor is dead.
"""

import asyncio
import gc
import json
import os
import pickle
import sys
from collections.abc import Callable

import structlog
import uvloop

from ivr.errors import FlowError, SettingsError, StoreError
from ivr.logs import configure_logging
from ivr.models.engines import Engines
from ivr.server.main import answer
from ivr.server.port import bind
from ivr.server.workers import NOW, Order

log = structlog.get_logger("ivr.server")

PIPE = 0
"""Standard input."""


class SupervisorsWord:
    """What comes through the pipe once the server runs."""

    def follow(self, drain: Callable[[], None], now: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()

        def read() -> None:
            words = os.read(PIPE, 64)
            drain()
            if NOW in words:
                now()
            if not words:  # the supervisor is dead: nobody would restart us
                loop.remove_reader(PIPE)

        loop.add_reader(PIPE, read)


def main() -> None:
    """Ends with 0; with 3 or 1 and a report where it cannot start."""
    order = _order()
    settings = order.settings
    configure_logging(settings.log_level, settings.log_format, worker=order.number)
    try:
        uvloop.run(_answer(order))
    except (SettingsError, StoreError) as fault:
        _cannot(order, fault, 3)
    except FlowError as fault:
        _cannot(order, fault, 1)


async def _answer(order: Order) -> None:
    settings = order.settings
    with bind(settings.host, order.port, shared=True) as sock:
        engines = Engines.of(settings.profile, processes=settings.workers, judge=settings.call.judge)
        if order.number == 1:
            for warning in settings.warnings():
                log.warning(warning)
        first = order.number == 1
        await answer(settings, order.bundle, sock, engines, lambda: _ready(order), SupervisorsWord(), first=first)


def _ready(order: Order) -> None:
    gc.collect()
    gc.freeze()  # what is there by now stays for good
    _report(order, {"ready": True})


def _cannot(order: Order, fault: Exception, code: int) -> None:
    _report(order, {"fault": str(fault), "code": code})
    sys.exit(code)


def _report(order: Order, report: dict[str, object]) -> None:
    os.write(order.report, json.dumps(report).encode() + b"\n")


def _order() -> Order:
    length = int.from_bytes(_read(8), "big")
    order = pickle.loads(_read(length))  # noqa: S301 (from our own parent, through a pipe nobody else has)
    assert isinstance(order, Order)
    return order


def _read(length: int) -> bytes:
    read = b""
    while len(read) < length:
        part = os.read(PIPE, length - len(read))
        if not part:
            sys.exit(0)  # the supervisor is dead
        read += part
    return read


if __name__ == "__main__":
    main()
