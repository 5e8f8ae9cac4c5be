"""Whom we have forgotten, how far old content has been swept, and a person's rows by index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INSTANT = app.core.db.UtcDateTime(timezone=True)
BY_CUSTOMER = ("mails", "actions", "tasks", "assignments")


def upgrade() -> None:
    op.create_table(
        "erased_ids",
        sa.Column("id_hash", sa.String(), nullable=False),
        sa.Column("erased_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id_hash", name="pk_erased_ids"),
    )
    op.create_table(
        "retention_marks",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("until_id", app.core.db.BigInt, nullable=False),
        sa.Column("until_at", INSTANT, nullable=True),
        sa.Column("behind", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_retention_marks"),
    )
    for table in BY_CUSTOMER:
        op.create_index(f"ix_{table}_customer_id", table, ["customer_id"])


def downgrade() -> None:
    for table in BY_CUSTOMER:
        op.drop_index(f"ix_{table}_customer_id", table)
    op.drop_table("retention_marks")
    op.drop_table("erased_ids")
