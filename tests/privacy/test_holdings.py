"""The list of what is held about a person is complete."""

from __future__ import annotations

from sqlalchemy import JSON, LargeBinary, String

from app.privacy.holdings import HOLDINGS, NOT_PERSONAL, SEALED, WALKED
from app.schema import metadata


def test_every_table_says_whether_it_holds_a_person_and_how_it_is_forgotten() -> None:
    listed = [h.table.name for h in HOLDINGS] + [m.__tablename__ for m in (*NOT_PERSONAL, *WALKED, *SEALED)]
    assert sorted(listed) == sorted(metadata.tables)


def test_every_column_that_can_hold_words_says_what_an_erasure_makes_of_it() -> None:
    for holding in HOLDINGS:
        wordy = {c.name for c in holding.table.c if isinstance(c.type, String | JSON | LargeBinary)}
        assert not holding.columns or set(holding.columns) == wordy, holding.table.name


def test_hidden_columns_exist() -> None:
    for holding in HOLDINGS:
        assert set(holding.hidden) <= set(holding.table.c.keys())
