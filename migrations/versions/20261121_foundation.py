"""The foundation: events, the provider's objects, cases, the outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "actions",
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("first_called_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=True),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("due_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(), nullable=True),
        sa.Column("leased_until", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("created_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("settled_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('queued', 'sending', 'done', 'retry', 'failed', 'unknown', 'cancelled')",
            name=op.f("ck_actions_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actions")),
        sa.UniqueConstraint("key", name=op.f("uq_actions_key")),
    )
    with op.batch_alter_table("actions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_actions_case_id"), ["case_id"], unique=False)
        batch_op.create_index(
            "ix_actions_waiting",
            ["due_at", "id"],
            unique=False,
            postgresql_where=sa.text("state in ('queued', 'retry', 'sending')"),
            sqlite_where=sa.text("state in ('queued', 'retry', 'sending')"),
        )

    op.create_table(
        "api_keys",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("created_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("scope in ('read', 'operate', 'admin')", name=op.f("ck_api_keys_scope")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_keys_digest")),
    )
    op.create_table(
        "assignments",
        sa.Column("experiment", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("arm", sa.String(), nullable=False),
        sa.Column("propensity", sa.Double(), nullable=False),
        sa.Column("assigned_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("experiment", "customer_id", name=op.f("pk_assignments")),
    )
    op.create_table(
        "campaign_versions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("created_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_versions")),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("opened_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("held_reason", sa.String(), nullable=True),
        sa.Column("policy_version", sa.String(), nullable=False),
        sa.Column("plan_number", sa.Integer(), nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("first_contact_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("experiment_arm", sa.String(), nullable=False),
        sa.Column("propensity", sa.Double(), nullable=False),
        sa.Column("link_epoch", sa.Integer(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "kind in ('dunning', 'expiring_card', 'cancellation', 'winback')", name=op.f("ck_cases_kind")
        ),
        sa.CheckConstraint(
            "outcome in ('recovered', 'lost', 'cancelled', 'voided', 'disputed', 'written_off', 'stopped')",
            name=op.f("ck_cases_outcome"),
        ),
        sa.CheckConstraint("state in ('open', 'held', 'closed')", name=op.f("ck_cases_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index("ix_cases_customer_id", ["customer_id"], unique=False)
        batch_op.create_index("ix_cases_kind_opened_at", ["kind", "opened_at"], unique=False)
        batch_op.create_index(
            "uq_cases_open",
            ["customer_id", "kind"],
            unique=True,
            postgresql_where=sa.text("state <> 'closed'"),
            sqlite_where=sa.text("state <> 'closed'"),
        )

    op.create_table(
        "contact_log",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("mail_id", sa.String(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_log")),
    )
    with op.batch_alter_table("contact_log", schema=None) as batch_op:
        batch_op.create_index("ix_contact_log_customer_id_at", ["customer_id", "at"], unique=False)

    op.create_table(
        "customers",
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("locale", sa.String(), nullable=True),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("time_zone", sa.String(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("default_payment_method_id", sa.String(), nullable=True),
        sa.Column("default_source_id", sa.String(), nullable=True),
        sa.Column("delinquent", sa.Boolean(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("seen_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("seen_live", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )
    op.create_table(
        "decisions",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("experiment", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("arm", sa.String(), nullable=False),
        sa.Column("propensity", sa.Double(), nullable=False),
        sa.Column("observation", sa.JSON(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("policy_version", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.create_index("ix_decisions_case_id", ["case_id"], unique=False)

    op.create_table(
        "inbound_conflicts",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("received_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_conflicts")),
    )
    op.create_table(
        "inbound_events",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("api_version", sa.String(), nullable=True),
        sa.Column("livemode", sa.Boolean(), nullable=True),
        sa.Column("object_id", sa.String(), nullable=True),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("refs", sa.String(), nullable=False),
        sa.Column("created_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("received_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("claim_token", sa.String(), nullable=True),
        sa.Column("claimed_until", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("done_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "source in ('stripe', 'backfill', 'live', 'outbox')", name=op.f("ck_inbound_events_source")
        ),
        sa.CheckConstraint(
            "state in ('received', 'done', 'ignored', 'dead')", name=op.f("ck_inbound_events_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_events")),
        sa.UniqueConstraint("event_id", "source", name="uq_inbound_events_event_id"),
    )
    with op.batch_alter_table("inbound_events", schema=None) as batch_op:
        batch_op.create_index(
            "ix_inbound_events_due",
            ["next_at", "id"],
            unique=False,
            postgresql_where=sa.text("state = 'received'"),
            sqlite_where=sa.text("state = 'received'"),
        )
        batch_op.create_index(
            "ix_inbound_events_open",
            ["customer_id"],
            unique=False,
            postgresql_where=sa.text("state in ('received', 'dead')"),
            sqlite_where=sa.text("state in ('received', 'dead')"),
        )

    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_url", sa.String(), nullable=False),
        sa.Column("provider_key", sa.String(), nullable=True),
        sa.Column("watching_since", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("paused", sa.String(), nullable=True),
        sa.Column("paused_reason", sa.String(), nullable=True),
        sa.Column("paused_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("backfilled_until", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("reconciled_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.create_table(
        "invoices",
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("subscription_id", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("billing_reason", sa.String(), nullable=True),
        sa.Column("collection_method", sa.String(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_due_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount_paid_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "amount_remaining_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("attempt_count", sa.Integer(), nullable=False),
        sa.Column("auto_advance", sa.Boolean(), nullable=True),
        sa.Column("next_payment_attempt_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("created_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("period_end_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("due_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("paid_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("paid_out_of_band", sa.Boolean(), nullable=False),
        sa.Column("settled_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("uncollectible_reason", sa.String(), nullable=True),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("label", sa.String(), nullable=True),
        sa.Column("price_id", sa.String(), nullable=True),
        sa.Column("product_id", sa.String(), nullable=True),
        sa.Column("hosted_url", sa.String(), nullable=True),
        sa.Column("failed_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_failed_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("needs_action", sa.Boolean(), nullable=False),
        sa.Column("decline", sa.JSON(), nullable=True),
        sa.Column("decline_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("refunded_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("disputed_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("dispute_status", sa.String(), nullable=True),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("seen_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("seen_live", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
    )
    with op.batch_alter_table("invoices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invoices_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index("ix_invoices_status_failed_at", ["status", "failed_at"], unique=False)

    op.create_table(
        "mails",
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("step_id", sa.String(), nullable=True),
        sa.Column("context", sa.JSON(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("to_address", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("withheld", sa.String(), nullable=True),
        sa.Column("held_since", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=True),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("due_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(), nullable=True),
        sa.Column("leased_until", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("created_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("settled_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "purpose in ('reminder', 'thank_you', 'last_notice', 'confirmation')",
            name=op.f("ck_mails_purpose"),
        ),
        sa.CheckConstraint(
            "state in ('queued', 'sending', 'sent', 'retry', 'failed', 'unknown', 'cancelled')",
            name=op.f("ck_mails_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
        sa.UniqueConstraint("key", name=op.f("uq_mails_key")),
    )
    with op.batch_alter_table("mails", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mails_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_mails_message_id"), ["message_id"], unique=False)
        batch_op.create_index(
            "ix_mails_unknown",
            ["id"],
            unique=False,
            postgresql_where=sa.text("state = 'unknown'"),
            sqlite_where=sa.text("state = 'unknown'"),
        )
        batch_op.create_index(
            "ix_mails_waiting",
            ["due_at", "id"],
            unique=False,
            postgresql_where=sa.text("state in ('queued', 'retry', 'sending')"),
            sqlite_where=sa.text("state in ('queued', 'retry', 'sending')"),
        )

    op.create_table(
        "payment_methods",
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("brand", sa.String(), nullable=True),
        sa.Column("last4", sa.String(), nullable=True),
        sa.Column("exp_month", sa.Integer(), nullable=True),
        sa.Column("exp_year", sa.Integer(), nullable=True),
        sa.Column("fingerprint", sa.String(), nullable=True),
        sa.Column("wallet", sa.String(), nullable=True),
        sa.Column("auto_updated_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("seen_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("seen_live", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_methods")),
    )
    with op.batch_alter_table("payment_methods", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_methods_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "payments",
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("invoice_id", sa.String(), nullable=True),
        sa.Column("invoice_inferred", sa.Boolean(), nullable=False),
        sa.Column("charge_id", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("failed_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("decline", sa.JSON(), nullable=True),
        sa.Column("refunded_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("dispute_id", sa.String(), nullable=True),
        sa.Column("dispute_status", sa.String(), nullable=True),
        sa.Column("disputed_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("seen_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("seen_live", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
    )
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payments_charge_id"), ["charge_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payments_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payments_invoice_id"), ["invoice_id"], unique=False)

    op.create_table(
        "subscriptions",
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("collection_method", sa.String(), nullable=True),
        sa.Column("created_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("cancel_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("canceled_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("cancellation_reason", sa.String(), nullable=True),
        sa.Column("cancellation_feedback", sa.String(), nullable=True),
        sa.Column("period_start_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("period_end_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("trial_end_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("default_payment_method_id", sa.String(), nullable=True),
        sa.Column("default_source_id", sa.String(), nullable=True),
        sa.Column("latest_invoice_id", sa.String(), nullable=True),
        sa.Column("paused_collection", sa.Boolean(), nullable=False),
        sa.Column("pause_resumes_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("pause_reason", sa.String(), nullable=True),
        sa.Column("forces_three_d_secure", sa.Boolean(), nullable=False),
        sa.Column("items", sa.JSON(), nullable=True),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("seen_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("seen_live", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
    )
    with op.batch_alter_table("subscriptions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_subscriptions_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "tasks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=True),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("done_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(), nullable=True),
        sa.CheckConstraint("state in ('open', 'done')", name=op.f("ck_tasks_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("key", name=op.f("uq_tasks_key")),
    )
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tasks_case_id"), ["case_id"], unique=False)
        batch_op.create_index("ix_tasks_state_created_at", ["state", "created_at"], unique=False)

    op.create_table(
        "test_clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("running_since", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_test_clock")),
    )
    op.create_table(
        "card_sessions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("completed_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("decline", sa.JSON(), nullable=True),
        sa.CheckConstraint(
            "state in ('open', 'charging', 'paid', 'declined', 'failed')", name=op.f("ck_card_sessions_state")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_card_sessions_case_id_cases"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_sessions")),
    )
    with op.batch_alter_table("card_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_card_sessions_case_id"), ["case_id"], unique=False)

    op.create_table(
        "dunning_invoices",
        sa.Column("invoice_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("at_risk_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("failed_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("first_after_trial", sa.Boolean(), nullable=False),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("settled_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("paid_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("paid_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("returned_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "result in ('paid', 'voided', 'written_off', 'disputed', 'cancelled', 'lost')",
            name=op.f("ck_dunning_invoices_result"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_dunning_invoices_case_id_cases"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("invoice_id", name=op.f("pk_dunning_invoices")),
    )
    with op.batch_alter_table("dunning_invoices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dunning_invoices_case_id"), ["case_id"], unique=False)
        batch_op.create_index("ix_dunning_invoices_failed_at", ["failed_at"], unique=False)

    op.create_table(
        "steps",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("planned_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint("kind in ('mail', 'give_up')", name=op.f("ck_steps_kind")),
        sa.CheckConstraint("state in ('planned', 'done', 'skipped')", name=op.f("ck_steps_state")),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_steps_case_id_cases"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_steps")),
        sa.UniqueConstraint("case_id", "key", name=op.f("uq_steps_case_id")),
    )
    with op.batch_alter_table("steps", schema=None) as batch_op:
        batch_op.create_index(
            "ix_steps_due",
            ["due_at", "id"],
            unique=False,
            postgresql_where=sa.text("state = 'planned'"),
            sqlite_where=sa.text("state = 'planned'"),
        )

    op.create_table(
        "timeline",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("sentence", sa.String(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_timeline_case_id_cases"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timeline")),
    )
    with op.batch_alter_table("timeline", schema=None) as batch_op:
        batch_op.create_index("ix_timeline_case_id_id", ["case_id", "id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        # Bodies are stored as they are: compressing them costs more than the rest of the insert.
        for table in ("inbound_events", "inbound_conflicts"):
            op.execute(f"alter table {table} alter column body set storage external")


def downgrade() -> None:
    with op.batch_alter_table("timeline", schema=None) as batch_op:
        batch_op.drop_index("ix_timeline_case_id_id")

    op.drop_table("timeline")
    with op.batch_alter_table("steps", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_steps_due",
            postgresql_where=sa.text("state = 'planned'"),
            sqlite_where=sa.text("state = 'planned'"),
        )

    op.drop_table("steps")
    with op.batch_alter_table("dunning_invoices", schema=None) as batch_op:
        batch_op.drop_index("ix_dunning_invoices_failed_at")
        batch_op.drop_index(batch_op.f("ix_dunning_invoices_case_id"))

    op.drop_table("dunning_invoices")
    with op.batch_alter_table("card_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_card_sessions_case_id"))

    op.drop_table("card_sessions")
    op.drop_table("test_clock")
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.drop_index("ix_tasks_state_created_at")
        batch_op.drop_index(batch_op.f("ix_tasks_case_id"))

    op.drop_table("tasks")
    with op.batch_alter_table("subscriptions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_subscriptions_customer_id"))

    op.drop_table("subscriptions")
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payments_invoice_id"))
        batch_op.drop_index(batch_op.f("ix_payments_customer_id"))
        batch_op.drop_index(batch_op.f("ix_payments_charge_id"))

    op.drop_table("payments")
    with op.batch_alter_table("payment_methods", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payment_methods_customer_id"))

    op.drop_table("payment_methods")
    with op.batch_alter_table("mails", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_mails_waiting",
            postgresql_where=sa.text("state in ('queued', 'retry', 'sending')"),
            sqlite_where=sa.text("state in ('queued', 'retry', 'sending')"),
        )
        batch_op.drop_index(
            "ix_mails_unknown",
            postgresql_where=sa.text("state = 'unknown'"),
            sqlite_where=sa.text("state = 'unknown'"),
        )
        batch_op.drop_index(batch_op.f("ix_mails_message_id"))
        batch_op.drop_index(batch_op.f("ix_mails_case_id"))

    op.drop_table("mails")
    with op.batch_alter_table("invoices", schema=None) as batch_op:
        batch_op.drop_index("ix_invoices_status_failed_at")
        batch_op.drop_index(batch_op.f("ix_invoices_customer_id"))

    op.drop_table("invoices")
    op.drop_table("installation")
    with op.batch_alter_table("inbound_events", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_inbound_events_open",
            postgresql_where=sa.text("state in ('received', 'dead')"),
            sqlite_where=sa.text("state in ('received', 'dead')"),
        )
        batch_op.drop_index(
            "ix_inbound_events_due",
            postgresql_where=sa.text("state = 'received'"),
            sqlite_where=sa.text("state = 'received'"),
        )

    op.drop_table("inbound_events")
    op.drop_table("inbound_conflicts")
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.drop_index("ix_decisions_case_id")

    op.drop_table("decisions")
    op.drop_table("customers")
    with op.batch_alter_table("contact_log", schema=None) as batch_op:
        batch_op.drop_index("ix_contact_log_customer_id_at")

    op.drop_table("contact_log")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_cases_open",
            postgresql_where=sa.text("state <> 'closed'"),
            sqlite_where=sa.text("state <> 'closed'"),
        )
        batch_op.drop_index("ix_cases_kind_opened_at")
        batch_op.drop_index("ix_cases_customer_id")

    op.drop_table("cases")
    op.drop_table("campaign_versions")
    op.drop_table("assignments")
    op.drop_table("api_keys")
    with op.batch_alter_table("actions", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_actions_waiting",
            postgresql_where=sa.text("state in ('queued', 'retry', 'sending')"),
            sqlite_where=sa.text("state in ('queued', 'retry', 'sending')"),
        )
        batch_op.drop_index(batch_op.f("ix_actions_case_id"))

    op.drop_table("actions")
