"""Holds that end by themselves, answers of customers, records that the law has us keep, cards by fingerprint."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = app.core.db.UtcDateTime(timezone=True)
ENDS_BY_ITSELF = sa.text("held_until is not null")


def upgrade() -> None:
    op.add_column("cases", sa.Column("held_until", INSTANT, nullable=True))
    op.create_index(
        "ix_cases_held_until",
        "cases",
        ["held_until"],
        postgresql_where=ENDS_BY_ITSELF,
        sqlite_where=ENDS_BY_ITSELF,
    )
    op.create_table(
        "mail_answers",
        sa.Column("id", app.core.db.BigInt, autoincrement=True, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("mail_id", sa.String(), nullable=True),
        sa.CheckConstraint(
            "result in ('held', 'noted', 'automatic', 'unknown', 'ambiguous')", name="ck_mail_answers_result"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_mail_answers"),
    )
    op.create_index("ix_mail_answers_customer_id", "mail_answers", ["customer_id"])
    op.create_table(
        "restricted_records",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("customer_hash", sa.String(), nullable=False),
        sa.Column("address_hash", sa.String(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_with", sa.String(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("restricted_at", INSTANT, nullable=False),
        sa.Column("keep_until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_restricted_records"),
    )
    op.create_index("ix_restricted_records_customer_hash", "restricted_records", ["customer_hash"])
    op.create_index("ix_restricted_records_address_hash", "restricted_records", ["address_hash"])
    op.create_index("ix_restricted_records_keep_until", "restricted_records", ["keep_until"])
    op.create_index("ix_payment_methods_fingerprint", "payment_methods", ["fingerprint"])


def downgrade() -> None:
    op.drop_index("ix_payment_methods_fingerprint", "payment_methods")
    op.drop_table("restricted_records")
    op.drop_table("mail_answers")
    op.drop_index("ix_cases_held_until", "cases")
    op.drop_column("cases", "held_until")
