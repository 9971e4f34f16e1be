"""Somebody who serves a queue: calls in, takes who waits, and calls in again."""

import asyncio
from typing import Final

from ivr.sim.attendant import Attendant
from ivr.sim.exchange import Exchange

AGAIN_S: Final = 1.0
LOOK_EVERY_S: Final = 0.05


async def serve_queue(exchange: Exchange, url: str, person: Attendant) -> None:
    """Until it is cancelled. `url`: what answers whoever calls in. A call in which nobody waited never was."""
    while True:
        leg = await exchange.call_in(url, person)
        while not leg.over:  # noqa: ASYNC110  a leg tells nobody when it ends
            await asyncio.sleep(LOOK_EVERY_S)
        if not leg.asked:
            exchange.legs.remove(leg)
        await asyncio.sleep(AGAIN_S)
