"""Late invoices are found by their customer without reading the whole table."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_dunning_invoices_customer_id", "dunning_invoices", ["customer_id"])


def downgrade() -> None:
    op.drop_index("ix_dunning_invoices_customer_id", "dunning_invoices")
