"""One entry of the journal, as bytes and back, and the readers of a journal that need no writer."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import case, func, select

from ivr.errors import StoreError
from ivr.flow.types import Privacy
from ivr.store.journal_places import journal_rows
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
    stream: int = 0
    """How often the call was taken before (see holders)."""


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
    stream: int,
) -> Row:
    if privacy not in (Privacy.OPEN, Privacy.PII):  # not an assert: it must hold under -O too
        raise AssertionError("pci and secret live in memory only")
    form, content = (b"b", body) if isinstance(body, bytes) else (b"j", msgspec.json.encode(body))
    if privacy is Privacy.PII:
        if key is None:
            raise AssertionError("a private entry of a call whose key the journal was not given")
        form, content = form.upper(), key.seal(content)
    kept = form + content
    return Row(call_id, seq, at_ms, wall_us, kind, kept, _crc(call_id, seq, at_ms, wall_us, kind, kept), stream)


def to_spool(row: Row) -> bytes:
    return msgspec.msgpack.encode(row)


def from_spool(payload: bytes) -> Row:
    return _ROW.decode(payload)


_its: Final = journal.c
_COLUMNS: Final = select(_its.call_id, _its.seq, _its.at_ms, _its.wall_us, _its.kind, _its.body, _its.crc, _its.stream)
_ROW: Final = msgspec.msgpack.Decoder(Row)


def read_journal(folder: Path, call_id: CallId, key: CallKey | None = None, *, url: str | None = None) -> list[Entry]:
    """All entries of a call in their order, of whatever process, those still in a spool too. `url`: of the PostgreSQL
    database, if that keeps the journal. Blocks. Raises: StoreError."""
    spooled = [row for row in map(from_spool, read_spools(folder)) if row.call_id == call_id]
    rows = {(row.stream, row.seq): row for row in spooled}
    kept = journal_rows(folder, url, _COLUMNS.where(_its.call_id == call_id))
    rows |= {(row.stream, row.seq): Row(*row) for row in kept}
    return [_entry(row, key) for row in in_force(list(rows.values()))]


def in_force(rows: list[Row]) -> list[Row]:
    """The entries of one call in their order, without those a holder wrote after the call had gone over to another: of
    an earlier taking only what stands before the first entry of every later one."""
    kept: list[Row] = []
    bound: int | None = None
    for _stream, taking in groupby(sorted(rows, key=lambda row: (-row.stream, row.seq)), key=lambda row: row.stream):
        mine = [row for row in taking if bound is None or row.seq < bound]
        kept.extend(mine)
        bound = min((row.seq for row in mine), default=bound)
    return sorted(kept, key=lambda row: row.seq)


def read_open_calls(folder: Path, *, url: str | None = None) -> list[CallId]:
    """Calls whose journal has no end. Blocks. Raises: StoreError."""
    spooled = [from_spool(payload) for payload in read_spools(folder)]
    begun = {row.call_id for row in spooled}
    over = {row.call_id for row in spooled if row.kind == CALL_ENDED}
    ended = func.max(case((_its.kind == CALL_ENDED, 1), else_=0))
    for call_id, is_over in journal_rows(folder, url, select(_its.call_id, ended).group_by(_its.call_id)):
        (over if is_over else begun).add(CallId(call_id))
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
