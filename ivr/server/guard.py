"""Who may use the interface for programs, and how mistakes are told: problem+json (RFC 9457)."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ivr.errors import StoreError
from ivr.server.asked import Problem

log = structlog.get_logger("ivr.server")

Answers = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Access:
    """`token` None: whoever reaches us may ask, unless the carrier signs its requests."""

    token: str | None
    signed: bool

    def require(self, request: Request) -> None:
        """Raises: Problem."""
        if "origin" in request.headers:
            raise Problem(403, "Not for web pages", "This is for programs, not for pages in a browser.")
        if self.token is None:
            if self.signed:
                raise Problem(403, "Closed", "Nobody may ask for anything here: set IVR_API_TOKEN, and show it.")
            return
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, b"Bearer " + self.token.encode()):
            challenge = {"WWW-Authenticate": "Bearer"}
            raise Problem(401, "Who are you?", "Show IVR_API_TOKEN: Authorization: Bearer TOKEN.", headers=challenge)

    def guarded(self, answer: Answers) -> Answers:
        async def endpoint(request: Request) -> Response:
            try:
                self.require(request)
                return await answer(request)
            except Problem as problem:
                return _problem(problem)
            except StoreError as fault:
                log.error("a request could not use the store", path=request.url.path, why=str(fault))
                again = {"Retry-After": "5"}
                return _problem(Problem(503, "Not now", "The database does not answer: ask again.", headers=again))

        return endpoint


def _problem(problem: Problem) -> Response:
    told = {"type": "about:blank", "title": problem.title, "status": problem.status, "detail": problem.detail}
    if problem.code:
        told |= {"type": f"urn:ivr:{problem.code}", "code": problem.code}
    return JSONResponse(
        told, problem.status, headers=dict(problem.headers or {}), media_type="application/problem+json"
    )
