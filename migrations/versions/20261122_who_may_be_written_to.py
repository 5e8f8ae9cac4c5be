"""Who may be written to: suppressions, consents, the merchant's facts, second addressees, operators' acts."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PURPOSES = ("reminder", "thank_you", "last_notice", "confirmation")
INSTANT = app.core.db.UtcDateTime(timezone=True)


def upgrade() -> None:
    _suppressions()
    _consents()
    _facts()
    op.create_table(
        "operator_acts",
        sa.Column("id", app.core.db.BigInt, autoincrement=True, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_operator_acts"),
    )
    op.create_index("ix_operator_acts_subject_id", "operator_acts", ["subject", "id"])
    with op.batch_alter_table("contact_log") as table:
        for name in ("case_id", "campaign", "address_hash"):
            table.add_column(sa.Column(name, sa.String(), nullable=True))
    op.create_index("ix_contact_log_address_hash_at", "contact_log", ["address_hash", "at"])
    with op.batch_alter_table("mails") as table:
        table.add_column(sa.Column("campaign", sa.String(), nullable=True))
        table.add_column(sa.Column("wanted_at", INSTANT, nullable=True))
    with op.batch_alter_table("tasks") as table:
        table.add_column(sa.Column("due_at", INSTANT, nullable=True))
    _check_purposes((*PURPOSES, "copy"))
    _installation()


def downgrade() -> None:
    op.execute("delete from mails where purpose = 'copy'")
    _check_purposes(PURPOSES)
    with op.batch_alter_table("installation") as table:
        table.drop_column("suppressions_known_at")
        table.drop_column("address_key")
    with op.batch_alter_table("tasks") as table:
        table.drop_column("due_at")
    with op.batch_alter_table("mails") as table:
        table.drop_column("wanted_at")
        table.drop_column("campaign")
    op.drop_index("ix_contact_log_address_hash_at", "contact_log")
    with op.batch_alter_table("contact_log") as table:
        for name in ("case_id", "campaign", "address_hash"):
            table.drop_column(name)
    for name in ("operator_acts", "addressees", "customer_facts", "consents", "suppressions"):
        op.drop_table(name)


def _suppressions() -> None:
    reasons = (
        "reason in ('hard_bounce', 'soft_bounce', 'complaint', 'unsubscribe', 'objection', 'erasure', "
        "'operator', 'other')"
    )
    op.create_table(
        "suppressions",
        sa.Column("id", app.core.db.BigInt, autoincrement=True, nullable=False),
        sa.Column("address_hash", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("lifted_at", INSTANT, nullable=True),
        sa.Column("lifted_by", sa.String(), nullable=True),
        sa.CheckConstraint("scope in ('all', 'marketing', 'winback')", name="ck_suppressions_scope"),
        sa.CheckConstraint(reasons, name="ck_suppressions_reason"),
        sa.PrimaryKeyConstraint("id", name="pk_suppressions"),
        sa.UniqueConstraint("address_hash", "scope", "reason", name="uq_suppressions_address_hash"),
    )


def _consents() -> None:
    op.create_table(
        "consents",
        sa.Column("id", app.core.db.BigInt, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("address_hash", sa.String(), nullable=True),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("proof", sa.String(), nullable=False),
        sa.Column("wording", sa.String(), nullable=True),
        sa.Column("given_at", INSTANT, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.CheckConstraint("basis in ('consent', 'soft_opt_in')", name="ck_consents_basis"),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
        sa.UniqueConstraint("key", name="uq_consents_key"),
    )
    op.create_index("ix_consents_customer_id", "consents", ["customer_id"])
    op.create_index("ix_consents_address_hash", "consents", ["address_hash"])


def _facts() -> None:
    op.create_table(
        "customer_facts",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("time_zone", sa.String(), nullable=True),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("usage", sa.JSON(), nullable=False),
        sa.Column("opportunity", sa.JSON(), nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("updated_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name="pk_customer_facts"),
    )
    op.create_table(
        "addressees",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.CheckConstraint("role in ('finance', 'owner')", name="ck_addressees_role"),
        sa.PrimaryKeyConstraint("customer_id", "role", name="pk_addressees"),
    )


def _check_purposes(purposes: tuple[str, ...]) -> None:
    allowed = ", ".join(f"'{p}'" for p in purposes)
    with op.batch_alter_table("mails") as table:
        table.drop_constraint(op.f("ck_mails_purpose"), type_="check")
        table.create_check_constraint(op.f("ck_mails_purpose"), f"purpose in ({allowed})")


def _installation() -> None:
    """The key under which addresses are hashed is made once and never changes: the hashes depend on it."""
    with op.batch_alter_table("installation") as table:
        table.add_column(sa.Column("address_key", sa.String(), nullable=True))
        table.add_column(sa.Column("suppressions_known_at", INSTANT, nullable=True))
    installation = sa.table("installation", sa.column("address_key", sa.String()))
    op.execute(installation.update().values(address_key=secrets.token_urlsafe(32)))
    with op.batch_alter_table("installation") as table:
        table.alter_column("address_key", existing_type=sa.String(), nullable=False)
