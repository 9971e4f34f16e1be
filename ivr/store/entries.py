"""One entry of the journal, as bytes and back, and the readers of a journal that need no writer."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import func, select

from ivr.errors import StoreError
from ivr.flow.types import Privacy
from ivr.store.db import open_sync_engine, translated
from ivr.store.journal_files import journal_files
from ivr.store.journal_table import journal
from ivr.store.keys import CallKey
from ivr.store.spool import read_spools
from ivr.units import CallId, Millis

CALL_ENDED: Final = "call_ended"
"""The kind of the entry that closes a call's journal."""


class Row(NamedTuple):
    """An entry as the table and the spool keep it. `body`: one letter for its form, then the bytes."""

    call_id: CallId
    seq: int
    at_ms: Millis
    wall_us: int
    kind: str
    body: bytes
    crc: int


class Unreadable(Enum):
    DAMAGED = "damaged"
    """The bytes on the disk are not those that were written."""
    ERASED = "erased"
    """Sealed, and the key of the call is not given or gone."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An event a call was fed. `at_ms` since the call began; `wall_us` microseconds since 1970, UTC."""

    seq: int
    at_ms: Millis
    wall_us: int
    kind: str
    body: Mapping[str, Any] | bytes | Unreadable


def make_row(
    call_id: CallId,
    seq: int,
    at_ms: Millis,
    wall_us: int,
    kind: str,
    body: Mapping[str, Any] | bytes,
    *,
    privacy: Privacy,
    key: CallKey | None,
) -> Row:
    if privacy not in (Privacy.OPEN, Privacy.PII):  # not an assert: it must hold under -O too
        raise AssertionError("pci and secret live in memory only")
    form, content = (b"b", body) if isinstance(body, bytes) else (b"j", msgspec.json.encode(body))
    if privacy is Privacy.PII:
        if key is None:
            raise AssertionError("a private entry of a call whose key the journal was not given")
        form, content = form.upper(), key.seal(content)
    kept = form + content
    return Row(call_id, seq, at_ms, wall_us, kind, kept, _crc(call_id, seq, at_ms, wall_us, kind, kept))


def to_spool(row: Row) -> bytes:
    return msgspec.msgpack.encode(row)


def from_spool(payload: bytes) -> Row:
    return _ROW.decode(payload)


_ROW: Final = msgspec.msgpack.Decoder(Row)


def read_journal(folder: Path, call_id: CallId, key: CallKey | None = None) -> list[Entry]:
    """All entries of a call in their order, of whatever process, those still in a spool too. Blocks.
    Raises: StoreError."""
    spooled = [row for row in map(from_spool, read_spools(folder)) if row.call_id == call_id]
    rows = {row.seq: row for row in spooled}
    for path in journal_files(folder):
        engine = open_sync_engine(path, synchronous="FULL", busy_ms=5000)
        with translated(path), engine.connect() as connection:
            kept = connection.execute(select(journal).where(journal.c.call_id == call_id))
            rows |= {row.seq: Row(*row) for row in kept}
    return [_entry(rows[seq], key) for seq in sorted(rows)]


def read_open_calls(folder: Path) -> list[CallId]:
    """Calls whose journal has no end. Blocks. Raises: StoreError."""
    its = journal.c
    spooled = [from_spool(payload) for payload in read_spools(folder)]
    begun = {row.call_id for row in spooled}
    over = {row.call_id for row in spooled if row.kind == CALL_ENDED}
    for path in journal_files(folder):
        engine = open_sync_engine(path, synchronous="FULL", busy_ms=5000)
        query = select(its.call_id, func.max(its.kind == CALL_ENDED)).group_by(its.call_id)
        with translated(path), engine.connect() as connection:
            for call_id, ended in connection.execute(query):
                (over if ended else begun).add(CallId(call_id))
    return sorted(begun - over)


def _entry(row: Row, key: CallKey | None) -> Entry:
    return Entry(row.seq, row.at_ms, row.wall_us, row.kind, _body(row, key))


def _body(row: Row, key: CallKey | None) -> Mapping[str, Any] | bytes | Unreadable:
    if _crc(*row[:6]) != row.crc:
        return Unreadable.DAMAGED
    form, content = row.body[:1], row.body[1:]
    if form.isupper():
        if key is None:
            return Unreadable.ERASED
        try:
            content = key.open(content)
        except StoreError:
            return Unreadable.DAMAGED
    if form.lower() == b"b":
        return content
    body: dict[str, Any] = msgspec.json.decode(content)
    return body


def _crc(call_id: str, seq: int, at_ms: int, wall_us: int, kind: str, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(f"{call_id} {seq} {at_ms} {wall_us} {kind} ".encode()))
