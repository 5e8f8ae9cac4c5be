"""The worker's queries find their rows by an index, however much history there is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from app.core.db import Database
from app.privacy import restricted
from app.privacy.retention import sweep
from app.privacy.service import erase
from app.stats import cancellations, offers
from app.stats.cancellations_rules import CancelBy
from app.stats.offers_rules import OfferBy
from app.stats.rollups.registry import REPORTS
from app.stats.rollups.writing import days_of
from app.stats.rules import Window
from tests.scenarios.diary import open_diary
from tests.scenarios.test_answers import DOORS, answer, answers_kept, written_to
from tests.stats.factories import NOW

# Or a handful; marks live for a quarter of an hour, and only an erasure looks for one person's.
ONE_ROW = ("SCAN test_clock", "SCAN installation", "SCAN hook_endpoints", "SCAN figure_marks")
DERIVED = ("SCAN CONSTANT ROW", "SCAN (", "SCAN anon_")  # a list of values, or the result of a subquery


@contextmanager
def listening(database: Database) -> Iterator[dict[str, Any]]:
    """Every different statement that runs meanwhile, with parameters of one of its runs."""
    heard: dict[str, Any] = {}

    def hear(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if not many and statement.lstrip().upper().startswith(("SELECT", "UPDATE", "WITH", "DELETE")):
            heard.setdefault(statement, values)

    event.listen(database.engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(database.engine, "before_cursor_execute", hear)


def reads_whole_table(plan: list[str]) -> bool:
    """Whether a row of SQLite's plan walks through a table; a walk through a partial index is none."""
    walks = [row for row in plan if row.startswith("SCAN") and not row.startswith((*ONE_ROW, *DERIVED))]
    return any("USING INDEX ix_" not in row and "USING COVERING INDEX ix_" not in row for row in walks)


def plans_of(database: Database, heard: dict[str, Any]) -> dict[str, list[str]]:
    """SQLite's plan of each statement; it tells them whatever the size of a table."""
    with database.engine.connect() as connection:
        return {
            statement: [row[3] for row in connection.exec_driver_sql(f"explain query plan {statement}", v)]
            for statement, v in heard.items()
        }


def test_from_decline_to_recovery_no_query_reads_a_whole_table(database: Database) -> None:
    """SQLite tells its plans whatever the size of a table; the two engines have the same indexes."""
    if not database.is_sqlite:
        pytest.skip("PostgreSQL reads small tables whole, index or not")
    with open_diary(database) as diary:
        with listening(diary.application.db) as heard:
            ada = diary.failing("insufficient_funds")
            diary.until("2026-04-12T10:00:00")
            diary.sandbox.heal(ada.payment_method)
            diary.until("2026-05-10T10:00:00")
        assert diary.case().outcome == "recovered"
        assert len(diary.sent()) > 2
        plans = plans_of(database, heard)
    assert len(plans) > 50
    assert [statement for statement, plan in plans.items() if reads_whole_table(plan)] == []


def test_the_daily_look_at_cards_and_the_notices_read_no_whole_table(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL reads small tables whole, index or not")
    with open_diary(database, start="2026-05-01T10:00:00") as diary:
        with listening(diary.application.db) as heard:
            diary.subscriber(start=None, exp=(6, 2026), country="DE")
            diary.until("2026-07-03T12:00:00")
        assert {c.kind for c in diary.cases()} == {"expiring_card", "dunning"}
        plans = plans_of(database, heard)
    assert [statement for statement, plan in plans.items() if reads_whole_table(plan)] == []


def test_erasing_reading_what_is_kept_and_the_daily_forgetting_read_no_whole_table(
    database: Database,
) -> None:
    """The store of events is walked through page by page, by its key; conflicts, of which there are few, too."""
    if not database.is_sqlite:
        pytest.skip("PostgreSQL reads small tables whole, index or not")
    with open_diary(database) as diary:
        ada = diary.failing("lost_card")
        diary.until("2026-05-10T10:00:00")
        application = diary.application
        with listening(application.db) as heard:
            erase(application.db, ada.customer, vault=application.vault, who="x", why=None, now=diary.now)
            restricted.read(
                application.db, application.vault, customer_id=ada.customer, who="x", why="y", now=diary.now
            )
            restricted.read(
                application.db, application.vault, address="ada@example.com", who="x", why="y", now=diary.now
            )
            for days in (40, 1200):
                later = diary.now + timedelta(days=days)
                sweep(application.db, application.config.retention, later, application.vault)
        plans = plans_of(database, heard)
    assert len(plans) > 30
    assert [statement for statement, plan in plans.items() if reads_whole_table(plan)] == []


def test_an_answer_and_the_end_of_its_hold_read_no_whole_table(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL reads small tables whole, index or not")
    with open_diary(database, **DOORS) as diary:
        message_id = written_to(diary)
        with listening(diary.application.db) as heard:
            answer(diary, message_id, MessageID="in-0")
            answer(diary, From="ADA@example.com", MessageID="in-1")
            diary.until("2026-04-12T10:00:00")
        assert [result for result, _ in answers_kept(diary)] == ["held", "held"]
        plans = plans_of(database, heard)
    assert [statement for statement, plan in plans.items() if reads_whole_table(plan)] == []


def test_the_figures_of_cancellations_and_offers_read_no_whole_table(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL reads small tables whole, index or not")
    with listening(database) as heard, database.read() as session:
        spring = Window(date(2026, 3, 1), date(2026, 5, 31))
        for currency in (None, "usd"):
            cancellations.report(session, CancelBy.PLAN, spring, currency=currency, now=NOW)
            offers.report(session, OfferBy.PLAN, spring, currency=currency, now=NOW)
    plans = plans_of(database, heard)
    assert len(plans) > 5
    assert [statement for statement, plan in plans.items() if reads_whole_table(plan)] == []


def test_computing_a_day_of_a_roll_up_anew_reads_no_whole_table(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL reads small tables whole, index or not")
    with listening(database) as heard, database.read() as session:
        for report in REPORTS:
            report.raw(session, Window(date(2026, 3, 1), date(2026, 3, 1)))
            days_of(session, report, ["cus_1"])
    plans = plans_of(database, heard)
    assert len(plans) > 2 * len(REPORTS)
    assert [statement for statement, plan in plans.items() if reads_whole_table(plan)] == []
