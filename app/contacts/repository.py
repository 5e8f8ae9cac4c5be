"""Reads and writes of the contact log."""

from __future__ import annotations

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


def last_counted(session: Session, customer_id: str, *, besides: str | None = None) -> datetime | None:
    """When this customer last got a mail that weighs in the spacing; `besides`: a mail that does not count."""
    query = select(func.max(ContactLog.at)).where(ContactLog.customer_id == customer_id, ContactLog.counted)
    return session.scalar(query if besides is None else query.where(ContactLog.mail_id != besides))
