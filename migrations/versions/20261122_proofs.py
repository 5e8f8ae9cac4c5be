"""Proofs: one look at one experiment in one currency, and when the last one was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

INSTANT = app.core.db.UtcDateTime(timezone=True)
BIG = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "proofs",
        sa.Column("id", BIG.with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("experiment", sa.String(), nullable=False),
        sa.Column("control", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("look_at", INSTANT, nullable=False),
        sa.Column("looked_at", INSTANT, nullable=False),
        sa.Column("closed_through", sa.String(), nullable=True),
        sa.Column("cohorts", sa.JSON(), nullable=False),
        sa.Column("treated", sa.Integer(), nullable=False),
        sa.Column("held_out", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        *(
            sa.Column(f"{name}_minor", BIG.with_variant(sa.Integer(), "sqlite"), nullable=True)
            for name in ("at_risk", "collected", "incremental", "lower", "upper")
        ),
        *(
            sa.Column(name, sa.Double(), nullable=True)
            for name in ("tau", "half", "sd", "per_month", "effect")
        ),
        sa.Column("months", sa.Integer(), nullable=True),
        sa.Column("ratio_p", sa.Double(), nullable=False),
        sa.Column("self_check_covered", sa.Integer(), nullable=True),
        sa.Column("self_check_passed_at", INSTANT, nullable=True),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("recovered", sa.Integer(), nullable=False),
        sa.Column("guardrails", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "verdict in ('not_enough', 'blocked', 'not_yet', 'proven', 'proven_harm')",
            name=op.f("ck_proofs_verdict"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proofs")),
    )
    op.create_index("ix_proofs_what", "proofs", ["experiment", "control", "currency", "id"])
    with op.batch_alter_table("installation") as table:
        table.add_column(sa.Column("proofs_looked_at", INSTANT, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("installation") as table:
        table.drop_column("proofs_looked_at")
    op.drop_index("ix_proofs_what", "proofs")
    op.drop_table("proofs")
