"""Places the calls that we were asked to make: in their hours, one after the other, never more than is allowed in an
hour, and again where nobody took one. What each stands at is in the store (orders.py there).

The carrier is asked by whichever process takes an order first; its webhooks come to any. A try whose fate nobody knows
is never placed again.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from ivr import metrics
from ivr.carrier import CallControl, NewCall
from ivr.errors import CarrierError, StoreError
from ivr.flow.dialling import why_not_dialled
from ivr.flow.flow import Bundle, Outbound
from ivr.live.clock import Clock
from ivr.store import Order, Orders, OrderStage
from ivr.units import Millis

log = structlog.get_logger("ivr.live")

LOOK_S: Final = 2.0
PACE_MS: Final = 1_000
"""Between two calls: carriers place one in a second, and let others wait where nobody sees them."""
SHORTEST_S: Final = 0.05
ASK_S: Final = 15.0
"""So long a request to the carrier may take."""
GRACE: Final = timedelta(seconds=30)
"""Beyond the ringing: then the carrier is asked what became of it."""
AGAIN_AFTER: Final = {"busy": timedelta(minutes=5)}
AGAIN: Final = timedelta(minutes=15)
"""Until the next try, where nobody took the call."""
TOO_FAST: Final = timedelta(seconds=10)
"""The carrier wants fewer requests."""
HOUR: Final = timedelta(hours=1)
RING_S: Final = (5, 600)
TIME_LIMIT_S: Final = 14_400
RESULTS: Final = {
    "no-answer": "no_answer",
    "busy": "busy",
    "failed": "failed",
    "canceled": "canceled",
    "completed": "caller_left",
}
"""The carrier's word for how a call ended that we never talked in."""
_TRIED_AGAIN: Final = frozenset({"no_answer", "busy", "failed"})
_NOBODY: Final = frozenset({"caller_left", "no_stream"})
"""Outcomes of a call that was answered and left."""


class Dialler:
    """One for the process. `bundle_of`: the newest version of a project that is served here."""

    def __init__(
        self,
        orders: Orders,
        bundle_of: Callable[[str], Bundle | None],
        projects: Callable[[], Sequence[str]],
        clock: Clock,
        *,
        carrier: CallControl | None,
        public_url: str,
        per_hour: int,
        room: Callable[[], bool] = lambda: True,
    ) -> None:
        """`carrier` None: there is no account with one, and nothing is placed. `public_url` without a slash at its end.
        `per_hour`: so many tries are placed in an hour at most, by all processes. `room`: whether one more call can be
        served now."""
        self.orders = orders
        self.waiting = asyncio.Event()
        """Set where something may have to be placed, or looked into."""
        self._bundle_of = bundle_of
        self._projects = projects
        self._clock = clock
        self._carrier = carrier
        self._public_url = public_url
        self._per_hour = per_hour
        self._room = room
        self._placed_ms: int | None = None
        self._held = False
        """As many were placed in this hour as may be."""

    async def run(self) -> None:
        """For ever."""
        while True:
            self.waiting.clear()
            pause_s = LOOK_S
            try:
                await self.settle()
                await self._look_into_overdue()
                pause_s = max(SHORTEST_S, await self._place_next())
            except (StoreError, CarrierError) as fault:
                log.error("calls that we make wait", why=str(fault))
            except Exception as fault:
                log.error("a part of ours broke", what="dialler", error=type(fault).__name__, exc_info=fault)
            try:
                async with asyncio.timeout(pause_s):
                    await self.waiting.wait()
            except TimeoutError:
                pass

    # ---- placing

    async def _place_next(self) -> float:
        """Places the first that is due; how many seconds until it is time to look again."""
        now = self._clock.wall()
        order = await self.orders.next(self._projects())
        if order is None or self._carrier is None:
            return LOOK_S
        wait_s = (order.due_at - now).total_seconds()
        if wait_s > 0:
            return min(LOOK_S, wait_s)
        outbound = await self._fit(order, now)
        if outbound is None:
            return 0.0
        if not self._room():
            return LOOK_S
        placed = await self.orders.placed_since(now - HOUR)
        if len(placed) >= self._per_hour:
            if not self._held:
                log.warning("calls that we make wait: so many were placed in this hour", most=self._per_hour)
            self._held = True
            return LOOK_S
        self._held = False
        if self._placed_ms is not None and (since_ms := self._clock.now_ms() - self._placed_ms) < PACE_MS:
            return (PACE_MS - since_ms) / 1000
        ring_s = max(RING_S[0], min(RING_S[1], outbound.ring_ms // 1000))
        due_at = now + timedelta(seconds=ring_s + ASK_S) + GRACE
        taken = await self.orders.take(order.id, now=now, due_at=due_at)
        if taken is not None:
            self._placed_ms = self._clock.now_ms()
            await self._place(taken, outbound, ring_s)
        return 0.0

    async def _fit(self, order: Order, now: datetime) -> Outbound | None:
        """What the project says of it now; None: it is not placed, or not yet."""
        bundle = self._bundle_of(order.project)
        outbound = None if bundle is None else bundle.outbound.get(order.name)
        if bundle is None or outbound is None:
            await self._drop(order, now, f"the project has no outbound {order.name} any more")
            return None
        if not order.to:
            await self._drop(order, now, "it was erased")
            return None
        if why_not_dialled(order.to, bundle.countries)[0] is not None:
            await self._drop(order, now, "its number may not be dialled any more")
            return None
        hours = None if outbound.hours is None else bundle.hours[outbound.hours]
        if hours is not None and not hours.is_open(now):
            opens = hours.next_opening(now)
            if opens is None:
                await self._drop(order, now, f"{hours.name} does not open within a year")
            else:
                await self.orders.postpone(order.id, opens, f"{hours.name} is not open")
            return None
        return outbound

    async def _drop(self, order: Order, now: datetime, why: str) -> None:
        log.error("a call is not placed", order=order.id, why=why)
        await self.orders.drop(order.id, "failed", now=now, why=why)

    async def _place(self, order: Order, outbound: Outbound, ring_s: int) -> None:
        assert self._carrier is not None and order.leg is not None
        address = f"{self._public_url}/twilio/outbound/{order.leg}"
        new = NewCall(
            order.to,
            outbound.sender,
            url=address,
            status_url=f"{address}/status",
            ring_s=ring_s,
            time_limit_s=TIME_LIMIT_S,
        )
        try:
            call_sid = await self._carrier.create_call(new, self._deadline())
        except CarrierError as fault:
            await self._not_placed(order, outbound, fault)
            return
        metrics.OUTBOUND.labels("placed").inc()
        now = self._clock.wall()
        await self.orders.rings(order.leg, call_sid, now + timedelta(seconds=ring_s) + GRACE)

    async def _not_placed(self, order: Order, outbound: Outbound, fault: CarrierError) -> None:
        assert order.leg is not None
        now = self._clock.wall()
        log.error("a call could not be placed", order=order.id, status=fault.status, code=fault.code)
        if fault.status == 429:  # nothing was done
            await self.orders.again(order.leg, "failed", now + TOO_FAST, "the carrier asks for fewer requests")
        elif fault.status and fault.status < 500:
            why = f"the carrier refused ({fault.code})"
            await self._over(order, outbound, "failed", why)
        # else it may have been placed all the same: its webhooks tell, or nobody will

    # ---- what a webhook tells

    async def leg_ended(self, order: Order, status: str) -> None:
        """The carrier's call is over, as it says."""
        assert order.leg is not None
        if order.stage not in (OrderStage.PLACING, OrderStage.RINGING):
            self.waiting.set()
            return
        result = RESULTS.get(status, "failed")
        metrics.OUTBOUND.labels(result).inc()
        bundle = self._bundle_of(order.project)
        outbound = None if bundle is None else bundle.outbound.get(order.name)
        if outbound is not None and result in _TRIED_AGAIN and order.tries < order.most_tries:
            due_at = self._clock.wall() + AGAIN_AFTER.get(result, AGAIN)
            await self.orders.again(order.leg, result, due_at, f"the last try was {result}")
        else:
            await self._over(order, outbound, result, "")

    async def settle(self) -> None:
        """Those whose talk is over get its outcome. Raises: StoreError."""
        for order, outcome in await self.orders.talked():
            bundle = self._bundle_of(order.project)
            outbound = None if bundle is None else bundle.outbound.get(order.name)
            if outcome in _NOBODY:
                await self._over(order, outbound, "caller_left", "")
            else:
                assert order.leg is not None
                await self.orders.end(order.leg, "answered", now=self._clock.wall(), outcome=outcome)

    async def _over(self, order: Order, outbound: Outbound | None, result: str, why: str) -> None:
        assert order.leg is not None
        outcome = result if outbound is None else outbound.outcomes.get(result, result)
        await self.orders.end(order.leg, result, now=self._clock.wall(), outcome=outcome, why=why)

    # ---- what nobody told

    async def _look_into_overdue(self) -> None:
        now = self._clock.wall()
        for order in await self.orders.overdue(now):
            assert order.leg is not None
            if order.call_sid is None or self._carrier is None:
                why = "the carrier did not say whether it placed the call: it is not tried again"
                log.error("a call that we made was lost", order=order.id)
                await self.orders.end(order.leg, "unknown", now=now, outcome="unknown", why=why)
                continue
            status = await self._carrier.call_status(order.call_sid, self._deadline())
            if status in RESULTS:
                await self.leg_ended(order, status)
            else:
                log.error("a call that we made did not come to us", order=order.id, status=status)
                await self._carrier.hang_up(order.call_sid, self._deadline())
                await self.orders.end(order.leg, "failed", now=now, outcome="failed", why="it did not come to us")

    def _deadline(self) -> Millis:
        return Millis(self._clock.now_ms() + int(ASK_S * 1000))
