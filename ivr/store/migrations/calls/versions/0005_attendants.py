"""People that are brought to callers who hold, and messages that callers left."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "attendants",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("leg", sa.Text, nullable=False, unique=True),
        sa.Column("call_id", sa.Text, sa.ForeignKey("calls.id"), nullable=False),
        sa.Column("call_sid", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("queue", sa.Text),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("texts", sa.LargeBinary),
        sa.Column("words", sa.JSON, nullable=False),
        sa.Column("key", sa.Text),
        sa.Column("within_ms", sa.Integer, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("result", sa.Text),
        sa.Column("leg_sid", sa.Text),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
    )
    op.create_index("attendants_due", "attendants", ["stage", "due_at"])
    op.create_index("attendants_in_line", "attendants", ["queue", "stage", "priority", "since"])
    op.create_table(
        "messages",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("call_id", sa.Text, sa.ForeignKey("calls.id"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("ended_by", sa.Text),
        sa.Column("from_ms", sa.Integer, nullable=False),
        sa.Column("to_ms", sa.Integer),
        sa.Column("transcript", sa.LargeBinary),
    )
    op.create_index("messages_of_call", "messages", ["call_id"])


def downgrade() -> None:
    op.drop_table("messages")
    op.drop_table("attendants")
