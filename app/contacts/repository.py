"""Reads and writes of the contact log."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.contacts.models import ContactLog


def log_mail(
    session: Session, *, customer_id: str, mail_id: str, at: datetime, name: str, counted: bool
) -> None:
    """A mail leaves, or may have left."""
    session.add(
        ContactLog(
            customer_id=customer_id, mail_id=mail_id, at=at, channel="mail", name=name, counted=counted
        )
    )


def last_counted(
    session: Session, customer_ids: Collection[str], *, besides: str | None = None
) -> dict[str, datetime]:
    """When these customers last got a mail that weighs in the spacing; who never did is absent.

    `besides`: a mail that does not count.
    """
    query = (
        select(ContactLog.customer_id, func.max(ContactLog.at))
        .where(ContactLog.customer_id.in_(sorted(customer_ids)), ContactLog.counted)
        .group_by(ContactLog.customer_id)
    )
    rows = session.execute(query if besides is None else query.where(ContactLog.mail_id != besides))
    return {row.customer_id: row[1] for row in rows}
