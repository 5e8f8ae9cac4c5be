"""Webhooks: chats beside the merchant's systems, a secret that signs along after it was replaced."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("hook_endpoints") as table:
        table.add_column(sa.Column("kind", sa.String(), nullable=False, server_default="standard"))
        table.add_column(sa.Column("old_secret", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("old_secret_until", app.core.db.UtcDateTime(timezone=True), nullable=True))
        table.create_check_constraint(op.f("ck_hook_endpoints_kind"), "kind in ('standard', 'chat')")
    with op.batch_alter_table("hook_endpoints") as table:  # a new one always says
        table.alter_column("kind", existing_type=sa.String(), server_default=None)
    op.create_index("ix_hook_messages_settled_at", "hook_messages", ["settled_at"])


def downgrade() -> None:
    op.execute(
        "delete from hook_messages where endpoint_id in (select id from hook_endpoints where kind = 'chat')"
    )
    op.execute("delete from hook_endpoints where kind = 'chat'")
    op.drop_index("ix_hook_messages_settled_at", "hook_messages")
    with op.batch_alter_table("hook_endpoints") as table:
        table.drop_constraint(op.f("ck_hook_endpoints_kind"), type_="check")
        for name in ("old_secret_until", "old_secret", "kind"):
            table.drop_column(name)
