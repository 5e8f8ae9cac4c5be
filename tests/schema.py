"""The schema under test, built the way an operator builds it."""

from __future__ import annotations

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
