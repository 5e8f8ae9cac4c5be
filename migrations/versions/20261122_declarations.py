"""Cancellations and withdrawals as they were declared."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INSTANT = app.core.db.UtcDateTime(timezone=True)
WAITING = sa.text("look_at is not null")
STATES = "'received', 'asked', 'confirmed', 'disowned', 'task'"


def upgrade() -> None:
    op.create_table(
        "declarations",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("look_at", INSTANT, nullable=True),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("subscription_id", sa.String(), nullable=True),
        sa.Column("address_hash", sa.String(), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("preset", sa.String(), nullable=False),
        sa.Column("preset_version", sa.Integer(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.CheckConstraint("kind in ('cancellation', 'withdrawal')", name="ck_declarations_kind"),
        sa.CheckConstraint(f"state in ({STATES})", name="ck_declarations_state"),
        sa.PrimaryKeyConstraint("id", name="pk_declarations"),
        sa.UniqueConstraint("key", name="uq_declarations_key"),
    )
    op.create_index("ix_declarations_customer_id", "declarations", ["customer_id"])
    op.create_index("ix_declarations_address_hash", "declarations", ["address_hash"])
    op.create_index(
        "ix_declarations_look_at", "declarations", ["look_at"], postgresql_where=WAITING, sqlite_where=WAITING
    )


def downgrade() -> None:
    op.drop_table("declarations")
