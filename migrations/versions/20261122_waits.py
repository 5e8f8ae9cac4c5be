"""Roll-up of the time from a failure to its payment."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

NAME, DIMENSIONS, SUMS = "recovery_wait_days", ("currency", "population", "waited"), ("count", "kept_minor")


def upgrade() -> None:
    op.create_table(
        NAME,
        sa.Column("span", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(dim, sa.String(), nullable=False) for dim in DIMENSIONS),
        *(sa.Column(figure, app.core.db.BigInt, nullable=False) for figure in SUMS),
        sa.PrimaryKeyConstraint("span", "day", *DIMENSIONS, name=f"pk_{NAME}"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table(NAME)
