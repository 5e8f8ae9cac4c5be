"""What the three experiments have in common: whose cases count, and their chance of being treated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from app.cases.models import Case
from app.cases.states import CaseKind
from app.experiments.rules import Period

PAGE = 5_000
EXPERIMENTS = (CaseKind.DUNNING, CaseKind.CANCELLATION, CaseKind.WINBACK)


def could_be_either(kind: CaseKind) -> list[ColumnElement[bool]]:
    """Cases of customers who could have come to either arm."""
    return [
        Case.kind == kind.value,
        Case.experiment.is_not(None),
        Case.propensity > 0,
        Case.propensity < 1,
    ]


_DRAWN = select(
    *(exists(select(Case.id).where(*could_be_either(kind))).label(kind.value) for kind in EXPERIMENTS)
)


def drawn_kinds(session: Session) -> set[CaseKind]:
    """The experiments in which anybody could have come to either arm."""
    row = session.connection().execute(_DRAWN).one()
    return {kind for kind, found in zip(EXPERIMENTS, row, strict=True) if found}


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
