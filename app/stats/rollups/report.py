"""What a report is to the roll-ups: its table, its units, and the raw query that alone defines its figures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Generic, Protocol, TypeVar, cast

from sqlalchemy import ColumnElement, Date, String, Table, func
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from app.core.db import Base, BigInt, Database
from app.stats.rules import Window

F = TypeVar("F")
Key = tuple[Any, ...]
"""A day of UTC, then the values of the dimensions, all strings."""

MONTH = "month"
"""What can be grouped by besides the dimensions: the month of the day, `2026-04`."""

UNKNOWN_DIMENSION = "unknown"


class RollupState(Base):
    """One report: `turn` counts its writings, so that no older look ever overwrites a newer one."""

    __tablename__ = "rollups"

    report: Mapped[str] = mapped_column(primary_key=True)
    turn: Mapped[int] = mapped_column(BigInt, default=0)
    built_at: Mapped[datetime | None]  # business time; None: all days are still to be computed


class Follower(Protocol):
    """Keeps the table of a report's units, where no entry point writes it. `told_by`: as in `Rollup`."""

    @property
    def told_by(self) -> frozenset[str]: ...

    def follow(self, db: Database, customer_ids: Collection[str]) -> None:
        """Bring the rows of these customers in line."""

    def follow_all(self, db: Database) -> None:
        """Bring all rows in line."""


@dataclass(frozen=True, eq=False)
class Rollup(Generic[F]):
    """A report by days. `raw(session, window)`: its figures by (day, dimensions) from the rows, none where nothing is.

    A unit belongs to the day of `stands_on` and to a `customer`; where it is nobody's, its writers mark the days.
    `told_by`: the tables whose changes may change the figures of a
    customer's units; `only`: which rows of the unit's table are units.
    """

    name: str
    dims: tuple[str, ...]
    figures: type[F]
    raw: Callable[[Session, Window], Mapping[Key, F]]
    stands_on: InstrumentedAttribute[Any]
    customer: InstrumentedAttribute[Any] | None
    told_by: frozenset[str]
    model: type[Base]
    alone: bool = (
        False  # a change of a unit's own row changes no other unit, so only its own day is looked at
    )
    only: Sequence[ColumnElement[bool]] = ()
    follower: Follower | None = None

    @property
    def table(self) -> Table:
        return cast(Table, self.model.__table__)

    @property
    def sums(self) -> tuple[str, ...]:
        """The columns that are figures, in their order."""
        return tuple(f.name for f in fields(cast(Any, self.figures)))


def day_table(name: str, dims: Sequence[str], figures: type[Any]) -> type[Base]:
    """The table of a report: one row is the sums of one day or month, by its dimensions.

    The key begins with span and day, so that a window is one range of it; on SQLite the rows lie in its order.
    """
    columns: dict[str, Any] = {
        "span": mapped_column(String, primary_key=True),
        "day": mapped_column(Date, primary_key=True),
        **{dim: mapped_column(String, primary_key=True) for dim in dims},
        **{f.name: mapped_column(BigInt, nullable=False) for f in fields(figures)},
    }
    words = {"__tablename__": f"{name}_days", "__table_args__": {"sqlite_with_rowid": False}}
    return cast(type[Base], type(f"{name.capitalize()}Days", (Base,), words | columns))


def day_of(session: Session, instant: Any) -> ColumnElement[Any]:
    """The day of UTC of an instant, as `2026-04-30`."""
    if session.get_bind().dialect.name == "sqlite":
        return func.strftime("%Y-%m-%d", instant)
    return func.to_char(func.timezone("UTC", instant), "YYYY-MM-DD")


def as_day(text: str) -> date:
    return date.fromisoformat(text)
