"""The figures of offers: what was shown, what came of it, what was paid after and what it cost."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from rich.console import Console

from app.core.db import Database
from app.stats.offers import OfferReport, report
from app.stats.offers_rules import (
    OfferBy,
    OfferCase,
    OfferFigures,
    Receipt,
    discount_minor,
    figures_of,
    received_minor,
)
from app.stats.offers_tables import COLUMNS, as_csv, as_json, as_table, write
from app.stats.rules import Window
from app.stats.tables import Format
from tests.rollups import keep
from tests.stats.factories import NOW, day
from tests.stats.leavers import a_spring
from tests.stats.registry import words_of

AT = day("2026-03-05")
DAY = timedelta(days=1)


def monthly(*amounts: int) -> list[Receipt]:
    """Renewals every 30 days from a day after the offer was applied."""
    days = [AT + DAY * (1 + 30 * n) for n in range(len(amounts))]
    return [Receipt(at, at, amount) for at, amount in zip(days, amounts, strict=True)]


HALF = OfferCase(
    offer="half",
    kind="percent_off",
    state="applied",
    currency="usd",
    shown_at=AT,
    accepted_at=AT,
    applied_at=AT,
    full_charge_at=AT + DAY * 91,
    booked_minor=4350,
    off_minor=1450,
    saved_minor=4350,
)


def ask(db: Database, by: OfferBy, window: Window | None = None, currency: str | None = None) -> OfferReport:
    keep(db)
    with db.read() as session:
        return report(session, by, window, currency=currency, now=NOW)


def test_a_discount_is_its_own_column_and_never_taken_off_again() -> None:
    """Edge case 56."""
    figures = figures_of(replace(HALF, receipts=monthly(1450, 1450)))
    assert (figures.received_minor, figures.discount_minor, figures.net_minor) == (2900, 2900, 2900)


def test_a_benefit_that_no_invoice_shows_is_taken_off_what_was_received() -> None:
    """Edge case 56."""
    pro = replace(HALF, kind="upgrade", off_minor=0, saved_minor=0, in_kind_minor=600, receipts=monthly(2900))
    assert (figures_of(pro).discount_minor, figures_of(pro).net_minor) == (0, 2300)


def test_a_discount_is_what_was_taken_off_so_far_and_no_more_than_was_promised() -> None:
    assert discount_minor(replace(HALF, receipts=monthly(1450))) == 1450
    assert discount_minor(replace(HALF, receipts=monthly(1450, 1450, 1450, 2900))) == 4350
    assert discount_minor(replace(HALF, saved_minor=2000, receipts=monthly(1450, 1450))) == 2000


def test_a_charge_for_a_change_of_plan_is_no_discounted_renewal() -> None:
    change = replace(monthly(300)[0], renewal=False)
    assert discount_minor(replace(HALF, receipts=[change])) == 0


def test_money_counts_until_ninety_days_after_the_first_full_price() -> None:
    receipts = monthly(1450, 1450, 1450, 2900, 2900, 2900, 2900)
    full = replace(HALF, full_paid_at=receipts[3].paid_at, receipts=receipts)
    assert received_minor(full) == 3 * 1450 + 3 * 2900


def test_an_offer_that_was_not_applied_has_neither_money_nor_anything_kept() -> None:
    failed = replace(HALF, state="failed", applied_at=None, booked_minor=0, receipts=monthly(2900))
    assert figures_of(failed) == OfferFigures(shown=1, accepted=1, failed=1)


def test_numbers_are_those_counted_by_hand(database: Database) -> None:
    a_spring(database)
    found = ask(database, OfferBy.OFFER)
    assert [(r.currency, r.group) for r in found.rows] == [
        ("eur", "pro"),
        ("usd", "half"),
        ("usd", "pause"),
        ("usd", "talk"),
    ]
    pro, half, pause, talk = (r.figures for r in found.rows)
    assert half == OfferFigures(
        shown=3,
        accepted=3,
        applied=2,
        failed=1,
        kept_30=1,
        left_30=1,
        left_60=1,
        left_90=1,
        cost_minor=2 * 4350,
        discount_minor=3 * 1450 + 2 * 1450,
        received_minor=(3 * 1450 + 2000 + 2900) + 1450,  # 9.00 was refunded, 14.50 lost in a dispute
    )
    assert (half.pending(30), half.pending(60), half.net_minor) == (0, 1, half.received_minor)
    assert pause == OfferFigures(shown=1, declined=1)
    assert talk == OfferFigures(shown=1, accepted=1)
    assert pro == OfferFigures(
        shown=1,
        accepted=1,
        applied=1,
        kept_30=1,
        kept_60=1,
        kept_90=1,
        cost_minor=600,
        received_minor=1000,
        in_kind_minor=600,
    )
    assert pro.net_minor == 400


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (OfferBy.KIND, {"upgrade": 1, "percent_off": 3, "pause": 1, "talk": 1}),
        (OfferBy.REASON, {"missing_feature": 1, "too_expensive": 3, "moved": 1, "poor_service": 1}),
        (OfferBy.PLAN, {"price_solo": 1, "price_team": 5}),
        (OfferBy.PRESET, {"STRICT": 5, "DE": 1}),
        (OfferBy.MONTH, {"2026-02": 3, "2026-03": 3}),
        (OfferBy.ARM, {"standard": 6}),
    ],
)
def test_groupings_count_every_offer_once(database: Database, by: OfferBy, expected: dict[str, int]) -> None:
    a_spring(database)
    found = ask(database, by)
    told: dict[str, int] = {}
    for row in found.rows:
        told[row.group] = told.get(row.group, 0) + row.figures.shown
    assert told == expected


def test_a_window_counts_the_days_on_which_offers_were_shown(database: Database) -> None:
    a_spring(database)
    found = ask(database, OfferBy.OFFER, Window(date(2026, 3, 1), date(2026, 3, 2)))
    assert [r.group for r in found.rows] == ["pause", "talk"]


def test_currencies_are_never_summed(database: Database) -> None:
    a_spring(database)
    assert {r.currency for r in ask(database, OfferBy.MONTH).rows} == {"eur", "usd"}
    assert [r.group for r in ask(database, OfferBy.OFFER, currency="EUR").rows] == ["pro"]


def test_the_three_shapes_tell_the_same(database: Database) -> None:
    a_spring(database)
    found = ask(database, OfferBy.PLAN)
    told = as_json(found)
    assert json.loads(str(write(found, Format.JSON))) == told
    lines = list(csv.DictReader(io.StringIO(as_csv(found))))
    assert list(lines[0]) == COLUMNS
    assert lines == [{k: "" if v is None else str(v) for k, v in row.items()} for row in told["data"]]
    printed = _printed(as_table(found))
    assert "Team plan" in printed
    assert "€4.00" in printed
    assert "not enough: 0 of 30 held out" in " ".join(printed.split())


def test_without_a_hold_out_nothing_is_said_of_what_offers_change(database: Database) -> None:
    found = ask(database, OfferBy.OFFER)
    assert found.hold_out == []
    assert "none is set" in _printed(as_table(found))


def test_every_column_has_its_meaning() -> None:
    words = {name.removesuffix("_minor").split("_3")[0] for name in COLUMNS[3:]}
    told = {w.split("_6")[0].split("_9")[0] for w in words}
    assert told - {"left"} <= words_of("offers").keys()


def _printed(shown: Any) -> str:
    console = Console(width=80, file=io.StringIO())
    console.print(shown)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]
