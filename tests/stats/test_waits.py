from __future__ import annotations

from datetime import date, timedelta

from app.core.db import Database
from app.stats.rules import Window
from app.stats.waits import waits
from app.stats.waits_rules import WaitFigures, band
from tests.rollups import keep
from tests.stats.factories import a_quarter, day, late_invoice


def told(db: Database, window: Window | None = None, currency: str = "usd") -> dict[str, WaitFigures]:
    keep(db)
    with db.read() as session:
        return dict(waits(session, window or Window(), currency))


def test_a_wait_is_counted_in_whole_days_of_24_hours() -> None:
    failed = day("2026-03-05T10:00")
    found = {
        days: band(failed, failed + timedelta(days=days))
        for days in (0, 0.99, 1, 2.99, 3, 6.99, 7, 14, 29.9, 30)
    }
    assert list(found.values()) == ["0", "0", "1", "1", "3", "3", "7", "14", "14", "30"]


def test_a_payment_that_seems_older_than_its_failure_took_no_time() -> None:
    assert band(day("2026-03-05"), day("2026-03-04")) == "0"


def test_only_what_was_recovered_and_kept_has_a_wait(database: Database) -> None:
    a_quarter(database)  # a: the same day; b: four days; c: after a day and a minute, of which 500 went back
    assert told(database) == {
        "the same day": WaitFigures(1, 1000),
        "1 to 2 days": WaitFigures(1, 2500),
        "3 to 6 days": WaitFigures(1, 2000),
        "7 to 13 days": WaitFigures(),
        "14 to 29 days": WaitFigures(),
        "30 days or more": WaitFigures(),
    }
    assert told(database, currency="eur")["1 to 2 days"] == WaitFigures(1, 1100)


def test_a_wait_belongs_to_the_day_of_the_failure(database: Database) -> None:
    a_quarter(database)  # c failed on 31 March and was paid in April
    march = told(database, Window(date(2026, 3, 31), date(2026, 3, 31)))
    assert march["1 to 2 days"] == WaitFigures(1, 2500)
    assert told(database, Window(date(2026, 4, 1), date(2026, 4, 30))) == {}


def test_a_recovery_without_a_date_is_shown_as_not_known(database: Database) -> None:
    late_invoice(database, "x", "2026-03-05", 1000, result="paid", paid_minor=1000)
    assert told(database)["not known"] == WaitFigures(1, 1000)
