"""Offers, their budgets and grants; visits to the cancel page; a case is about one subject of a customer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

OUTCOMES = (
    "recovered", "lost", "cancelled", "voided", "disputed", "written_off", "card_updated", "expired", "not_needed",
)  # fmt: skip
OF_CANCELLATIONS = ("saved", "undone", "abandoned", "manual")


def upgrade() -> None:
    op.create_table(
        "entitlements",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("grant_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("subscription_id", sa.String(), nullable=False),
        sa.Column("price_id", sa.String(), nullable=False),
        sa.Column("plan_name", sa.String(), nullable=False),
        sa.Column("from_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entitlements")),
        sa.UniqueConstraint("grant_id", name=op.f("uq_entitlements_grant_id")),
    )
    with op.batch_alter_table("entitlements", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_entitlements_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_entitlements_subscription_id"), ["subscription_id"], unique=False
        )

    op.create_table(
        "grants",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("subscription_id", sa.String(), nullable=False),
        sa.Column("address_hash", sa.String(), nullable=True),
        sa.Column("offer", sa.String(), nullable=False),
        sa.Column("offer_version", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("arm", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("preset", sa.String(), nullable=True),
        sa.Column("given_by", sa.String(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("cost_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("booked_month", sa.String(), nullable=True),
        sa.Column("shown_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("applied_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("settled_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.String(), nullable=True),
        sa.Column("ends_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("full_charge_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("announced_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("full_paid_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("left_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("outcome_30", sa.String(), nullable=True),
        sa.Column("outcome_60", sa.String(), nullable=True),
        sa.Column("outcome_90", sa.String(), nullable=True),
        sa.Column("paid_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("look_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind in ('free_months', 'percent_off', 'amount_off', 'pause', 'upgrade', 'switch_plan', 'extend_trial', 'talk', 'redirect')",
            name=op.f("ck_grants_kind"),
        ),
        sa.CheckConstraint(
            "state in ('shown', 'accepted', 'applied', 'failed', 'declined', 'expired', 'kept', 'left')",
            name=op.f("ck_grants_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
    )
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grants_address_hash"), ["address_hash"], unique=False)
        batch_op.create_index(batch_op.f("ix_grants_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_grants_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(
            "ix_grants_look_at",
            ["look_at", "id"],
            unique=False,
            postgresql_where=sa.text("look_at is not null"),
            sqlite_where=sa.text("look_at is not null"),
        )
        batch_op.create_index("ix_grants_shown_at", ["shown_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_grants_subscription_id"), ["subscription_id"], unique=False)
        batch_op.create_index(
            "uq_grants_accepted",
            ["subscription_id"],
            unique=True,
            postgresql_where=sa.text("state = 'accepted'"),
            sqlite_where=sa.text("state = 'accepted'"),
        )

    op.create_table(
        "offer_budgets",
        sa.Column("offer", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("booked_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("grants", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("offer", "month", "currency", name=op.f("pk_offer_budgets")),
    )
    op.create_table(
        "lost_coupons",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lost_coupons")),
    )
    op.create_table(
        "cancel_visits",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("subscription_id", sa.String(), nullable=False),
        sa.Column("entry", sa.String(), nullable=False),
        sa.Column("preset", sa.String(), nullable=False),
        sa.Column("preset_version", sa.Integer(), nullable=False),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("place_source", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("screen", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("missing", sa.String(), nullable=True),
        sa.Column("comment", sa.String(), nullable=True),
        sa.Column("permitted", sa.Boolean(), nullable=True),
        sa.Column("grant_id", sa.String(), nullable=True),
        sa.Column("offers_shown", sa.Integer(), nullable=False),
        sa.Column("refused", sa.JSON(), nullable=False),
        sa.Column("started_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("declared_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "screen in ('start', 'permission', 'offer', 'confirm', 'bare', 'cancelling', 'cancelled', 'applying', 'applied', 'failed', 'manual', 'talk', 'undoing', 'undone', 'kept', 'ended')",
            name=op.f("ck_cancel_visits_screen"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_cancel_visits_case_id_cases"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cancel_visits")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_cancel_visits_case_id")),
    )
    with op.batch_alter_table("cancel_visits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cancel_visits_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cancel_visits_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index("ix_cancel_visits_started_at", ["started_at"], unique=False)

    op.create_table(
        "cancel_screens",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("visit_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("screen", sa.String(), nullable=False),
        sa.Column("shown_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.CheckConstraint(
            "screen in ('start', 'permission', 'offer', 'confirm', 'bare', 'cancelling', 'cancelled', 'applying', 'applied', 'failed', 'manual', 'talk', 'undoing', 'undone', 'kept', 'ended')",
            name=op.f("ck_cancel_screens_screen"),
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"],
            ["cancel_visits.id"],
            name=op.f("fk_cancel_screens_visit_id_cancel_visits"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cancel_screens")),
        sa.UniqueConstraint("visit_id", "number", name=op.f("uq_cancel_screens_visit_id")),
    )
    with op.batch_alter_table("cancel_screens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cancel_screens_customer_id"), ["customer_id"], unique=False)

    op.add_column("actions", sa.Column("own_wish", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("cases", sa.Column("subject_id", sa.String(), nullable=False, server_default=""))
    _outcomes((*OUTCOMES, *OF_CANCELLATIONS, "stopped"))
    _one_open("customer_id", "kind", "subject_id")


def downgrade() -> None:
    op.execute("delete from timeline where case_id in (select id from cases where kind = 'cancellation')")
    op.execute("delete from steps where case_id in (select id from cases where kind = 'cancellation')")
    op.execute("delete from cancel_screens")
    op.execute("delete from cancel_visits")
    op.execute("delete from cases where kind = 'cancellation'")
    _one_open("customer_id", "kind")
    _outcomes((*OUTCOMES, "stopped"))
    op.drop_column("cases", "subject_id")
    op.drop_column("actions", "own_wish")
    with op.batch_alter_table("cancel_screens", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cancel_screens_customer_id"))

    op.drop_table("cancel_screens")
    with op.batch_alter_table("cancel_visits", schema=None) as batch_op:
        batch_op.drop_index("ix_cancel_visits_started_at")
        batch_op.drop_index(batch_op.f("ix_cancel_visits_customer_id"))
        batch_op.drop_index(batch_op.f("ix_cancel_visits_case_id"))

    op.drop_table("cancel_visits")
    op.drop_table("lost_coupons")
    op.drop_table("offer_budgets")
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_grants_accepted",
            postgresql_where=sa.text("state = 'accepted'"),
            sqlite_where=sa.text("state = 'accepted'"),
        )
        batch_op.drop_index(batch_op.f("ix_grants_subscription_id"))
        batch_op.drop_index("ix_grants_shown_at")
        batch_op.drop_index(
            "ix_grants_look_at",
            postgresql_where=sa.text("look_at is not null"),
            sqlite_where=sa.text("look_at is not null"),
        )
        batch_op.drop_index(batch_op.f("ix_grants_customer_id"))
        batch_op.drop_index(batch_op.f("ix_grants_case_id"))
        batch_op.drop_index(batch_op.f("ix_grants_address_hash"))

    op.drop_table("grants")
    with op.batch_alter_table("entitlements", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_entitlements_subscription_id"))
        batch_op.drop_index(batch_op.f("ix_entitlements_customer_id"))

    op.drop_table("entitlements")


def _outcomes(allowed: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{value}'" for value in allowed)
    with op.batch_alter_table("cases") as table:
        table.drop_constraint(op.f("ck_cases_outcome"), type_="check")
        table.create_check_constraint(op.f("ck_cases_outcome"), f"outcome in ({listed})")


def _one_open(*columns: str) -> None:
    open_only = sa.text("state <> 'closed'")
    op.drop_index("uq_cases_open", "cases")
    op.create_index(
        "uq_cases_open",
        "cases",
        list(columns),
        unique=True,
        postgresql_where=open_only,
        sqlite_where=open_only,
    )
