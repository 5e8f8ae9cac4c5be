from datetime import UTC, datetime, timedelta

from app.core.db import Database


def test_the_database_tells_real_time(database: Database) -> None:
    assert abs(database.now() - datetime.now(UTC)) < timedelta(seconds=5)
