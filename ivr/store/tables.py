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
    false,
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
    Column("order_id", Text),  # of a call that we made
    Column("medium", Text, nullable=False, server_default="phone"),
)
Index("calls_by_start", calls.c.started_at.desc())
Index("calls_open", calls.c.ended_at, calls.c.holder)
Index("calls_ended", calls.c.ended_at)

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
    Column("written", Boolean, nullable=False, server_default=false()),
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

_OF_SPLITS: Final = notes.c.kind == "split"
Index("notes_of_splits", notes.c.what, sqlite_where=_OF_SPLITS, postgresql_where=_OF_SPLITS)

sends = Table(
    "sends",
    metadata,
    Column("id", Text, primary_key=True),  # of the effect that asked for it
    Column("call_id", Text, ForeignKey("calls.id"), nullable=False),
    Column("project", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("shown", Text, nullable=False),  # masked
    Column("payload", LargeBinary, nullable=False),  # sealed with the call's key
    Column("repeatable", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),  # of a callback: by when
    Column("ended_at", Utc),
    Column("holder", Text),  # the lease of the process that sends it
    Column("why", Text, nullable=False),
)
Index("sends_due", sends.c.state, sends.c.due_at)
Index("sends_of_call", sends.c.call_id)

attendants = Table(
    "attendants",
    metadata,
    Column("id", Text, primary_key=True),  # of the effect that asked
    Column("leg", Text, nullable=False, unique=True),
    Column("call_id", Text, ForeignKey("calls.id"), nullable=False),
    Column("call_sid", Text, nullable=False),  # the caller's
    Column("target", Text, nullable=False),
    Column("queue", Text),
    Column("priority", Integer, nullable=False),
    Column("texts", LargeBinary),  # address, whisper: sealed with the call's key
    Column("words", JSON, nullable=False),
    Column("key", Text),
    Column("within_ms", Integer, nullable=False),
    Column("stage", Text, nullable=False),
    Column("result", Text),
    Column("leg_sid", Text),
    Column("tries", Integer, nullable=False),
    Column("since", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False),  # by the process that has the caller
    Column("due_at", Utc, nullable=False),
)
Index("attendants_due", attendants.c.stage, attendants.c.due_at)
Index("attendants_in_line", attendants.c.queue, attendants.c.stage, attendants.c.priority, attendants.c.since)

orders = Table(
    "orders",
    metadata,
    Column("id", Text, primary_key=True),
    Column("project", Text, nullable=False),
    Column("name", Text, nullable=False),  # under outbound:
    Column("shown", Text, nullable=False),  # whom to call, masked
    Column("key", LargeBinary),  # None: erased
    Column("sealed", LargeBinary),  # whom to call, and the data
    Column("asked_by", Text, unique=True),  # of the Idempotency-Key
    Column("stage", Text, nullable=False),
    Column("result", Text),
    Column("outcome", Text),
    Column("why", Text, nullable=False),
    Column("most_tries", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("leg", Text, unique=True),  # of the last try
    Column("call_sid", Text),
    Column("call_id", Text),
)
"""Calls that we were asked to make."""
Index("orders_due", orders.c.stage, orders.c.due_at)
Index("orders_made", orders.c.project, orders.c.made_at)
Index("orders_of_call", orders.c.call_id)

tries = Table(
    "tries",
    metadata,
    Column("leg", Text, primary_key=True),
    Column("order_id", Text, ForeignKey("orders.id"), nullable=False),
    Column("placed_at", Utc, nullable=False),
    Column("call_sid", Text),
    Column("ended_as", Text),
)
Index("tries_of_order", tries.c.order_id)
Index("tries_placed", tries.c.placed_at)

messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),  # of the effect that asked
    Column("call_id", Text, ForeignKey("calls.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("path", Text, nullable=False),
    Column("ended_by", Text),
    Column("from_ms", Integer, nullable=False),
    Column("to_ms", Integer),
    Column("transcript", LargeBinary),  # sealed
)
Index("messages_of_call", messages.c.call_id)

chats = Table(
    "chats",
    metadata,
    Column("conversation", Text, primary_key=True),  # a digest: it may be a telephone number
    Column("call_id", Text),
    Column("last_at", Utc, nullable=False),
)
"""Conversations in writing, and the call that is the latest of each."""
Index("chats_idle", chats.c.last_at)
Index("chats_of_call", chats.c.call_id)

chat_requests = Table(
    "chat_requests",
    metadata,
    Column("key", Text, primary_key=True),  # a digest
    Column("asked", Text, nullable=False),  # a digest
    Column("made_at", Utc, nullable=False),
    Column("call_id", Text),
    Column("answer", LargeBinary),  # sealed with the call's key
)
Index("chat_requests_made", chat_requests.c.made_at)

accounts = Table(
    "accounts",
    metadata,
    Column("call_id", Text, ForeignKey("calls.id"), primary_key=True),
    Column("made_at", Utc),  # None: it is being made
    Column("holder", Text),  # the lease of the process that makes it
    Column("tries", Integer, nullable=False),
    Column("language", Text, nullable=False),
    Column("disposition", Text, nullable=False),
    Column("summary", Text, nullable=False),  # masked
    Column("made_by", Text, nullable=False),
    Column("fields", JSON, nullable=False),  # masked
    Column("words", LargeBinary),  # with their times: sealed with the call's key
)
"""What is left of calls that are over."""

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
