"""Which calls a split has parted is asked at the beginning of each call: found without looking through all notes."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    only = sa.text("kind = 'split'")
    op.create_index("notes_of_splits", "notes", ["what"], sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    op.drop_index("notes_of_splits", "notes")
