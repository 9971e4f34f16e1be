"""What the carrier posts, taken only with its signature.

A request without a good signature is answered 403 without a word, and nothing else happens.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qsl

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from ivr import metrics
from ivr.carrier import Proof, twiml
from ivr.errors import StoreError
from ivr.server.media_socket import where

log = structlog.get_logger("ivr.server")

Fields = dict[str, str]
Ask = Callable[[Fields], Awaitable[Response]]
AskOf = Callable[[str, Fields], Awaitable[Response]]
"""With the name in the path."""

BODY_BYTES: Final = 64 * 1024
BODY_S: Final = 10.0
MOST_FIELDS: Final = 200
APOLOGY: Final = "We are sorry, something went wrong on our side. Please call again."


class Signed:
    """Makes routes of answers; whatever goes wrong in one, the caller is told."""

    def __init__(self, proof: Proof) -> None:
        self._proof = proof

    def route(self, path: str, answer: Ask) -> Route:
        return Route(path, self._endpoint(answer), methods=["POST"])

    def route_of(self, path: str, answer: AskOf) -> Route:
        """The answer is also told the `name` in the path."""

        async def endpoint(request: Request) -> Response:
            return await self._endpoint(lambda fields: answer(request.path_params["name"], fields))(request)

        return Route(path, endpoint, methods=["POST"])

    def _endpoint(self, answer: Ask) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                fields = await _fields(request)
            except _NoForm as fault:
                known = self._proof.verify_webhook(_target(request), (), request.headers)
                return Response(status_code=fault.status if known else 403)
            if not self._proof.verify_webhook(_target(request), fields, request.headers):
                metrics.UNSIGNED.inc()
                log.warning("webhook without a good signature", path=request.url.path)
                return Response(status_code=403)
            try:
                return await answer(dict(fields))
            except StoreError as fault:
                log.error("a webhook could not use the store", path=request.url.path, why=str(fault))
            except Exception as fault:  # a mistake of ours: the caller is told, and nobody else notices
                log.error("a webhook failed", path=request.url.path, error=type(fault).__name__, where=where(fault))
            return document(twiml.apology(APOLOGY))

        return endpoint


def document(document: str) -> Response:
    return Response(document, media_type=twiml.CONTENT_TYPE)


class _NoForm(Exception):
    """What came is not a form as the carrier sends one."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def _fields(request: Request) -> list[tuple[str, str]]:
    """The form's fields, in order. Raises: _NoForm."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise _NoForm(415)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for part in request.stream():
                body += part
                if len(body) > BODY_BYTES:
                    raise _NoForm(413)
    except TimeoutError:
        raise _NoForm(408) from None
    except ClientDisconnect:
        raise _NoForm(400) from None
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:  # not ASCII, not UTF-8 behind its percent signs, or too many
        raise _NoForm(400) from None


def _target(request: Request) -> str:
    path = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1").partition("?")[0]
    query = request.scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path
