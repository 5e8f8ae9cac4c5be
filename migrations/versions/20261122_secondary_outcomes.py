"""Secondary outcomes of the proof: net revenue kept in its parts, who cancelled, a whole year, the log-rank test."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

AMOUNTS = ("received_minor", "in_kind_minor", "discount_minor")
RATES = ("cancelled_treated", "cancelled_held_out")


def upgrade() -> None:
    with op.batch_alter_table("proofs") as table:
        for name in AMOUNTS:
            table.add_column(sa.Column(name, app.core.db.BigInt, nullable=True))
        for name in RATES:
            table.add_column(sa.Column(name, sa.Double(), nullable=True))
        table.add_column(sa.Column("year", sa.JSON(), nullable=True))
    with op.batch_alter_table("survivals") as table:
        table.add_column(sa.Column("compared", sa.Integer(), nullable=True))
        table.add_column(sa.Column("logrank_p", sa.Double(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("survivals") as table:
        table.drop_column("logrank_p")
        table.drop_column("compared")
    with op.batch_alter_table("proofs") as table:
        for name in ("year", *RATES, *AMOUNTS):
            table.drop_column(name)
