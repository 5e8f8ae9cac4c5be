"""Lapses, the checkouts of the return page, letters and calls; how a win-back case ends."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

OUTCOMES = (
    "recovered", "lost", "cancelled", "voided", "disputed", "written_off", "card_updated", "expired", "not_needed",
    "saved", "undone", "abandoned", "manual",
)  # fmt: skip
OF_WINBACK = ("returned", "exhausted")
KINDS = ("mail", "give_up")
OF_PEOPLE = ("letter", "call")


def upgrade() -> None:
    op.create_table(
        "lapses",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("missing", sa.String(), nullable=True),
        sa.Column("permitted", sa.Boolean(), nullable=True),
        sa.Column("cancelled_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ends_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("running", sa.Boolean(), nullable=False),
        sa.Column("started_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("plan", sa.String(), nullable=True),
        sa.Column("price_id", sa.String(), nullable=True),
        sa.Column("product_id", sa.String(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("interval", sa.String(), nullable=True),
        sa.Column("interval_count", sa.Integer(), nullable=False),
        sa.Column("received_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("left_out", sa.String(), nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("look_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("looked_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("case_id", sa.String(), nullable=True),
        sa.Column("returned_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("returned_how", sa.String(), nullable=True),
        sa.Column("returned_subscription_id", sa.String(), nullable=True),
        sa.Column(
            "returned_price_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("grant_id", sa.String(), nullable=True),
        sa.Column("full_paid_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("left_again_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("outcome_30", sa.String(), nullable=True),
        sa.Column("outcome_60", sa.String(), nullable=True),
        sa.Column("outcome_90", sa.String(), nullable=True),
        sa.Column("outcome_365", sa.String(), nullable=True),
        sa.Column("paid_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "kind in ('involuntary', 'voluntary', 'switched', 'moved', 'closed')", name=op.f("ck_lapses_kind")
        ),
        sa.CheckConstraint(
            "left_out in ('switched_off', 'deleted', 'contact_ban', 'disputed', 'fraud', 'refunded', 'own_account', 'by_hand', 'complaint', 'active', 'never_paid', 'too_old', 'declined', 'had_one', 'twin', 'late_payment', 'no_address', 'suppressed', 'no_consent', 'not_ready', 'yields', 'today_full')",
            name=op.f("ck_lapses_left_out"),
        ),
        sa.CheckConstraint("outcome_30 in ('kept', 'left')", name=op.f("ck_lapses_outcome_30")),
        sa.CheckConstraint("outcome_365 in ('kept', 'left')", name=op.f("ck_lapses_outcome_365")),
        sa.CheckConstraint("outcome_60 in ('kept', 'left')", name=op.f("ck_lapses_outcome_60")),
        sa.CheckConstraint("outcome_90 in ('kept', 'left')", name=op.f("ck_lapses_outcome_90")),
        sa.CheckConstraint(
            "returned_how in ('offer', 'page', 'stayed', 'natural')", name=op.f("ck_lapses_returned_how")
        ),
        sa.CheckConstraint(
            "state in ('waiting', 'left_out', 'enrolled', 'undone')", name=op.f("ck_lapses_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lapses")),
    )
    with op.batch_alter_table("lapses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lapses_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lapses_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index("ix_lapses_ends_at", ["ends_at", "id"], unique=False)
        batch_op.create_index(
            "ix_lapses_look_at",
            ["look_at", "id"],
            unique=False,
            postgresql_where=sa.text("look_at is not null"),
            sqlite_where=sa.text("look_at is not null"),
        )
        batch_op.create_index(
            batch_op.f("ix_lapses_returned_subscription_id"), ["returned_subscription_id"], unique=False
        )

    op.create_table(
        "return_sessions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("grant_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("completed_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("subscription_id", sa.String(), nullable=True),
        sa.CheckConstraint(
            "state in ('open', 'completed', 'expired')", name=op.f("ck_return_sessions_state")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_return_sessions_case_id_cases"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_sessions")),
    )
    with op.batch_alter_table("return_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_return_sessions_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_return_sessions_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_return_sessions_subscription_id"), ["subscription_id"], unique=False
        )

    with op.batch_alter_table("installation", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("winback_scanned_at", app.core.db.UtcDateTime(timezone=True), nullable=True)
        )
    op.create_index("ix_customers_address", "customers", [sa.text("lower(email)")])
    _allow("cases", "outcome", (*OUTCOMES, *OF_WINBACK, "stopped"))
    _allow("steps", "kind", (*KINDS, *OF_PEOPLE))


def downgrade() -> None:
    op.execute("delete from timeline where case_id in (select id from cases where kind = 'winback')")
    op.execute("delete from steps where case_id in (select id from cases where kind = 'winback')")
    op.execute("delete from steps where kind in ('letter', 'call')")
    op.execute("delete from return_sessions")
    op.execute("delete from cases where kind = 'winback'")
    _allow("steps", "kind", KINDS)
    op.drop_index("ix_customers_address", "customers")
    _allow("cases", "outcome", (*OUTCOMES, "stopped"))
    with op.batch_alter_table("installation", schema=None) as batch_op:
        batch_op.drop_column("winback_scanned_at")

    with op.batch_alter_table("return_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_return_sessions_subscription_id"))
        batch_op.drop_index(batch_op.f("ix_return_sessions_customer_id"))
        batch_op.drop_index(batch_op.f("ix_return_sessions_case_id"))

    op.drop_table("return_sessions")
    with op.batch_alter_table("lapses", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lapses_returned_subscription_id"))
        batch_op.drop_index(
            "ix_lapses_look_at",
            postgresql_where=sa.text("look_at is not null"),
            sqlite_where=sa.text("look_at is not null"),
        )
        batch_op.drop_index("ix_lapses_ends_at")
        batch_op.drop_index(batch_op.f("ix_lapses_customer_id"))
        batch_op.drop_index(batch_op.f("ix_lapses_case_id"))

    op.drop_table("lapses")


def _allow(table: str, column: str, allowed: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{value}'" for value in allowed)
    name = op.f(f"ck_{table}_{column}")
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, f"{column} in ({listed})")
