"""The interface for programs, under /api/v1: calls are asked for, and what became of them is told.

Who may ask: with IVR_API_TOKEN whoever shows it as a bearer token. Without, a server whose carrier signs its requests
takes nobody's word; one that does not is reached from this machine alone, and any program of it may ask, but no page in
a browser. Mistakes are told as problem+json (RFC 9457).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ivr.flow.flow import Bundle, Outbound
from ivr.flow.inputs import wrong_inputs
from ivr.live.clock import Clock
from ivr.live.dialler import HOUR, Dialler
from ivr.server.asked import Problem, body_of, data_of, key_of, number_of, outbound_of
from ivr.server.flows import Flows
from ivr.server.guard import Access
from ivr.store import AskedOtherwise, NewOrder, Order, OrderStage, is_call_id

log = structlog.get_logger("ivr.server")

ASKED_PER_PLACED: Final = 10
"""So many times as may be placed in an hour may be asked for in one: the rest is a mistake, or worse."""


class Api:
    def __init__(
        self, dialler: Dialler, flows: Flows, clock: Clock, access: Access, *, per_hour: int, places: bool
    ) -> None:
        """`places`: there is an account with a carrier."""
        self._dialler = dialler
        self._flows = flows
        self._clock = clock
        self._access = access
        self._per_hour = per_hour
        self._places = places

    def routes(self) -> list[Route]:
        return [
            Route("/api/v1/calls", self._access.guarded(self._ask), methods=["POST"]),
            Route("/api/v1/calls/{id}", self._access.guarded(self._tell), methods=["GET"]),
            Route("/api/v1/calls/{id}", self._access.guarded(self._cancel), methods=["DELETE"]),
        ]

    # ---- a call is asked for

    async def _ask(self, request: Request) -> Response:
        body = await body_of(request)
        bundle, now = self._flows.bundle, self._clock.wall()
        outbound = outbound_of(body, bundle)
        to, data = number_of(body, bundle), data_of(body)
        wrong = wrong_inputs(bundle.flows[outbound.flow], data)
        if wrong:
            detail = (
                f"{' and '.join(wrong)}: missing under data, or not of the type that the flow {outbound.flow} takes."
            )
            raise Problem(422, "Data does not fit", detail)
        await self._require_allowed(now)
        order, is_new = await self._order(request, bundle, outbound, to, data, now)
        if is_new:
            log.info("a call is asked for", order=order.id, outbound=outbound.name)
            self._dialler.waiting.set()
        return JSONResponse(_told(order), 202, headers={"Location": f"/api/v1/calls/{order.id}"})

    async def _require_allowed(self, now: datetime) -> None:
        """Raises: Problem."""
        if not self._places:
            detail = "There is no account with a carrier: set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN."
            raise Problem(503, "No carrier", detail)
        if not self._per_hour:
            raise Problem(503, "No calls are made", "IVR_OUTBOUND_PER_HOUR is 0.")
        most = self._per_hour * ASKED_PER_PLACED
        if await self._dialler.orders.made_since(now - HOUR) >= most:
            detail = f"{most} calls were asked for within an hour, which is the most: see IVR_OUTBOUND_PER_HOUR."
            raise Problem(429, "Too many calls", detail, headers={"Retry-After": "600"})

    async def _order(
        self, request: Request, bundle: Bundle, outbound: Outbound, to: str, data: Mapping[str, str], now: datetime
    ) -> tuple[Order, bool]:
        key = key_of(request)
        hours = None if outbound.hours is None else bundle.hours[outbound.hours]
        opens = None if hours is None or hours.is_open(now) else hours.next_opening(now)
        new = NewOrder(bundle.project, outbound.name, to, data, outbound.tries, now, opens or now, key)
        try:
            return await self._dialler.orders.ask(new)
        except AskedOtherwise:
            detail = "This Idempotency-Key was used for another call: take a new one for each call."
            raise Problem(422, "Idempotency-Key", detail) from None

    # ---- what became of it

    async def _tell(self, request: Request) -> Response:
        await self._dialler.settle()
        return JSONResponse(_told(await self._found(request)))

    async def _cancel(self, request: Request) -> Response:
        order = await self._found(request)
        dropped = await self._dialler.orders.drop(
            order.id, "canceled", now=self._clock.wall(), why="whoever asked for it took it back"
        )
        if not dropped and order.result != "canceled":
            raise Problem(409, "Too late", f"It is {order.stage.value}: only a call that waits can be taken back.")
        return JSONResponse(_told(await self._found(request)))

    async def _found(self, request: Request) -> Order:
        name = request.path_params["id"]
        order = await self._dialler.orders.by_id(name) if is_call_id(name) else None
        if order is None:
            raise Problem(404, "No such call", "There is no call of this id that was asked for here.")
        return order


def _told(order: Order) -> dict[str, object]:
    waits = order.stage is OrderStage.WAITING
    return {
        "id": order.id,
        "outbound": order.name,
        "to": order.shown,
        "state": order.stage.value,
        "result": order.result,
        "outcome": order.outcome,
        "why": order.why,
        "tries": order.tries,
        "most_tries": order.most_tries,
        "asked_at": order.made_at.isoformat(),
        "next_try_at": order.due_at.isoformat() if waits else None,
        "ended_at": None if order.ended_at is None else order.ended_at.isoformat(),
        "call": order.call_id,
    }
