from __future__ import annotations

from datetime import UTC, datetime

from app.campaigns import repository
from app.core.db import Database

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_the_same_definition_is_stored_once_whatever_the_order_of_its_keys(database: Database) -> None:
    with database.write() as session:
        first = repository.remember(session, "dunning", {"a": 1, "b": [2]}, now=NOW)
    with database.write() as session:
        assert repository.remember(session, "dunning", {"b": [2], "a": 1}, now=NOW) == first
        assert repository.remember(session, "dunning", {"a": 1, "b": [3]}, now=NOW) != first
        assert repository.remember(session, "winback", {"a": 1, "b": [2]}, now=NOW) != first
        assert repository.definition_of(session, first) == {"a": 1, "b": [2]}
        assert repository.definition_of(session, "unknown") is None
