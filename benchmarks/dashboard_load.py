"""Rows by the million into either database: without the indexes, which are made at the end."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from sqlalchemy import text
from sqlalchemy.schema import CreateIndex, DropIndex

from app.core.db import Base, Database
from benchmarks.dashboard_rows import COLUMNS, Business


def load(db: Database, business: Business) -> None:
    """Write the whole business."""
    indexes = [i for name in COLUMNS for i in Base.metadata.tables[name].indexes]
    with db.engine.begin() as connection:
        for index in indexes:
            connection.execute(DropIndex(index))
    (_into_sqlite if db.is_sqlite else _into_postgres)(db, business)
    with db.engine.begin() as connection:
        if not db.is_sqlite:
            connection.execute(text("set statement_timeout = 0"))
        for index in indexes:
            connection.execute(CreateIndex(index))
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("analyze"))


def _into_sqlite(db: Database, business: Business) -> None:
    raw = sqlite3.connect(str(db.url.database), isolation_level=None)
    for pragma in ("synchronous=OFF", "cache_size=-400000", "foreign_keys=OFF"):
        raw.execute(f"PRAGMA {pragma}")
    for rows in business.batches():
        raw.execute("BEGIN")
        for name, found in rows.items():
            places = ",".join("?" * len(found[0]))
            raw.executemany(f"insert into {name} ({_columns(name)}) values ({places})", found)
        raw.execute("COMMIT")
    raw.close()


def _into_postgres(db: Database, business: Business) -> None:
    dsn = db.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(dsn, options="-c timezone=UTC -c session_replication_role=replica") as connection:
        for rows in business.batches():
            _copy(connection, rows)
            connection.commit()


def _copy(connection: psycopg.Connection[Any], rows: Mapping[str, Sequence[Sequence[Any]]]) -> None:
    for name, found in rows.items():
        with connection.cursor() as cursor, cursor.copy(f"copy {name} ({_columns(name)}) from stdin") as copy:
            for row in found:
                copy.write_row(row)


def _columns(name: str) -> str:
    return ", ".join(f'"{column}"' for column in COLUMNS[name].split())
