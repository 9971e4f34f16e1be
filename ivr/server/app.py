"""The ASGI application: the carrier's webhooks, health and metrics. Websockets do not come here (media_socket.py)."""

import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ivr import metrics
from ivr.live.process import Process
from ivr.server.admission import Admission
from ivr.server.flows import Flows
from ivr.server.webhooks import Webhooks

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]


class Application:
    def __init__(
        self, process: Process, admission: Admission, webhooks: Webhooks, flows: Flows, api: Sequence[Route]
    ) -> None:
        self._process = process
        self._flows = flows
        self._admission = admission
        self._pages = Starlette(
            routes=[
                *webhooks.routes(),
                *api,
                Route("/healthz", self._healthz),
                Route("/readyz", self._readyz),
                Route("/metrics", self._metrics),
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._pages(scope, receive, send)

    async def _healthz(self, _: Request) -> Response:
        return JSONResponse({"alive": True, "calls": self._admission.calls, "pid": os.getpid()})

    async def _readyz(self, _: Request) -> Response:
        """Whether new calls may be sent here."""
        trouble = self._admission.trouble or self._process.journal.trouble
        if trouble is None and self._process.disk_full:
            trouble = "the disk is full: free some space"
        flows = {"version": self._flows.bundle.hash[:12], "refused": self._flows.refused}
        said = {"ready": trouble is None, "why": trouble, "flows": flows}
        return JSONResponse(said, status_code=200 if trouble is None else 503)

    async def _metrics(self, _: Request) -> Response:
        metrics.TASKS.set(len(asyncio.all_tasks()))
        return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)
