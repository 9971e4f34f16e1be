"""Calls that we make: what was ordered, and each time it was tried."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("shown", sa.Text, nullable=False),
        sa.Column("key", sa.LargeBinary),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("asked_by", sa.Text, unique=True),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("result", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("most_tries", sa.Integer, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("leg", sa.Text, unique=True),
        sa.Column("call_sid", sa.Text),
        sa.Column("call_id", sa.Text),
    )
    op.create_index("orders_due", "orders", ["stage", "due_at"])
    op.create_index("orders_made", "orders", ["project", "made_at"])
    op.create_index("orders_of_call", "orders", ["call_id"])
    op.create_table(
        "tries",
        sa.Column("leg", sa.Text, primary_key=True),
        sa.Column("order_id", sa.Text, sa.ForeignKey("orders.id"), nullable=False),
        sa.Column("placed_at", sa.BigInteger, nullable=False),
        sa.Column("call_sid", sa.Text),
        sa.Column("ended_as", sa.Text),
    )
    op.create_index("tries_of_order", "tries", ["order_id"])
    op.create_index("tries_placed", "tries", ["placed_at"])
    with op.batch_alter_table("calls") as calls:
        calls.add_column(sa.Column("order_id", sa.Text))


def downgrade() -> None:
    with op.batch_alter_table("calls") as calls:
        calls.drop_column("order_id")
    op.drop_table("tries")
    op.drop_table("orders")
