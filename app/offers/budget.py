"""Booking against a month's budget: one conditional update, so that parallel bookings cannot overspend."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.offers.models import Grant, OfferBudget
from app.offers.rules.eligibility import Budget
from app.offers.rules.policy import Offer

_INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def month_of(instant: datetime) -> str:
    """The month in UTC, "2026-11"."""
    return f"{instant:%Y-%m}"


def left(
    session: Session, catalogue: Mapping[str, Offer], names: Collection[str], currency: str, *, now: datetime
) -> dict[str, Budget]:
    """What is left of these offers' budgets this month. The number of grants counts over all currencies."""
    month = month_of(now)
    rows = list(
        session.execute(
            select(
                OfferBudget.offer,
                func.sum(OfferBudget.grants).label("grants"),
                func.sum(OfferBudget.booked_minor).filter(OfferBudget.currency == currency).label("booked"),
            )
            .where(OfferBudget.offer.in_(sorted(names)), OfferBudget.month == month)
            .group_by(OfferBudget.offer)
        )
    )
    used = {row.offer: (int(row.booked or 0), int(row.grants or 0)) for row in rows}
    found = {}
    for name in names:
        offer, (booked, grants) = catalogue[name], used.get(name, (0, 0))
        limit = offer.budget_minor.get(currency)
        found[name] = Budget(
            None if limit is None else max(limit - booked, 0),
            None if offer.most_per_month is None else max(offer.most_per_month - grants, 0),
        )
    return found


def book(session: Session, grant: Grant, offer: Offer | None, *, now: datetime) -> bool:
    """Book the whole cost of a grant; False if the month's budget does not bear it. No offer: no limit."""
    month = month_of(now)
    # The limit on the number spans currencies: the rows of the month are held until the transaction ends.
    _begin(session, grant, month)
    rows = list(
        session.scalars(
            select(OfferBudget)
            .where(OfferBudget.offer == grant.offer, OfferBudget.month == month)
            .order_by(OfferBudget.currency)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )
    most = offer.most_per_month if offer else None
    if most is not None and sum(row.grants for row in rows) >= most:
        return False
    limit = offer.budget_minor.get(grant.currency) if offer else None
    mine = _row_of(grant, month)
    if limit is not None:
        mine.append(OfferBudget.booked_minor + grant.cost_minor <= limit)
    booked = _change(session, mine, grant.cost_minor, 1)
    if booked:
        grant.booked_month = month
    return booked


def release(session: Session, grant: Grant) -> None:
    """Give back what a grant had booked: it did not come about."""
    if grant.booked_month is not None:
        _change(session, _row_of(grant, grant.booked_month), -grant.cost_minor, -1)
        grant.booked_month = None


def _begin(session: Session, grant: Grant, month: str) -> None:
    insert = _INSERTS[session.get_bind().dialect.name]
    values = {
        "offer": grant.offer,
        "month": month,
        "currency": grant.currency,
        "booked_minor": 0,
        "grants": 0,
    }
    session.execute(insert(OfferBudget).values(values).on_conflict_do_nothing())


def _row_of(grant: Grant, month: str) -> list[Any]:
    return [
        OfferBudget.offer == grant.offer,
        OfferBudget.month == month,
        OfferBudget.currency == grant.currency,
    ]


def _change(session: Session, which: list[Any], amount: int, count: int) -> bool:
    statement = (
        update(OfferBudget)
        .where(*which)
        .values(booked_minor=OfferBudget.booked_minor + amount, grants=OfferBudget.grants + count)
        .execution_options(synchronize_session=False)
    )
    return bool(cast(CursorResult[Any], session.execute(statement)).rowcount)
