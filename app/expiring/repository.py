"""Which customers a card near its end belongs to, and the register of plain notices."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Row, and_, bindparam, func, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, object_session

from app.billing.models import Customer, PaymentMethod, Subscription
from app.cases.models import Case, Step
from app.cases.repository import PLANNED
from app.cases.states import CaseKind, CaseState
from app.core import marks
from app.core.gates import Installation
from app.expiring.models import PENDING, ExpiryNotice
from app.expiring.rules.risks import RUNNING
from app.expiring.states import NoticeResult

LONGEST_PERIOD_MONTHS = 37
"""The provider bills every three years at most: a card that ended before is charged no more."""

_month = (PaymentMethod.exp_year, PaymentMethod.exp_month)
# Built once: every batch of events asks.
_ENDING = select(PaymentMethod.customer_id).where(
    PaymentMethod.customer_id.in_(bindparam("customers", expanding=True)),
    or_(
        PaymentMethod.exp_year < bindparam("year"),
        and_(PaymentMethod.exp_year == bindparam("year"), PaymentMethod.exp_month <= bindparam("month")),
    ),
)


def with_ending_cards(session: Session, customer_ids: Collection[str], until: date) -> set[str]:
    """Those of these customers who have a card that ends by that month, or has ended."""
    if not customer_ids:
        return set()
    wanted = {"customers": sorted(customer_ids), "year": until.year, "month": until.month}
    return {c for c in session.connection().execute(_ENDING, wanted).scalars() if c}


def ending_cards(
    session: Session, since: date, until: date, after: tuple[int, int, str] | None, limit: int
) -> list[Row[tuple[int, int, str, str]]]:
    """Cards of customers that end between two months, `(year, month, id, customer)`, page by page."""
    query = (
        select(PaymentMethod.exp_year, PaymentMethod.exp_month, PaymentMethod.id, PaymentMethod.customer_id)
        .where(
            tuple_(*_month) >= tuple_(since.year, since.month),
            tuple_(*_month) <= tuple_(until.year, until.month),
            PaymentMethod.type == "card",
            PaymentMethod.customer_id.is_not(None),
        )
        .order_by(*_month, PaymentMethod.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(*_month, PaymentMethod.id) > tuple_(*after))
    return list(session.execute(query))


def register(session: Session, notices: Iterable[dict[str, object]]) -> None:
    """Write down notices of the plain rule; those that are known stay as they are."""
    rows = list(notices)
    if not rows:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(ExpiryNotice).on_conflict_do_nothing(), rows)
    days = {cast(datetime, row["plain_at"]).astimezone(UTC).date() for row in rows}
    marks.note_days(session, ExpiryNotice.__tablename__, days)


def pending(session: Session, now: datetime, limit: int) -> list[ExpiryNotice]:
    """Plain notices whose day has come and of which nothing is decided, oldest first."""
    query = (
        select(ExpiryNotice)
        .where(PENDING, ExpiryNotice.plain_at <= now)
        .order_by(ExpiryNotice.plain_at, ExpiryNotice.payment_method_id, ExpiryNotice.days)
        .limit(limit)
    )
    return list(session.scalars(query))


def settle(notice: ExpiryNotice, result: NoticeResult, reason: str | None, *, now: datetime) -> None:
    notice.result, notice.reason, notice.decided_at = result, reason, now
    session = object_session(notice)
    if session is not None:
        marks.note_days(session, ExpiryNotice.__tablename__, [notice.plain_at.date()])


_SCANNED = select(Installation.cards_scanned_at).where(Installation.id == 1)
EVERY = timedelta(days=1)
NEVER_YET = datetime(1970, 1, 1, tzinfo=UTC)


def next_scan(session: Session) -> datetime | None:
    """When the cards are to be looked at again; None before the first start."""
    row = session.connection().execute(_SCANNED).first()
    if row is None:
        return None
    return row[0] + EVERY if row[0] else NEVER_YET


def claim_scan(session: Session, now: datetime) -> bool:
    """Take this day's look for this worker; False if another has it, or it is not time."""
    statement = (
        update(Installation)
        .where(
            Installation.id == 1,
            or_(Installation.cards_scanned_at.is_(None), Installation.cards_scanned_at <= now - EVERY),
        )
        .values(cards_scanned_at=now)
        .execution_options(synchronize_session=False)
    )
    return bool(cast(CursorResult[Any], session.execute(statement)).rowcount)


def soon_told(session: Session, until: datetime, limit: int) -> list[Case]:
    """Open cases with something planned until then: their cards are read again before."""
    query = (
        select(Case)
        .join(Step, Step.case_id == Case.id)
        .where(
            PLANNED,
            Step.due_at <= until,
            Case.kind == CaseKind.EXPIRING_CARD.value,
            Case.state == CaseState.OPEN.value,
        )
        .order_by(Step.due_at)
        .limit(limit)
    )
    return list(dict.fromkeys(session.scalars(query)))


def charged_methods(session: Session, after: str, limit: int) -> list[Row[tuple[str, str, str, bool]]]:
    """Running subscriptions by id, `(id, method, customer, seen_live)`: the first method of the provider's order
    of four or an empty text, and whether the customer's row was read from the provider."""
    first = func.coalesce(
        Subscription.default_payment_method_id,
        Subscription.default_source_id,
        Customer.default_payment_method_id,
        Customer.default_source_id,
        "",
    )
    query = (
        select(Subscription.id, first.label("method"), Customer.id.label("customer"), Customer.seen_live)
        .join(Customer, Customer.id == Subscription.customer_id)
        .where(Subscription.id > after, Subscription.status.in_(sorted(RUNNING)))
        .order_by(Subscription.id)
        .limit(limit)
    )
    return list(session.execute(query))
