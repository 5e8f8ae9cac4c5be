"""Roll-ups: the sums of each day and month, the marks of what has changed since."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

NOT_CLOSED = sa.text("state <> 'closed'")
INSTANT = app.core.db.UtcDateTime(timezone=True)
DIMENSIONS = {
    "recovery_days": "currency population category campaign step plan",
    "mail_days": "campaign name",
    "notice_days": "result reason",
    "cancellation_days": "currency reason plan preset arm avoidable",
    "offer_days": "currency offer kind reason plan preset arm",
}
SUMS = {
    "recovery_days": "at_risk_count at_risk_minor recovered_count recovered_minor silent_count silent_minor "
    "silent_at_risk_minor open_count open_minor lost_count lost_minor late_count late_minor ended_count ended_minor "
    "returned_count returned_minor",
    "mail_days": "sent failed unknown bounced hard complained unsubscribed",
    "notice_days": "notices",
    "cancellation_days": "cases visits repeat shown accepted saved cancelled elsewhere undone abandoned manual "
    "stopped open kept_30 left_30 kept_60 left_60 kept_90 left_90",
    "offer_days": "shown accepted applied failed declined expired kept_30 left_30 kept_60 left_60 kept_90 left_90 "
    "cost_minor discount_minor received_minor in_kind_minor",
}


def upgrade() -> None:
    for name in DIMENSIONS:
        dims, sums = DIMENSIONS[name].split(), SUMS[name].split()
        op.create_table(
            name,
            sa.Column("span", sa.String(), nullable=False),
            sa.Column("day", sa.Date(), nullable=False),
            *(sa.Column(dim, sa.String(), nullable=False) for dim in dims),
            *(sa.Column(figure, app.core.db.BigInt, nullable=False) for figure in sums),
            sa.PrimaryKeyConstraint("span", "day", *dims, name=f"pk_{name}"),
            sqlite_with_rowid=False,
        )
    op.create_table(
        "figure_marks",
        sa.Column("id", app.core.db.BigInt, autoincrement=True, nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_figure_marks"),
    )
    op.create_table(
        "rollups",
        sa.Column("report", sa.String(), nullable=False),
        sa.Column("turn", app.core.db.BigInt, nullable=False),
        sa.Column("built_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("report", name="pk_rollups"),
    )
    op.create_table(
        "plan_names",
        sa.Column("plan", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("plan", name="pk_plan_names"),
    )
    op.add_column("installation", sa.Column("figures_kept_at", INSTANT, nullable=True))
    op.create_index("ix_cases_opened_at", "cases", ["opened_at", "id"])
    op.create_index(
        "ix_cases_not_closed",
        "cases",
        ["opened_at", "id"],
        postgresql_where=NOT_CLOSED,
        sqlite_where=NOT_CLOSED,
    )


def downgrade() -> None:
    op.drop_index("ix_cases_not_closed", "cases")
    op.drop_index("ix_cases_opened_at", "cases")
    op.drop_column("installation", "figures_kept_at")
    for name in ("plan_names", "rollups", "figure_marks", *DIMENSIONS):
        op.drop_table(name)
