"""Reads of lapses and of the return page's checkouts; the claim of the daily look."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session

from app.billing.models import Invoice, Payment, Subscription
from app.cases.models import Case
from app.cases.states import CaseKind, CaseState
from app.core.recurring import Recurring
from app.winback.models import HAS_LOOK, Lapse, ReturnSession
from app.winback.states import LapseState, ReturnState


def lapse(session: Session, subscription_id: str, *, lock: bool = False) -> Lapse | None:
    query = select(Lapse).where(Lapse.id == subscription_id)
    return session.scalar(query.with_for_update() if lock else query)


def lapses(session: Session, ids: Collection[str]) -> dict[str, Lapse]:
    query = select(Lapse).where(Lapse.id.in_(sorted(ids)))
    return {row.id: row for row in session.scalars(query)}


_OF = select(Lapse.id).where(Lapse.customer_id.in_(bindparam("keys", expanding=True))).limit(1)


def any_of(session: Session, customer_ids: Collection[str]) -> bool:
    """Whether one of these customers has a lapse."""
    return session.connection().execute(_OF, {"keys": sorted(customer_ids)}).first() is not None


def lapses_of(session: Session, customer_ids: Collection[str]) -> list[Lapse]:
    """Every lapse of these customers, oldest end first."""
    query = select(Lapse).where(Lapse.customer_id.in_(sorted(customer_ids)))
    return list(session.scalars(query.order_by(Lapse.ends_at, Lapse.id)))


_NOT_BACK = (
    select(Lapse)
    .where(
        Lapse.customer_id.in_(bindparam("keys", expanding=True)),
        Lapse.returned_at.is_(None),
        Lapse.running.is_(False),
        Lapse.state != LapseState.UNDONE.value,
    )
    .order_by(Lapse.ends_at, Lapse.id)
)


def not_back(session: Session, customer_ids: Collection[str]) -> list[Lapse]:
    """Lapses of these customers that are over, and of whom nobody has returned."""
    return list(session.scalars(_NOT_BACK, {"keys": sorted(customer_ids)}))


def to_look_at(
    session: Session, now: datetime, after: tuple[datetime, str] | None, limit: int
) -> list[Lapse]:
    """Lapses that want a look, the newest end first, page by page."""
    query = select(Lapse).where(HAS_LOOK, Lapse.look_at <= now)
    if after is not None:
        query = query.where(tuple_(Lapse.ends_at, Lapse.id) < tuple_(*after))
    return list(session.scalars(query.order_by(Lapse.ends_at.desc(), Lapse.id.desc()).limit(limit)))


def without_sequence(session: Session, after: tuple[datetime, str] | None, limit: int) -> list[Lapse]:
    """Lapses that began no sequence and were not taken back, the newest end first, page by page."""
    idle = (LapseState.WAITING.value, LapseState.LEFT_OUT.value)
    query = select(Lapse).where(Lapse.state.in_(idle))
    if after is not None:
        query = query.where(tuple_(Lapse.ends_at, Lapse.id) < tuple_(*after))
    return list(session.scalars(query.order_by(Lapse.ends_at.desc(), Lapse.id.desc()).limit(limit)))


def second_lives(session: Session, after: str, limit: int) -> list[Lapse]:
    """Lapses of people who returned, and of which the last word is not said, page by page."""
    query = select(Lapse).where(Lapse.returned_at.is_not(None), Lapse.outcome_365.is_(None), Lapse.id > after)
    return list(session.scalars(query.order_by(Lapse.id).limit(limit)))


def open_cases(session: Session, after: str, limit: int) -> list[Case]:
    """Cases of this kind that are not closed, page by page, held until the transaction ends."""
    query = select(Case).where(
        Case.kind == CaseKind.WINBACK.value, Case.state != CaseState.CLOSED.value, Case.id > after
    )
    return list(session.scalars(query.order_by(Case.id).limit(limit).with_for_update()))


def any_case(session: Session) -> bool:
    """Whether anybody was ever enrolled."""
    return session.scalar(select(Case.id).where(Case.kind == CaseKind.WINBACK.value).limit(1)) is not None


def disputed_ever(session: Session, customer_ids: Collection[str]) -> set[str]:
    """Those of these customers with a dispute, open or closed, won or lost."""
    wanted = sorted(customer_ids)
    found: set[str | None] = set()
    for table in (Payment, Invoice):
        query = select(table.customer_id).where(
            table.customer_id.in_(wanted),
            or_(table.disputed_at.is_not(None), table.dispute_status.is_not(None)),
        )
        found |= set(session.scalars(query))
    return {c for c in found if c}


def return_session(session: Session, session_id: str, *, lock: bool = False) -> ReturnSession | None:
    query = select(ReturnSession).where(ReturnSession.id == session_id)
    return session.scalar(query.with_for_update() if lock else query)


def sessions_of(session: Session, case_id: str) -> list[ReturnSession]:
    """Checkouts minted for a case, newest first."""
    query = select(ReturnSession).where(ReturnSession.case_id == case_id)
    return list(session.scalars(query.order_by(ReturnSession.created_at.desc(), ReturnSession.id)))


def open_sessions(session: Session, case_id: str) -> list[ReturnSession]:
    return [s for s in sessions_of(session, case_id) if s.state == ReturnState.OPEN]


SCAN = Recurring("winback_scanned_at")


def any_left(session: Session) -> bool:
    """Whether the first look of all would make a lapse."""
    return bool(session.connection().execute(_ANY_LEFT).scalar())


def next_work(session: Session, at: datetime) -> datetime | None:
    """When a daily look, from `at` on, has something to tell: a lapse wants to be looked at, or a second life goes on.
    What ends a sequence is an event."""
    look_at, any_back = session.connection().execute(_NEXT_WORK).one()
    if any_back:
        return at
    return max(at, look_at) if look_at else None


_LEFT = Subscription.status.in_(("canceled", "unpaid")) | Subscription.cancel_at.is_not(None)
_ANY_LEFT = select(exists(select(Subscription.id).where(_LEFT)))
_NEXT_WORK = select(
    select(func.min(Lapse.look_at)).where(HAS_LOOK).scalar_subquery(),
    exists(select(Lapse.id).where(Lapse.returned_at.is_not(None), Lapse.outcome_365.is_(None))),
)


def customers_that_left(session: Session, after: str, limit: int) -> list[str]:
    """Customers of subscriptions that ended or will, by id, page by page: for the first look of all."""
    query = select(Subscription.customer_id).where(_LEFT, Subscription.customer_id > after).distinct()
    return [c for c in session.scalars(query.order_by(Subscription.customer_id).limit(limit)) if c]
