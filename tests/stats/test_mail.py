"""The mail numbers: every mail in the month in which it was settled, and in one place a column."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import Any

import pytest
from rich.console import Console

from app.core.db import Database
from app.stats.mail import MailBy, MailFigures, report
from app.stats.mail_tables import as_csv, as_json, as_table, write
from app.stats.rules import Window
from app.stats.tables import Format
from tests.feedback.factories import mail
from tests.rollups import keep
from tests.stats.factories import NOW, day


@pytest.fixture
def db(database: Database) -> Database:
    """Ten mails of which every number can be told by hand."""
    april, may = day("2026-04-30T23:59"), day("2026-05-01")
    rows: list[dict[str, Any]] = [
        {"settled_at": april},
        {"settled_at": april, "bounced_at": may, "bounce_kind": "hard"},
        {"settled_at": april, "bounced_at": april, "bounce_kind": "soft"},
        {"settled_at": april, "complained_at": may, "unsubscribed_at": may},
        {"settled_at": april, "state": "failed"},
        {"settled_at": april, "state": "unknown"},
        {"settled_at": may},
        {"settled_at": may, "campaign": "expiring_card"},
        {"settled_at": may, "campaign": None},
        {"settled_at": may, "state": "cancelled", "withheld": "shadow"},
        {"settled_at": None, "state": "queued"},
    ]
    with database.write() as session:
        session.add_all(mail(str(number), **row) for number, row in enumerate(rows))
    keep(database)
    return database


APRIL = MailFigures(sent=4, failed=1, unknown=1, bounced=2, hard=1, complained=1, unsubscribed=1)


def rows(db: Database, by: MailBy, window: Window | None = None) -> list[tuple[str, str, MailFigures]]:
    with db.read() as session:
        return [(r.month, r.campaign, r.figures) for r in report(session, by, window, now=NOW).rows]


def test_what_comes_back_later_stays_with_the_month_of_its_mail(db: Database) -> None:
    one = MailFigures(sent=1)
    assert rows(db, MailBy.BOTH) == [
        ("2026-04", "dunning", APRIL),
        ("2026-05", "dunning", one),
        ("2026-05", "expiring_card", one),
        ("2026-05", "other", one),
    ]


def test_the_groupings_add_up(db: Database) -> None:
    assert rows(db, MailBy.MONTH) == [("2026-04", "total", APRIL), ("2026-05", "total", MailFigures(sent=3))]
    campaigns = rows(db, MailBy.CAMPAIGN)
    assert [name for _, name, _ in campaigns] == ["dunning", "expiring_card", "other"]
    assert sum((f for *_, f in campaigns), MailFigures()) == APRIL + MailFigures(sent=3)


def test_days_are_whole_and_both_ends_belong(db: Database) -> None:
    window = Window(date(2026, 4, 30), date(2026, 4, 30))
    assert rows(db, MailBy.BOTH, window) == [("2026-04", "dunning", APRIL)]
    assert rows(db, MailBy.BOTH, Window(date(2026, 6, 1))) == []


def test_the_three_shapes_tell_the_same(db: Database) -> None:
    with db.read() as session:
        found = report(session, MailBy.BOTH, now=NOW)
    told = as_json(found)
    assert told["data"][0]["complaint_share"] == 0.25
    lines = list(csv.DictReader(io.StringIO(as_csv(found))))
    assert [line["sent"] for line in lines] == [str(row["sent"]) for row in told["data"]]
    console = Console(width=160, file=io.StringIO())
    console.print(as_table(found))
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert "25.00 %" in printed
    assert json.loads(str(write(found, Format.JSON))) == told


def test_no_mails_are_no_rows(database: Database) -> None:
    assert rows(database, MailBy.BOTH) == []
