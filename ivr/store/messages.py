"""Messages that callers left: a row each, and a file of the caller's µ-law, written a second behind the line.

The row is there from the first sample on, so that a message cut off by anything is found again. What counts of the file
is from `from_ms` to `to_ms`; None: all of it, since nobody said how it ended.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from ivr.store.db import Database, Work
from ivr.store.engines import insert_new
from ivr.store.ids import began_at, is_call_id
from ivr.store.keys import CallKey
from ivr.store.tables import messages
from ivr.units import BYTES_PER_MS, CallId

_its: Final = messages.c


def message_path(call_id: CallId, number: str) -> Path:
    """Below the data folder; the day is in the id. `number`: digits and hyphens."""
    assert is_call_id(call_id) and number.replace("-", "").isdecimal(), "not a message of a call"
    return Path("messages") / began_at(call_id).strftime("%Y/%m/%d") / f"{call_id}-{number}.ulaw"


@dataclass(frozen=True, slots=True)
class KeptMessage:
    id: str
    """Of the effect that asked for it."""
    call_id: CallId
    name: str
    at: datetime
    path: str
    """Below the data folder."""
    ended_by: str | None = None
    from_ms: int = 0
    to_ms: int | None = None
    transcript: str | None = None


def beginning_message(message: KeptMessage) -> Work[bool]:
    row = {**asdict(message), "transcript": None}
    return lambda connection: insert_new(connection, messages, row)


def ending_message(message_id: str, ended_by: str, from_ms: int, to_ms: int) -> Work[int]:
    end = update(messages).where(_its.id == message_id).values(ended_by=ended_by, from_ms=from_ms, to_ms=to_ms)
    return lambda connection: int(connection.execute(end).rowcount)


def wording_message(message_id: str, words: str, key: CallKey) -> Work[int]:
    """What was said in it; sealed with the call's key."""
    sealed = key.seal_texts({"words": words})
    worded = update(messages).where(_its.id == message_id).values(transcript=sealed)
    return lambda connection: int(connection.execute(worded).rowcount)


class Messages:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_call(self, call_id: CallId, key: CallKey | None = None) -> list[KeptMessage]:
        """In their order. With the call's key the transcripts are there; views ask without."""
        query = select(messages).where(_its.call_id == call_id).order_by(_its.at, _its.id)

        def work(connection: Connection) -> list[KeptMessage]:
            return [_kept(row, key) for row in connection.execute(query)]

        return await self._database.read(work)


def message_sound(folder: Path, message: KeptMessage) -> bytes:
    """µ-law of what counts of it. Blocks. Raises: OSError."""
    sound = (folder / message.path).read_bytes()
    until = len(sound) if message.to_ms is None else message.to_ms * BYTES_PER_MS
    return sound[message.from_ms * BYTES_PER_MS : until]


def _kept(row: Row[Any], key: CallKey | None) -> KeptMessage:
    words = key.open_texts(row.transcript).get("words") if key is not None and row.transcript is not None else None
    return KeptMessage(
        row.id, CallId(row.call_id), row.name, row.at, row.path, row.ended_by, row.from_ms, row.to_ms, words
    )
