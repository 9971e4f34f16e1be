"""What is left of a call that is over: a summary, what became of it, what the caller gave."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("call_id", sa.Text, sa.ForeignKey("calls.id"), primary_key=True),
        sa.Column("made_at", sa.BigInteger),
        sa.Column("holder", sa.Text),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("disposition", sa.Text, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("fields", sa.JSON, nullable=False),
        sa.Column("words", sa.LargeBinary),
    )
    op.create_index("calls_ended", "calls", ["ended_at"])


def downgrade() -> None:
    op.drop_index("calls_ended", "calls")
    op.drop_table("accounts")
