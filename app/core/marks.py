"""Marks: "rows of this customer have changed", left in the transaction of the change for whoever keeps figures.

A mapped class that is `Counted` leaves them by itself; who writes rows by other ways calls `note`. Append-only and
without a unique key, so that workers never wait for each other here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, ClassVar

from sqlalchemy import event, inspect, text
from sqlalchemy.orm import Mapped, Session, UOWTransaction, mapped_column

from app.core.db import Base, BigInt

EVERYTHING = "*"
"""In the place of a table: all that is counted of this customer."""

Noted = tuple[str, str, date | None]
_PENDING = "figure_marks"
# Every batch of events writes some: an array in one statement costs a tenth of a statement a row.
_ALL_AT_ONCE = text(
    "insert into figure_marks (what, customer_id, day)"
    " select * from unnest(cast(:what as text[]), cast(:who as text[]), cast(:day as date[]))"
)


class FigureMark(Base):
    """Rows of a customer in one table have changed since the figures were last kept.

    `day`: a day of UTC on which a changed row stands, or stood until now. Without a customer: rows that are nobody's.
    """

    __tablename__ = "figure_marks"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=True)
    what: Mapped[str]  # the table
    customer_id: Mapped[str]
    day: Mapped[date | None]


class Counted:
    """A mapped class with a `customer_id` whose rows stand in figures, each on the day of its column `counted_on`."""

    counted_on: ClassVar[str]


def note(session: Session, what: str, customer_ids: Iterable[str | None], day: date | None = None) -> None:
    """Leave a mark with the commit of this transaction."""
    pending = session.info.setdefault(_PENDING, set())
    pending.update((what, customer_id, day) for customer_id in customer_ids if customer_id)


def note_days(session: Session, what: str, days: Iterable[date]) -> None:
    """Likewise, for rows that are nobody's: the days on which they stand."""
    session.info.setdefault(_PENDING, set()).update((what, "", day) for day in days)


def rename(session: Session, customer_id: str, name: str) -> None:
    """All rows of a customer are another's now: no mark of this transaction keeps the old name."""
    pending: set[Noted] = session.info.get(_PENDING, set())
    session.info[_PENDING] = {(what, name if who == customer_id else who, day) for what, who, day in pending}
    note(session, EVERYTHING, [name])


def day_of(at: datetime | None) -> date | None:
    """The day of UTC."""
    return at.astimezone(UTC).date() if at is not None else None


def _collect(session: Session, _context: UOWTransaction, _instances: object) -> None:
    for row in session.new:
        if isinstance(row, Counted):
            _note_row(session, row, ())
    for row in session.dirty:
        if isinstance(row, Counted) and session.is_modified(row):
            _note_row(session, row, inspect(row).attrs[row.counted_on].history.deleted or ())
    for row in session.deleted:
        if isinstance(row, Counted):
            _note_row(session, row, ())


def _note_row(session: Session, row: Any, left: Iterable[datetime | None]) -> None:
    """A mark for the day that the row stands on, and one for each day that it has left."""
    for at in (getattr(row, row.counted_on), *left):
        note(session, row.__tablename__, [row.customer_id], day_of(at))


def _write(session: Session) -> None:
    session.flush()  # what is flushed leaves marks, too
    pending = session.info.pop(_PENDING, None)
    if not pending:
        return
    what, who, day = (list(column) for column in zip(*pending, strict=True))
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(_ALL_AT_ONCE, {"what": what, "who": who, "day": day})
    else:
        rows = [{"what": w, "customer_id": c, "day": d} for w, c, d in pending]
        connection.execute(FigureMark.__table__.insert(), rows)  # type: ignore[attr-defined]


event.listen(Session, "before_flush", _collect)
event.listen(Session, "before_commit", _write)
