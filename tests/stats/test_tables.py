from __future__ import annotations

import csv
import io
import json
from typing import Any

from rich.console import Console

from app.core.db import Database
from app.stats import tables
from app.stats.recovery import Report, report
from app.stats.rules import By
from app.stats.tables import PARTS, Format
from tests.rollups import keep
from tests.stats.factories import NOW, a_quarter


def quarter(db: Database, by: By = By.MONTH) -> Report:
    a_quarter(db)
    keep(db)
    with db.read() as session:
        return report(session, by, now=NOW)


def flat(row: dict[str, Any]) -> dict[str, str]:
    """A row of the JSON as its line in the CSV must be."""
    line = {k: row[k] for k in ("group", "currency", "population", "cohort_closed")}
    for part in PARTS:
        line |= {
            f"{part}_invoices": row[part]["invoices"],
            f"{part}_minor": row[part]["amount"]["amount_minor"],
        }
    for rate in ("recovery_rate", "recovery_rate_after_mail"):
        line |= {f"{rate}_{k}": v for k, v in row[rate].items()}
    return {
        k: "" if v is None else str(v).lower() if isinstance(v, bool) else str(v) for k, v in line.items()
    }


def test_csv_and_json_hold_the_same_numbers(database: Database) -> None:
    found = quarter(database)
    as_json = json.loads(str(tables.write(found, Format.JSON)))
    as_csv = list(csv.DictReader(io.StringIO(str(tables.write(found, Format.CSV)))))
    assert as_csv == [flat(row) for row in as_json["data"]]
    assert len(as_csv) == len(found.rows) == 5


def test_a_csv_without_rows_still_has_its_header(database: Database) -> None:
    with database.read() as session:
        empty = report(session, By.CLASS, now=NOW)
    assert tables.as_csv(empty).strip().split(",") == tables.columns()


def test_every_shape_says_that_it_proves_nothing(database: Database) -> None:
    found = quarter(database)
    assert "not proof" in tables.as_json(found)["note"]
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(tables.write(found, Format.TABLE))
    text = console.export_text()
    assert "not proof" in text
    assert "against a hold-out: not measured yet" in text
    assert "$5,500.00" not in text  # never summed over months by itself
    assert "recovered by us" not in text


def test_amounts_are_written_in_their_own_currency() -> None:
    assert tables.money_words(2900, "jpy") == "¥2,900"
    assert tables.money_words(2900, "usd") == "$29.00"
