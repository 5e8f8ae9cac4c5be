"""Cards about to expire: outcomes of their cases, cards by their month, the register of plain notices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OUTCOMES = ("recovered", "lost", "cancelled", "voided", "disputed", "written_off")
OF_CARDS = ("card_updated", "expired", "not_needed")
REASONS = (
    "switched_off", "customer_gone", "no_subscription", "not_charged", "not_renewing", "paused", "by_invoice", "free",
    "not_a_card", "wallet", "unread", "still_valid", "backup", "told_later", "too_late", "updated_by_updater",
    "updated_by_customer", "updated", "stopped", "told", "skipped",
)  # fmt: skip
SESSIONS = ("open", "charging", "paid", "declined", "failed")
INSTANT = app.core.db.UtcDateTime(timezone=True)


def upgrade() -> None:
    _check("cases", "outcome", (*OUTCOMES, *OF_CARDS, "stopped"))
    _check("card_sessions", "state", (*SESSIONS, "saved"))
    op.create_index("ix_payment_methods_expiry", "payment_methods", ["exp_year", "exp_month", "id"])
    op.add_column("installation", sa.Column("cards_scanned_at", INSTANT, nullable=True))
    op.create_table(
        "expiry_notices",
        sa.Column("payment_method_id", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("plain_at", INSTANT, nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.CheckConstraint("result in ('pending', 'sent', 'left_out')", name="ck_expiry_notices_result"),
        sa.CheckConstraint(f"reason in ({_listed(REASONS)})", name="ck_expiry_notices_reason"),
        sa.PrimaryKeyConstraint("payment_method_id", "month", "days", name="pk_expiry_notices"),
    )
    op.create_index("ix_expiry_notices_plain_at", "expiry_notices", ["plain_at"])
    pending = sa.text("result = 'pending'")
    op.create_index(
        "ix_expiry_notices_pending",
        "expiry_notices",
        ["plain_at"],
        postgresql_where=pending,
        sqlite_where=pending,
    )


def downgrade() -> None:
    op.drop_table("expiry_notices")
    with op.batch_alter_table("installation") as table:
        table.drop_column("cards_scanned_at")
    op.drop_index("ix_payment_methods_expiry", "payment_methods")
    op.execute(f"update cases set outcome = 'stopped' where outcome in ({_listed(OF_CARDS)})")  # noqa: S608
    _check("cases", "outcome", (*OUTCOMES, "stopped"))
    op.execute("update card_sessions set state = 'paid' where state = 'saved'")
    _check("card_sessions", "state", SESSIONS)


def _check(table_name: str, column: str, words: tuple[str, ...]) -> None:
    name = op.f(f"ck_{table_name}_{column}")
    with op.batch_alter_table(table_name) as table:
        table.drop_constraint(name, type_="check")
        table.create_check_constraint(name, f"{column} in ({_listed(words)})")


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)
