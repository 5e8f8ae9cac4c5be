"""One way to the database: `Database.write()` and `Database.read()` for both engines.

SQLite: WAL, `synchronous=FULL`, foreign keys on, and every writing transaction starts with
BEGIN IMMEDIATE, because a plain BEGIN that reads first and writes later fails at once under load.
"""

from __future__ import annotations

import enum
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Connection,
    Dialect,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    String,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import JSON, DateTime, TypeDecorator

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

BigInt = BigInteger().with_variant(Integer, "sqlite")
"""64-bit key; SQLite only numbers rows by itself for a column of the type INTEGER."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC instant; a naive one is a bug and raises."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC).replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: UtcDateTime(),
        str: String(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
    }


def belongs_to(column: str) -> ForeignKey:
    """A reference that is checked at the commit, so that rows of one transaction may be written in any order."""
    return ForeignKey(column, deferrable=True, initially="DEFERRED")


def one_of(column: str, values: type[enum.StrEnum]) -> CheckConstraint:
    """A CHECK that a text column holds a member of an enum."""
    allowed = ", ".join(f"'{v.value}'" for v in values)
    return CheckConstraint(f"{column} in ({allowed})", name=column)


class Database:
    """An engine and the two ways to open a transaction on it."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite(url) if self.is_sqlite else _postgres(url, pool_size)
        # SQLite lets one writer in and the others sleep and ask again. Threads of one process had better
        # queue up: the next one begins as soon as the lock is free.
        self._turn: AbstractContextManager[object] = threading.Lock() if self.is_sqlite else nullcontext()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session that commits at the end of the block and rolls back on an error."""
        with self._turn, Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for looking only: nothing that it changes is kept."""
        with self.look() as connection:
            with Session(connection, expire_on_commit=False, autoflush=False) as session:
                yield session
            connection.rollback()

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """As `read`, without a session: for the few statements that run many times a second."""
        options = {"reclaim_read": True} if self.is_sqlite else {"postgresql_readonly": True}
        with self.engine.connect().execution_options(**options) as connection:
            yield connection

    def now(self) -> datetime:
        """Real time as the database tells it: the one clock that all workers share for leases."""
        sql = "select strftime('%Y-%m-%d %H:%M:%f', 'now')" if self.is_sqlite else "select clock_timestamp()"
        with self.engine.connect().execution_options(reclaim_read=True) as connection:
            value = connection.execute(text(sql)).scalar_one()
        if isinstance(value, str):
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        return value.astimezone(UTC)  # type: ignore[no-any-return]

    def dispose(self) -> None:
        self.engine.dispose()


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": 10, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # we say BEGIN ourselves, below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        read = connection.get_execution_options().get("reclaim_read")
        connection.exec_driver_sql("BEGIN" if read else "BEGIN IMMEDIATE")

    return engine


def _postgres(url: str, pool_size: int) -> Engine:
    limits = "-c statement_timeout=30000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=60000"
    return create_engine(
        url, pool_size=pool_size, max_overflow=10, pool_pre_ping=True, connect_args={"options": limits}
    )
