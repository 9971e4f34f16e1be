"""Our own ids of calls: ULIDs, 48 bits of milliseconds and 80 random ones in Crockford's base 32."""

import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Final

from ivr.units import CallId

_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SHAPE: Final = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def new_call_id(now: datetime) -> CallId:
    """`now` aware. Ids sort by the millisecond they were made in."""
    number = (now - _EPOCH) // timedelta(milliseconds=1) << 80 | secrets.randbits(80)
    return CallId("".join(_LETTERS[number >> shift & 31] for shift in range(125, -1, -5)))


def is_call_id(text: str) -> bool:
    """Nothing but the 26 characters of a ULID: safe in a file name."""
    return _SHAPE.fullmatch(text) is not None


def began_at(call_id: CallId) -> datetime:
    """The moment the id was made, UTC, to the millisecond."""
    assert is_call_id(call_id), "not a CallId"
    number = 0
    for letter in call_id[:10]:
        number = number << 5 | _LETTERS.index(letter)
    return _EPOCH + timedelta(milliseconds=number)
