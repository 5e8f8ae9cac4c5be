"""Tables of stored events."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import DDL, Index, LargeBinary, UniqueConstraint, event, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigInt, one_of
from app.inbound.states import InboundState, Source

UNFINISHED = text("state in ('received', 'dead')")


class InboundEvent(Base):
    """One event, raw. `refs` holds every provider id that its object names, space-separated with a
    space at both ends, so that `like '% in_1 %'` finds it; `customer_id` is filled where named."""

    __tablename__ = "inbound_events"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=True)
    source: Mapped[str]
    event_id: Mapped[str]
    type: Mapped[str]
    api_version: Mapped[str | None]
    livemode: Mapped[bool | None]
    object_id: Mapped[str | None]
    customer_id: Mapped[str | None]
    refs: Mapped[str]
    created_at: Mapped[datetime]  # the provider's time
    received_at: Mapped[datetime]  # business time
    body: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(default=InboundState.RECEIVED)
    duplicates: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]  # business time of the next try
    claim_token: Mapped[str | None]
    claimed_until: Mapped[datetime | None]  # real time
    error: Mapped[str | None]
    done_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("event_id", "source", name="uq_inbound_events_event_id"),
        one_of("state", InboundState),
        one_of("source", Source),
        Index(
            "ix_inbound_events_due",
            "next_at",
            "id",
            postgresql_where=text("state = 'received'"),
            sqlite_where=text("state = 'received'"),
        ),
        Index("ix_inbound_events_open", "customer_id", postgresql_where=UNFINISHED, sqlite_where=UNFINISHED),
    )


class InboundConflict(Base):
    """A delivery that carried a known event id with another body: kept aside for a person to see."""

    __tablename__ = "inbound_conflicts"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=True)
    source: Mapped[str]
    event_id: Mapped[str]
    received_at: Mapped[datetime]
    body: Mapped[bytes] = mapped_column(LargeBinary)


# PostgreSQL compresses long values before it moves them out of the row, with pglz that costs more than
# all the rest of an insert; uncompressed they are moved at once, so a claim rewrites only a short row.
RAW_BODIES = "alter table {table} alter column body set storage external"
for _table in ("inbound_events", "inbound_conflicts"):
    event.listen(
        Base.metadata.tables[_table],
        "after_create",
        DDL(RAW_BODIES.format(table=_table)).execute_if(dialect="postgresql"),  # type: ignore[no-untyped-call]
    )
