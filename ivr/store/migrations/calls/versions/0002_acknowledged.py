"""What of a prompt the carrier has acknowledged, beside what was heard."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("turns", sa.Column("acknowledged", sa.Text, nullable=False, server_default=""))
    op.add_column("turns", sa.Column("acknowledged_ms", sa.Integer))


def downgrade() -> None:
    op.drop_column("turns", "acknowledged_ms")
    op.drop_column("turns", "acknowledged")
