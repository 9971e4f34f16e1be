"""Calls, their keys, turns, tools, marks, stream tokens, the carrier's reports and the leases of processes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TABLES = ("calls", "call_keys", "stream_tokens", "call_statuses", "turns", "tool_calls", "marks", "notes", "leases")


def upgrade() -> None:
    op.create_table(
        "calls",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("call_sid", sa.Text, nullable=False, unique=True),
        sa.Column("account_sid", sa.Text, nullable=False),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("dialled", sa.Text, nullable=False),
        sa.Column("numbers", sa.LargeBinary),
        sa.Column("flow", sa.Text),
        sa.Column("bundle", sa.Text),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("answered_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("end_reason", sa.Text),
        sa.Column("intent", sa.JSON),
        sa.Column("answer", sa.Text),
        sa.Column("resumes", sa.Integer, nullable=False, default=0),
        sa.Column("quality", sa.JSON),
        sa.Column("recording", sa.Text),
        sa.Column("holder", sa.Text),
    )
    op.create_table(
        "call_keys",
        sa.Column("call_id", sa.Text, sa.ForeignKey("calls.id"), primary_key=True),
        sa.Column("key", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "stream_tokens",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column("call_id", sa.Text, nullable=False),
        sa.Column("call_sid", sa.Text, nullable=False),
        sa.Column("account_sid", sa.Text, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("redeemed_at", sa.BigInteger),
    )
    op.create_table(
        "call_statuses",
        sa.Column("call_sid", sa.Text, primary_key=True),
        sa.Column("sequence_number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("duration_s", sa.Integer),
    )
    op.create_table(
        "turns",
        sa.Column("call_id", sa.Text, sa.ForeignKey("calls.id"), primary_key=True),
        sa.Column("no", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at_ms", sa.Integer, nullable=False),
        sa.Column("end_ms", sa.Integer),
        sa.Column("generated", sa.Text, nullable=False),
        sa.Column("sent", sa.Text, nullable=False),
        sa.Column("heard", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("unmasked", sa.LargeBinary),
        sa.Column("interrupted", sa.Boolean, nullable=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("score", sa.Float),
        sa.Column("latencies", sa.JSON, nullable=False),
        sa.Column("privacy", sa.Text, nullable=False),
    )
    op.create_table(
        "tool_calls",
        sa.Column("call_id", sa.Text, sa.ForeignKey("calls.id"), primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("tool", sa.Text, nullable=False),
        sa.Column("at_ms", sa.Integer, nullable=False),
        sa.Column("ms", sa.Integer),
        sa.Column("result", sa.Text),
        sa.Column("changes_world", sa.Boolean, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
    )
    op.create_table(
        "marks",
        sa.Column("call_id", sa.Text, sa.ForeignKey("calls.id"), primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("sent_ms", sa.Integer, nullable=False),
        sa.Column("ended_ms", sa.Integer),
        sa.Column("end", sa.Text),
    )
    op.create_table(
        "notes",
        sa.Column("call_id", sa.Text, sa.ForeignKey("calls.id"), primary_key=True),
        sa.Column("no", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at_ms", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
    )
    op.create_table(
        "leases",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("process_started", sa.Text, nullable=False),
        sa.Column("heartbeat_at", sa.BigInteger, nullable=False),
    )
    op.create_index("calls_by_start", "calls", [sa.text("started_at DESC")])
    op.create_index("calls_open", "calls", ["ended_at", "holder"])


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
