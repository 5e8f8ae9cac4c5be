"""Endpoints that are told by signed webhooks, and the messages to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INSTANT = app.core.db.UtcDateTime(timezone=True)
WAITING = sa.text("state in ('queued', 'retry', 'sending')")


def upgrade() -> None:
    op.create_table(
        "hook_endpoints",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_reason", sa.String(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("tested_at", INSTANT, nullable=True),
        sa.Column("acknowledged_at", INSTANT, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", INSTANT, nullable=True),
        sa.Column("resting_until", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_hook_endpoints"),
    )
    op.create_table(
        "hook_messages",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("endpoint_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(), nullable=True),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.CheckConstraint(
            "state in ('queued', 'sending', 'retry', 'sent', 'failed', 'cancelled')",
            name=op.f("ck_hook_messages_state"),
        ),
        sa.PrimaryKeyConstraint("id", name="pk_hook_messages"),
        sa.UniqueConstraint("endpoint_id", "key", name="uq_hook_messages_endpoint_id"),
    )
    op.create_index("ix_hook_messages_customer_id", "hook_messages", ["customer_id"])
    op.create_index(
        "ix_hook_messages_waiting",
        "hook_messages",
        ["due_at", "id"],
        postgresql_where=WAITING,
        sqlite_where=WAITING,
    )


def downgrade() -> None:
    op.drop_table("hook_messages")
    op.drop_table("hook_endpoints")
