"""Rows that wait for their time, as expressions: a worker asks one statement about all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, bindparam, exists, func, select
from sqlalchemy.orm import Session

from app.core.db import UtcDateTime

NOW = bindparam("now", type_=UtcDateTime())
AFTER = bindparam("after", type_=UtcDateTime())
REAL_NOW = bindparam("real_now", type_=UtcDateTime())


@dataclass(frozen=True, slots=True)
class Waiting:
    """`due`: whether a row's time has come `NOW`; `next`: the earliest time of a row that is later than `AFTER`."""

    due: ColumnElement[bool]
    next: ColumnElement[datetime | None]


def waiting(at: SQLColumnExpression[Any], *where: Any, source: Any = None) -> Waiting:
    """Rows of a table, or of a join (`source`), that wait for the time `at`.

    Literal conditions come in `where` as text, so that a partial index is used.
    """
    due, earliest = select(at).where(*where, at <= NOW), select(func.min(at, type_=UtcDateTime()))
    earliest = earliest.where(*where, at > AFTER)
    if source is not None:
        due, earliest = due.select_from(source), earliest.select_from(source)
    return Waiting(exists(due), earliest.scalar_subquery())


class Queues:
    """Several kinds of waiting rows under their names, asked for at once.

    The statements are built once: building them takes longer than running them, and an idle worker asks all the time.
    """

    def __init__(self, kinds: Mapping[str, Waiting], **more: ColumnElement[bool]) -> None:
        """`more`: further conditions that `due` answers, whose parameters it is given."""
        self._due = select(*(kind.due.label(name) for name, kind in kinds.items()),
                           *(condition.label(name) for name, condition in more.items()))  # fmt: skip
        self._next = select(*(kind.next.label(name) for name, kind in kinds.items()))

    def due(self, session: Session, now: datetime, **parameters: Any) -> frozenset[str]:
        """The names of those with something due."""
        row = session.connection().execute(self._due, {"now": now, **parameters}).one()
        return frozenset(name for name, due in row._mapping.items() if due)

    def next_due(self, session: Session, after: datetime) -> datetime | None:
        """The earliest time after `after` that a row of any of them waits for."""
        times = session.connection().execute(self._next, {"after": after}).one()
        return min((at for at in times if at is not None), default=None)
