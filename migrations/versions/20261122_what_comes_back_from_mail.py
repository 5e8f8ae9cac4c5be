"""What comes back from mail: callbacks as events, bounces and complaints on mails, brakes of campaigns."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SOURCES = ("stripe", "backfill", "live", "outbox")
CALLBACKS = ("resend", "postmark", "ses")
INSTANT = app.core.db.UtcDateTime(timezone=True)


def upgrade() -> None:
    _check_sources((*SOURCES, *CALLBACKS))
    with op.batch_alter_table("mails") as table:
        table.add_column(sa.Column("stream", sa.String(), nullable=False, server_default="transactional"))
        table.add_column(sa.Column("bounced_at", INSTANT, nullable=True))
        table.add_column(sa.Column("bounce_kind", sa.String(), nullable=True))
        table.add_column(sa.Column("complained_at", INSTANT, nullable=True))
        table.add_column(sa.Column("unsubscribed_at", INSTANT, nullable=True))
        table.create_check_constraint(op.f("ck_mails_stream"), "stream in ('transactional', 'marketing')")
        table.create_check_constraint(op.f("ck_mails_bounce_kind"), "bounce_kind in ('hard', 'soft')")
    with op.batch_alter_table("mails") as table:  # old mails are transactional; a new one always says
        table.alter_column("stream", existing_type=sa.String(), server_default=None)
    op.create_index("ix_mails_provider_id", "mails", ["provider_id"])
    op.create_index("ix_mails_to_address", "mails", ["to_address", "created_at"])
    op.create_index("ix_mails_settled_at", "mails", ["settled_at"])
    complained = sa.text("complained_at is not null")
    op.create_index(
        "ix_mails_complained_at",
        "mails",
        ["complained_at"],
        postgresql_where=complained,
        sqlite_where=complained,
    )
    op.create_table(
        "campaign_brakes",
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("stopped_at", INSTANT, nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("counting_from", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("campaign", name="pk_campaign_brakes"),
    )


def downgrade() -> None:
    op.drop_table("campaign_brakes")
    for name in ("complained_at", "settled_at", "to_address", "provider_id"):
        op.drop_index(f"ix_mails_{name}", "mails")
    with op.batch_alter_table("mails") as table:
        table.drop_constraint(op.f("ck_mails_bounce_kind"), type_="check")
        table.drop_constraint(op.f("ck_mails_stream"), type_="check")
        for name in ("unsubscribed_at", "complained_at", "bounce_kind", "bounced_at", "stream"):
            table.drop_column(name)
    told = ", ".join(f"'{name}'" for name in CALLBACKS)
    for table_name in ("inbound_conflicts", "inbound_events"):
        op.execute(f"delete from {table_name} where source in ({told})")  # noqa: S608 - constants only
    _check_sources(SOURCES)


def _check_sources(sources: tuple[str, ...]) -> None:
    allowed = ", ".join(f"'{name}'" for name in sources)
    with op.batch_alter_table("inbound_events") as table:
        table.drop_constraint(op.f("ck_inbound_events_source"), type_="check")
        table.create_check_constraint(op.f("ck_inbound_events_source"), f"source in ({allowed})")
