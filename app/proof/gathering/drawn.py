"""What the three experiments have in common: whose cases count, and their chance of being treated."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.cases.models import Case
from app.cases.states import CaseKind
from app.experiments.rules import Period
from app.stats.offers_rules import Receipt

PAGE = 5_000


def could_be_either(kind: CaseKind) -> list[ColumnElement[bool]]:
    """Cases of customers who could have come to either arm."""
    return [
        Case.kind == kind.value,
        Case.experiment.is_not(None),
        Case.propensity > 0,
        Case.propensity < 1,
    ]


class Periods:
    """Lets each customer through once in each period: cases come in order of time."""

    def __init__(self) -> None:
        self._known: dict[str, Period] = {}
        self._seen: set[tuple[str, str]] = set()

    def first(self, name: str, customer_id: str) -> Period | None:
        """The period of this name; None if the customer was there already, or nobody could be held out in it."""
        if (name, customer_id) in self._seen:
            return None
        self._seen.add((name, customer_id))
        if name not in self._known:
            self._known[name] = Period.of(name)
        period = self._known[name]
        return period if period.could_be_either else None


def stream(session: Session, query: Any) -> Iterator[Any]:
    """The rows of a query, a page at a time."""
    for page in session.execute(query.execution_options(yield_per=PAGE)).partitions():
        yield from page


def received_minor(receipts: Collection[Receipt], since: datetime, until: datetime) -> int:
    """What came within a time and stayed, after refunds and disputes."""
    return sum(r.kept_minor for r in receipts if since <= r.paid_at < until)
