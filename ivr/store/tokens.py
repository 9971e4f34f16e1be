"""Stream tokens: the credential that lets one websocket in for one call, once."""

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from sqlalchemy import insert, select, update

from ivr.store.db import Database
from ivr.store.tables import stream_tokens
from ivr.units import CallId, CallSid

TOKEN_TTL: Final = timedelta(seconds=30)


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
        """32 random bytes as 43 characters that are safe in XML and URLs. Raises: StoreError."""
        token = secrets.token_urlsafe(32)
        row = {
            "hash": _hash(token),
            "call_id": call_id,
            "call_sid": call_sid,
            "account_sid": account_sid,
            "expires_at": now + ttl,
        }
        async with self._database.writing() as connection:
            await connection.execute(insert(stream_tokens), row)
        return token

    async def redeem(self, token: str, call_sid: CallSid, account_sid: str, *, now: datetime) -> CallId | TokenRefused:
        """The first to come wins: one UPDATE decides, whatever process it runs in. Raises: StoreError."""
        its = stream_tokens.c
        use = (
            update(stream_tokens)
            .where(its.hash == _hash(token), its.call_sid == call_sid, its.account_sid == account_sid)
            .where(its.expires_at > now, its.redeemed_at.is_(None))
            .values(redeemed_at=now)
            .returning(its.call_id)
        )
        async with self._database.writing() as connection:
            won = (await connection.execute(use)).scalar_one_or_none()
            if won is not None:
                return CallId(won)
            kept = (await connection.execute(select(stream_tokens).where(its.hash == _hash(token)))).one_or_none()
        if kept is None:
            return TokenRefused.UNKNOWN
        if (kept.call_sid, kept.account_sid) != (call_sid, account_sid):
            return TokenRefused.OTHER_CALL
        return TokenRefused.USED if kept.redeemed_at is not None else TokenRefused.LATE


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
