"""Conversations in writing: calls without a telephone, found by whom they are with; and messages told apart by the key
of their request."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "chats",
        sa.Column("conversation", sa.Text, primary_key=True),
        sa.Column("call_id", sa.Text),
        sa.Column("last_at", sa.BigInteger, nullable=False),
    )
    op.create_index("chats_idle", "chats", ["last_at"])
    op.create_index("chats_of_call", "chats", ["call_id"])
    op.create_table(
        "chat_requests",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("call_id", sa.Text),
        sa.Column("answer", sa.LargeBinary),
    )
    op.create_index("chat_requests_made", "chat_requests", ["made_at"])
    with op.batch_alter_table("calls") as calls:
        calls.add_column(sa.Column("medium", sa.Text, nullable=False, server_default="phone"))
    with op.batch_alter_table("turns") as turns:
        turns.add_column(sa.Column("written", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("turns") as turns:
        turns.drop_column("written")
    with op.batch_alter_table("calls") as calls:
        calls.drop_column("medium")
    op.drop_table("chat_requests")
    op.drop_table("chats")
