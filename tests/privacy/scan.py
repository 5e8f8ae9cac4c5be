"""Look for words in every column of every table, in texts, JSON and bytes alike."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import MetaData, select

from app.core.db import Database


def leaks(database: Database, planted: Iterable[str]) -> list[tuple[str, str, str]]:
    """`(table, column, word)` of every place in which a planted word is found, whatever its case.

    The tables are read from the database itself, not from the models.
    """
    words = sorted({w.lower() for w in planted})
    found = set()
    metadata = MetaData()
    metadata.reflect(database.engine)
    with database.engine.connect() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                for column, value in row.items():
                    shown = spelled(value).lower()
                    found |= {(table.name, column, word) for word in words if word in shown}
    return sorted(found)


def spelled(value: Any) -> str:
    """A value as one text; bytes as they are and as JSON may have escaped them."""
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
