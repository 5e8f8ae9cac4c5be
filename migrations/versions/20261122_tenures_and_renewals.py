"""Tenures, the roll-ups of retention, renewals and win-back, how terms are found in a day, survival curves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

INSTANT = app.core.db.UtcDateTime(timezone=True)
TENURES, TERMS = "joined_month plan term currency", "term plan reason currency"
PLACES = "renewed pending waived cancelled unpaid"
WINBACK = (
    "lapses enrolled held_out mailed clicked by_offer by_page stayed natural held_out_returned "
    "uninvited_returned received_minor kept_30 left_30 kept_60 left_60 kept_90 left_90 kept_365 left_365"
)
ROLLUPS = {
    "joined_days": (TENURES, "joined"),
    "left_days": (TENURES, "voluntary involuntary structural avoidable"),
    "cycle_days": (TERMS, PLACES),
    "last_term_days": (TERMS, PLACES),
    "winback_days": ("kind reason step offer plan currency", WINBACK),
}
IS_CYCLE = sa.text("billing_reason = 'subscription_cycle'")
HAS_ENDED = sa.text("status = 'canceled'")


def upgrade() -> None:
    op.create_table(
        "tenures",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("involuntary", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("structural", sa.Boolean(), nullable=True),
        sa.Column("price_id", sa.String(), nullable=True),
        sa.Column("term", sa.String(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("customer_id", "number", name="pk_tenures"),
    )
    op.create_index("ix_tenures_began_at", "tenures", ["began_at"])
    op.create_index("ix_tenures_ended_at", "tenures", ["ended_at"])
    for name, (dims, sums) in ROLLUPS.items():
        op.create_table(
            name,
            sa.Column("span", sa.String(), nullable=False),
            sa.Column("day", sa.Date(), nullable=False),
            *(sa.Column(dim, sa.String(), nullable=False) for dim in dims.split()),
            *(sa.Column(figure, app.core.db.BigInt, nullable=False) for figure in sums.split()),
            sa.PrimaryKeyConstraint("span", "day", *dims.split(), name=f"pk_{name}"),
            sqlite_with_rowid=False,
        )
    op.create_table(
        "survivals",
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("held_out", sa.Boolean(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("ended", sa.Integer(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("at_risk", sa.JSON(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("after", "held_out", name="pk_survivals"),
    )
    op.create_index(
        "ix_invoices_cycles", "invoices", ["created_at"], postgresql_where=IS_CYCLE, sqlite_where=IS_CYCLE
    )
    op.create_index(
        "ix_subscriptions_last_terms",
        "subscriptions",
        ["period_end_at"],
        postgresql_where=HAS_ENDED,
        sqlite_where=HAS_ENDED,
    )


def downgrade() -> None:
    op.drop_index("ix_subscriptions_last_terms", "subscriptions")
    op.drop_index("ix_invoices_cycles", "invoices")
    for name in (*ROLLUPS, "tenures", "survivals"):
        op.drop_table(name)
