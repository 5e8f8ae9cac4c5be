"""What the merchant calls a plan: looked up once when figures of a plan first appear, not at every reading."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.billing.models import Invoice
from app.core.db import Base, Database
from app.stats.rollups.report import Rollup
from app.stats.rollups.spans import Span

PLAN = "plan"


class PlanName(Base):
    """The label of a price. Empty: no invoice tells one."""

    __tablename__ = "plan_names"

    plan: Mapped[str] = mapped_column(primary_key=True)  # the provider's id of the price
    name: Mapped[str]


def plan_names(session: Session, prices: Iterable[str]) -> dict[str, str]:
    """What is known of these prices; one without a name is absent."""
    query = select(PlanName.plan, PlanName.name).where(PlanName.plan.in_(sorted(prices)), PlanName.name != "")
    return {row.plan: row.name for row in session.execute(query)}


def learn(db: Database, reports: Sequence[Rollup[Any]], *, anew: bool = False) -> None:
    """Look up the plans that stand in these reports and have no name yet; `anew`: all of them."""
    with db.read() as session:
        known = set() if anew else set(session.scalars(select(PlanName.plan)))
        found = {plan: _label(session, plan) for plan in _plans(session, reports) - known}
    if found:
        with db.write() as session:
            for plan, name in found.items():
                session.merge(PlanName(plan=plan, name=name))


def _plans(session: Session, reports: Collection[Rollup[Any]]) -> set[str]:
    tables = [report.table for report in reports if PLAN in report.dims]
    return {
        plan
        for table in tables
        for plan in session.scalars(select(table.c[PLAN]).where(table.c.span == Span.MONTH.value).distinct())
    }


def _label(session: Session, plan: str) -> str:
    query = select(Invoice.label).where(Invoice.price_id == plan, Invoice.label.is_not(None)).limit(1)
    return session.scalar(query) or ""
