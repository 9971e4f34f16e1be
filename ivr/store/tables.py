"""The tables of what is kept about calls. The journal has its own database and its own table."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Utc(TypeDecorator[datetime]):
    """An aware moment, kept as microseconds since 1970 so that every database orders it alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + timedelta(microseconds=value)


metadata = MetaData()

calls = Table(
    "calls",
    metadata,
    Column("id", Text, primary_key=True),
    Column("call_sid", Text, nullable=False, unique=True),
    Column("account_sid", Text, nullable=False),
    Column("caller", Text, nullable=False),  # masked
    Column("dialled", Text, nullable=False),  # masked
    Column("numbers", LargeBinary),  # both, sealed with the call's key
    Column("flow", Text),
    Column("bundle", Text),
    Column("started_at", Utc, nullable=False),
    Column("answered_at", Utc),
    Column("ended_at", Utc),
    Column("status", Text, nullable=False),
    Column("outcome", Text),
    Column("end_reason", Text),
    Column("intent", JSON(none_as_null=True)),
    Column("answer", Text),
    Column("resumes", Integer, nullable=False, default=0),
    Column("quality", JSON(none_as_null=True)),
    Column("recording", Text),
    Column("holder", Text),  # the lease of the process that has it
    Column("streams", Integer, nullable=False, default=0),  # how often a process took it
)
Index("calls_by_start", calls.c.started_at.desc())
Index("calls_open", calls.c.ended_at, calls.c.holder)

call_keys = Table(
    "call_keys",
    metadata,
    Column("call_id", Text, ForeignKey("calls.id"), primary_key=True),
    Column("key", LargeBinary, nullable=False),
)

stream_tokens = Table(
    "stream_tokens",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("call_id", Text, nullable=False),
    Column("call_sid", Text, nullable=False),
    Column("account_sid", Text, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("redeemed_at", Utc),
)

call_statuses = Table(
    "call_statuses",
    metadata,
    Column("call_sid", Text, primary_key=True),
    Column("sequence_number", Integer, primary_key=True, autoincrement=False),
    Column("status", Text, nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("duration_s", Integer),
)

turns = Table(
    "turns",
    metadata,
    Column("call_id", Text, ForeignKey("calls.id"), primary_key=True),
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("who", Text, nullable=False),
    Column("at_ms", Integer, nullable=False),
    Column("end_ms", Integer),
    Column("generated", Text, nullable=False),
    Column("sent", Text, nullable=False),
    Column("acknowledged", Text, nullable=False, default=""),
    Column("acknowledged_ms", Integer),
    Column("heard", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("unmasked", LargeBinary),  # the same texts as said, sealed with the call's key
    Column("interrupted", Boolean, nullable=False),
    Column("node", Text, nullable=False),
    Column("score", Float),
    Column("latencies", JSON, nullable=False),
    Column("privacy", Text, nullable=False),
)

tool_calls = Table(
    "tool_calls",
    metadata,
    Column("call_id", Text, ForeignKey("calls.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("tool", Text, nullable=False),
    Column("at_ms", Integer, nullable=False),
    Column("ms", Integer),
    Column("result", Text),
    Column("changes_world", Boolean, nullable=False),
    Column("state", Text, nullable=False),
)

marks = Table(
    "marks",
    metadata,
    Column("call_id", Text, ForeignKey("calls.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("turn", Integer, nullable=False),
    Column("sent_ms", Integer, nullable=False),
    Column("ended_ms", Integer),
    Column("end", Text),
)

notes = Table(
    "notes",
    metadata,
    Column("call_id", Text, ForeignKey("calls.id"), primary_key=True),
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("at_ms", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("place", Text, nullable=False),
)

claims = Table(
    "claims",
    metadata,
    Column("call_id", Text, ForeignKey("calls.id"), primary_key=True),
    Column("made_at", Utc, nullable=False),
)
"""Calls that another process than their holder is asked to go on with."""

leases = Table(
    "leases",
    metadata,
    Column("id", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process_started", Text, nullable=False),
    Column("heartbeat_at", Utc, nullable=False),
)
