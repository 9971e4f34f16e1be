"""Tokens by client credentials (OAuth 2.0, RFC 6749 section 4.4): fetched when first needed, kept until they grow old,
shared by all calls of the process."""

import asyncio
import time
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote_plus

from ivr.errors import ToolError
from ivr.flow.flow import Auth
from ivr.secret import Secret
from ivr.tools.ports import HttpRequest, ToolReply
from ivr.units import Millis

BEFORE_S: Final = 30.0
"""So long before its end a token counts as old: a request on its way must not meet the end."""
DEFAULT_LIFE_S: Final = 300.0
"""Where the server does not say how long it holds."""

Ask = Callable[[HttpRequest, Millis], Awaitable[ToolReply]]
Now = Callable[[], float]


@dataclass(frozen=True, slots=True)
class _Kept:
    token: Secret
    until_s: float


class Tokens:
    """`ask` sends a request to a back end; `find` gives a secret by name."""

    def __init__(self, ask: Ask, find: Callable[[str], Secret], now: Now = time.monotonic) -> None:
        self._ask, self._find, self._now = ask, find, now
        self._kept: dict[Auth, _Kept] = {}
        self._locks: dict[Auth, asyncio.Lock] = {}

    async def token(self, auth: Auth, deadline: Millis) -> Secret:
        """Raises: ToolError when there is none to be had, without a word of the answer."""
        async with self._locks.setdefault(auth, asyncio.Lock()):
            kept = self._kept.get(auth)
            if kept is None or self._now() >= kept.until_s:
                kept = self._kept[auth] = await self._fetch(auth, deadline)
            return kept.token

    def drop(self, auth: Auth, token: Secret) -> None:
        """It was refused. A newer one is left alone."""
        kept = self._kept.get(auth)
        if kept is not None and kept.token == token:
            del self._kept[auth]

    async def _fetch(self, auth: Auth, deadline: Millis) -> _Kept:
        client = f"{quote_plus(auth.user)}:{quote_plus(self._find(auth.secret).reveal())}"
        fields = {"grant_type": "client_credentials", **({"scope": auth.scope} if auth.scope else {})}
        asked_s = self._now()
        reply = await self._ask(
            HttpRequest(
                id="token",
                name="token",
                api=auth.api,
                method="POST",
                segments=auth.segments,
                headers={"Authorization": Secret("Basic " + b64encode(client.encode()).decode())},
                form=fields,
            ),
            deadline,
        )
        body = reply.body
        token = body.get("access_token") if isinstance(body, dict) else None
        if reply.status != 200 or not isinstance(token, str) or not token:
            why = reply.error or reply.status
            raise ToolError(f"no token from {auth.api}: {why if why != 200 else 'the answer holds none'}")
        life = body.get("expires_in") if isinstance(body, dict) else None
        life_s = float(life) if isinstance(life, int | float) and not isinstance(life, bool) else DEFAULT_LIFE_S
        return _Kept(Secret(token), asked_s + max(0.0, life_s - BEFORE_S))
