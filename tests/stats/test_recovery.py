from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from app.cases.models import Case
from app.core.db import Database
from app.dunning.models import DunningInvoice
from app.stats.recovery import Report, Row, cells, report, rows_by
from app.stats.rules import By, Figures, LateInvoice, Population, Window, figures_of
from tests.ops.seed import fill
from tests.rollups import keep
from tests.stats.factories import NOW, a_quarter, late_invoice


def ask(db: Database, by: By, window: Window | None = None, currency: str | None = None) -> Report:
    keep(db)
    with db.read() as session:
        return report(session, by, window, currency=currency, now=NOW)


def renewals(found: Report, currency: str = "usd") -> dict[str, Row]:
    return {r.group: r for r in found.rows if r.currency == currency and r.population == Population.RENEWAL}


def test_no_late_invoices_make_a_report_without_rows(database: Database) -> None:
    for by in By:
        assert ask(database, by).rows == []


def test_totals_are_those_counted_by_hand(database: Database) -> None:
    a_quarter(database)
    assert renewals(ask(database, By.CURRENCY))["total"].figures == Figures(
        at_risk_count=9,
        at_risk_minor=1000 + 2000 + 3000 + 4000 + 5000 + 6000 + 7000 + 8000 + 900,
        recovered_count=3,
        recovered_minor=1000 + 2000 + 2500,
        silent_count=1,
        silent_minor=1000,
        silent_at_risk_minor=1000,
        open_count=1,
        open_minor=7000,
        lost_count=1,
        lost_minor=5000,
        late_count=1,
        late_minor=6000,
        ended_count=2,
        ended_minor=8900,
        returned_count=1,
        returned_minor=500 + 4000,
    )


def test_currencies_are_never_summed(database: Database) -> None:
    a_quarter(database)
    assert renewals(ask(database, By.CURRENCY), "eur")["total"].figures.at_risk_minor == 1100
    assert {r.currency for r in ask(database, By.CURRENCY, currency="EUR").rows} == {"eur"}


def test_a_first_charge_after_a_trial_is_reported_apart(database: Database) -> None:
    a_quarter(database)
    apart = [r for r in ask(database, By.CURRENCY).rows if r.population == Population.FIRST_AFTER_TRIAL]
    assert [(r.figures.at_risk_minor, r.figures.lost_minor) for r in apart] == [(10000, 10000)]


def test_an_invoice_belongs_to_the_utc_month_of_its_first_failure(database: Database) -> None:
    a_quarter(database)
    months = renewals(ask(database, By.MONTH))
    assert {m: r.figures.at_risk_minor for m, r in months.items()} == {
        "2026-03": 1000 + 2000 + 3000 + 6000,
        "2026-04": 4000 + 5000 + 8000 + 900,
        "2026-06": 7000,
    }
    assert months["2026-03"].figures.late_minor == 6000


def test_a_month_says_whether_its_number_still_moves(database: Database) -> None:
    a_quarter(database)
    closed = {m: r.closed for m, r in renewals(ask(database, By.MONTH)).items()}
    assert closed == {"2026-03": True, "2026-04": True, "2026-06": False}


def test_classes_and_campaigns_are_those_of_the_case(database: Database) -> None:
    a_quarter(database)
    classes = renewals(ask(database, By.CLASS))
    assert {k: r.figures.at_risk_minor for k, r in classes.items()} == {"hard": 8000, "soft_funds": 28900}
    campaigns = [(r.group, r.currency, r.figures.at_risk_count) for r in ask(database, By.CAMPAIGN).rows]
    assert ("v2", "eur", 1) in campaigns


def test_a_step_is_the_number_of_mails_that_went_before(database: Database) -> None:
    a_quarter(database)
    steps = renewals(ask(database, By.STEP))
    recovered = {k: (r.figures.at_risk_minor, r.figures.recovered_minor) for k, r in steps.items()}
    assert recovered == {
        "0": (1000 + 4000 + 8000 + 900, 1000),
        "1": (3000 + 7000, 2500),
        "2": (2000 + 6000, 2000),
        "3": (5000, 0),
    }


def test_steps_are_in_the_order_of_numbers(database: Database) -> None:
    for contacts in (10, 2, 1):
        late_invoice(
            database, str(contacts), "2026-03-05", 100, contacts=contacts, first_contact_at=NOW, result="lost"
        )
    assert list(renewals(ask(database, By.STEP))) == ["1", "2", "10"]


def test_a_window_counts_its_first_and_last_day(database: Database) -> None:
    a_quarter(database)
    march = ask(database, By.CURRENCY, Window(date(2026, 3, 1), date(2026, 3, 31)), "usd")
    assert march.rows[0].figures.at_risk_minor == 12000
    april = ask(database, By.CURRENCY, Window(date(2026, 4, 1), date(2026, 4, 1)), "usd")
    assert april.rows[0].figures.at_risk_minor == 4000


@pytest.mark.parametrize("by", [By.MONTH, By.CLASS, By.STEP])
def test_one_pass_folds_to_the_same_rows_as_its_own_query(database: Database, by: By) -> None:
    fill(database)
    keep(database)
    groupings = [By.MONTH, By.CLASS, By.STEP]
    with database.read() as session:
        found = cells(session, groupings, Window())
        assert rows_by(found, groupings.index(by), by, now=NOW) == report(session, by, now=NOW).rows


def test_the_query_says_the_same_as_the_definitions(database: Database) -> None:
    a_quarter(database)
    fill(database)
    sums: dict[tuple[str, bool], Figures] = {}
    with database.read() as session:
        for row, case in session.execute(select(DunningInvoice, Case).join(Case)):
            invoice = LateInvoice(
                at_risk_minor=row.at_risk_minor,
                paid_minor=row.paid_minor,
                returned_minor=row.returned_minor,
                result=row.result,
                paid_at=row.paid_at,
                settled_at=row.settled_at,
                case_closed=case.state == "closed",
                first_contact_at=case.first_contact_at,
                contacts=case.contacts,
            )
            key = (row.currency, row.first_after_trial)
            sums[key] = sums.get(key, Figures()) + figures_of(invoice)
    rows = ask(database, By.CURRENCY).rows
    assert {(r.currency, r.population != Population.RENEWAL): r.figures for r in rows} == sums
