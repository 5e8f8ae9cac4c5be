"""The schema: bring a database to the newest one, and say where it stands."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.core.db import Database
from app.core.errors import ConfigurationError

ROOT = Path(__file__).resolve().parents[1]


def _config() -> Config:
    return Config(ROOT / "alembic.ini")


def upgrade(db: Database) -> str | None:
    """Run every missing migration in one go; returns the revision reached."""
    config = _config()
    with db.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
    return revision(db)


def revision(db: Database) -> str | None:
    """The database's revision, None for an empty one."""
    with db.engine.connect().execution_options(reclaim_read=True) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """The revision that this version of the service is written for."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def require_newest(db: Database) -> None:
    """Refuse to start on another schema; raises ConfigurationError."""
    have, want = revision(db), newest()
    if have != want:
        raise ConfigurationError(
            f"the database is at revision {have}, this version needs {want}: `reclaim migrate`"
        )
