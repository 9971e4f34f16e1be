"""Stream tokens: the credential that lets one websocket in for one call, once."""

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select, update

from ivr.store.db import Database
from ivr.store.tables import Utc, stream_tokens
from ivr.units import CallId, CallSid

TOKEN_TTL: Final = timedelta(seconds=30)

_its: Final = stream_tokens.c
_NOW: Final = bindparam("now", type_=Utc)
_ISSUE: Final = insert(stream_tokens)
_USE: Final = (
    update(stream_tokens)
    .where(_its.hash == bindparam("which"), _its.call_sid == bindparam("sid"), _its.account_sid == bindparam("account"))
    .where(_its.expires_at > _NOW, _its.redeemed_at.is_(None))
    .values(redeemed_at=_NOW)
    .returning(_its.call_id)
)
_KEPT: Final = select(stream_tokens).where(_its.hash == bindparam("which"))


class TokenRefused(Enum):
    """Why a token does not open the call. For the log; the far end is told nothing."""

    UNKNOWN = "unknown"
    USED = "used"
    LATE = "late"
    OTHER_CALL = "of another call"


class Tokens:
    """Any process of the installation redeems what any other issued. Only the hash of a token is kept here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def issue_token(
        self, call_id: CallId, call_sid: CallSid, account_sid: str, *, now: datetime, ttl: timedelta = TOKEN_TTL
    ) -> str:
        """Raises: StoreError."""
        token = new_token()
        await self._database.write(lambda c: keep_token(c, token, call_id, call_sid, account_sid, expires_at=now + ttl))
        return token

    async def redeem(self, token: str, call_sid: CallSid, account_sid: str, *, now: datetime) -> CallId | TokenRefused:
        """The first to come wins: one UPDATE decides, whatever process it runs in. Raises: StoreError."""
        return await self._database.write(lambda c: use_token(c, token, call_sid, account_sid, now=now))


def new_token() -> str:
    """32 random bytes as 43 characters that are safe in XML and URLs."""
    return secrets.token_urlsafe(32)


def keep_token(
    connection: Connection, token: str, call_id: CallId, call_sid: CallSid, account_sid: str, *, expires_at: datetime
) -> None:
    row = {
        "hash": _hash(token),
        "call_id": call_id,
        "call_sid": call_sid,
        "account_sid": account_sid,
        "expires_at": expires_at,
    }
    connection.execute(_ISSUE, row)


def use_token(
    connection: Connection, token: str, call_sid: CallSid, account_sid: str, *, now: datetime
) -> CallId | TokenRefused:
    which = _hash(token)
    use = {"which": which, "sid": call_sid, "account": account_sid, "now": now}
    won = connection.execute(_USE, use).scalar_one_or_none()
    if won is not None:
        return CallId(won)
    kept = connection.execute(_KEPT, {"which": which}).one_or_none()
    if kept is None:
        return TokenRefused.UNKNOWN
    if (kept.call_sid, kept.account_sid) != (call_sid, account_sid):
        return TokenRefused.OTHER_CALL
    return TokenRefused.USED if kept.redeemed_at is not None else TokenRefused.LATE


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
