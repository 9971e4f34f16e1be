"""An entry says which stream of its call wrote it, so that two holders can be told apart."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "journal_new",
        sa.Column("call_id", sa.Text, primary_key=True),
        sa.Column("stream", sa.Integer, primary_key=True, autoincrement=False, server_default="0"),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at_ms", sa.Integer, nullable=False),
        sa.Column("wall_us", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("crc", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    _refill()


def downgrade() -> None:
    op.create_table(
        "journal_new",
        sa.Column("call_id", sa.Text, primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at_ms", sa.Integer, nullable=False),
        sa.Column("wall_us", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("crc", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    _refill()


def _refill() -> None:
    op.execute(
        "INSERT INTO journal_new (call_id, seq, at_ms, wall_us, kind, body, crc) "
        "SELECT call_id, seq, at_ms, wall_us, kind, body, crc FROM journal"
    )
    op.drop_table("journal")
    op.rename_table("journal_new", "journal")
