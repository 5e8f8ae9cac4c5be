"""Which customers a card near its end belongs to, and the register of plain notices."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any, cast

from sqlalchemy import Row, and_, bindparam, func, or_, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, object_session

from app.billing.models import Customer, PaymentMethod, Subscription
from app.cases.models import Case, Step
from app.cases.repository import PLANNED
from app.cases.states import CaseKind, CaseState
from app.core import marks
from app.core.recurring import Recurring
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


Page = tuple[int, int, str]
"""Where a page of cards ends: year, month, id."""

_CARDS = (
    select(PaymentMethod.exp_year, PaymentMethod.exp_month, PaymentMethod.id, PaymentMethod.customer_id)
    .where(
        tuple_(*_month) >= tuple_(bindparam("since_year"), bindparam("since_month")),
        tuple_(*_month) <= tuple_(bindparam("until_year"), bindparam("until_month")),
        tuple_(*_month, PaymentMethod.id) > tuple_(bindparam("year"), bindparam("month"), bindparam("id")),
        PaymentMethod.type == "card",
        PaymentMethod.customer_id.is_not(None),
    )
    .order_by(*_month, PaymentMethod.id)
    .limit(bindparam("limit"))
)


def ending_cards(
    session: Session, since: date, until: date, after: Page | None, limit: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Cards of customers that end between two months, `(exp_year, exp_month, id, customer_id)`, page by page."""
    year, month, card = after or (0, 0, "")
    wanted = {
        "since_year": since.year, "since_month": since.month, "until_year": until.year, "until_month": until.month,
        "year": year, "month": month, "id": card, "limit": limit,
    }  # fmt: skip
    return session.connection().execute(_CARDS, wanted).all()


def register(session: Session, notices: Iterable[dict[str, object]]) -> None:
    """Write down notices of the plain rule; those that are known stay as they are."""
    rows = list(notices)
    if not rows:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(ExpiryNotice).on_conflict_do_nothing(), rows)
    days = {cast(datetime, row["plain_at"]).astimezone(UTC).date() for row in rows}
    marks.note_days(session, ExpiryNotice.__tablename__, days)


_PENDING = (
    select(ExpiryNotice)
    .where(PENDING, ExpiryNotice.plain_at <= bindparam("now"))
    .order_by(ExpiryNotice.plain_at, ExpiryNotice.payment_method_id, ExpiryNotice.days)
    .limit(bindparam("limit"))
)


def pending(session: Session, now: datetime, limit: int) -> list[ExpiryNotice]:
    """Plain notices whose day has come and of which nothing is decided, oldest first."""
    return list(session.scalars(_PENDING, {"now": now, "limit": limit}))


def settle(notice: ExpiryNotice, result: NoticeResult, reason: str | None, *, now: datetime) -> None:
    notice.result, notice.reason, notice.decided_at = result, reason, now
    session = object_session(notice)
    if session is not None:
        marks.note_days(session, ExpiryNotice.__tablename__, [notice.plain_at.date()])


SCAN = Recurring("cards_scanned_at")


_SOON_TOLD = (
    select(Case)
    .join(Step, Step.case_id == Case.id)
    .where(
        PLANNED,
        Step.due_at <= bindparam("until"),
        Case.kind == CaseKind.EXPIRING_CARD.value,
        Case.state == CaseState.OPEN.value,
    )
    .order_by(Step.due_at)
    .limit(bindparam("limit"))
)


def soon_told(session: Session, until: datetime, limit: int) -> list[Case]:
    """Open cases with something planned until then: their cards are read again before."""
    return list(dict.fromkeys(session.scalars(_SOON_TOLD, {"until": until, "limit": limit})))


_CHARGED = (
    select(
        Subscription.id,
        func.coalesce(
            Subscription.default_payment_method_id,
            Subscription.default_source_id,
            Customer.default_payment_method_id,
            Customer.default_source_id,
            "",
        ).label("method"),
        Customer.id.label("customer"),
        Customer.seen_live,
    )
    .join(Customer, Customer.id == Subscription.customer_id)
    .where(Subscription.id > bindparam("after"), Subscription.status.in_(sorted(RUNNING)))
    .order_by(Subscription.id)
    .limit(bindparam("limit"))
)


def charged_methods(session: Session, after: str, limit: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Running subscriptions by id, `(id, method, customer, seen_live)`: the first method of the provider's order
    of four or an empty text, and whether the customer's row was read from the provider."""
    return session.connection().execute(_CHARGED, {"after": after, "limit": limit}).all()
