"""Who has a call, exactly: how often it was taken, and who else is asked to go on with it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("calls", sa.Column("streams", sa.Integer, nullable=False, server_default="0"))
    op.create_table(
        "claims",
        sa.Column("call_id", sa.Text, sa.ForeignKey("calls.id"), primary_key=True),
        sa.Column("made_at", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("claims")
    op.drop_column("calls", "streams")
