"""The schema under test, built the way an operator builds it."""

from __future__ import annotations

import shutil
from pathlib import Path

from alembic import command
from alembic.config import Config

from app.core.db import Database


def build_schema(url: str) -> None:
    """Bring an empty database to the newest schema."""
    db = Database(url)
    config = Config("alembic.ini")
    with db.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
    db.dispose()


def start_anew(db: Database, template: Path) -> None:
    """Put a copy of the template in the place of an SQLite file.

    As a new file, not into the old one: whoever still has that open must not see it change under its log.
    """
    db.dispose()
    path = str(db.url.database)
    for rest in ("", "-wal", "-shm"):
        Path(path + rest).unlink(missing_ok=True)
    shutil.copy(template, path)
