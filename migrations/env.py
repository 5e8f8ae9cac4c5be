"""Alembic's entry: the URL comes from the caller, else from RECLAIM_DATABASE_URL."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from app.core.db import Database
from app.schema import metadata
from app.settings import Settings


def run(connection: Connection) -> None:
    """Migrate over one connection; SQLite rewrites tables where it cannot alter them."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    database = Database(context.config.get_main_option("sqlalchemy.url") or Settings().database_url)
    with database.engine.connect() as connection:
        run(connection)
        connection.commit()
    database.dispose()
