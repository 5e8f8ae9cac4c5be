"""Reads and writes of the contact log."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.contacts.models import ContactLog


def log_mail(session: Session, *, customer_id: str, at: datetime, name: str, counted: bool) -> None:
    session.add(ContactLog(customer_id=customer_id, at=at, channel="mail", name=name, counted=counted))


def last_counted(session: Session, customer_id: str) -> datetime | None:
    """When this customer last got a mail that weighs in the spacing."""
    query = select(func.max(ContactLog.at)).where(ContactLog.customer_id == customer_id, ContactLog.counted)
    return session.scalar(query)
