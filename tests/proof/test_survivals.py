"""How long those who were saved, came back or paid late are still there, kept by the daily look."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from math import erfc, sqrt
from typing import Any

import pytest

from app.billing.models import Invoice
from app.bootstrap import Application
from app.cases.models import Case
from app.core.auth import Scope
from app.core.db import Base, Database
from app.main import create_app
from app.proof.lives import After, lives
from app.proof.reading import SurvivalView, survivals
from app.proof.survivals import curves, keep
from tests.ops.conftest import application, client, signed_in
from tests.ops.seed import add_keys
from tests.proof.people import case_of, invoice, late, paid_on, subscription
from tests.stats.factories import NOW, day, late_invoice
from tests.stats.leavers import grant, leaver, subscriber
from tests.stats.returners import lapse

__all__ = ["application"]

DAY = timedelta(days=1)
PAID = "2026-03-05"


def four_lives(db: Database) -> None:
    """Saved: a 100 days ago and still there, b 60 days ago and left after 20. Paid late: r, held out. Returned: w."""
    subscriber(db, "b", status="canceled", ended_at=NOW - 40 * DAY)
    subscriber(db, "r", status="canceled", canceled_at=NOW - 5 * DAY)
    for name in "awt":
        subscriber(db, name)
    for name, ago in (("a", 100), ("b", 60)):
        at = f"{NOW - ago * DAY:%Y-%m-%dT%H:%M}"
        leaver(db, name, at, "saved")
        grant(db, name, at, "applied", accepted_at=at, applied_at=at)
    leaver(db, "t", "2026-05-01", "saved")  # a talk is nothing that is in place
    grant(db, "t", "2026-05-01", "applied", kind="talk", applied_at="2026-05-01")
    late_invoice(db, "r", "2026-05-01", 2000, result="paid", paid_minor=2000, paid_at=day("2026-05-06T12:00"))
    late_invoice(db, "gone_back", "2026-05-01", 2000, result="paid", paid_minor=2000, returned_minor=2000)
    with db.write() as session:
        session.get_one(Case, "case_r").experiment_arm = "minimal"
        session.add(_invoice_of("r"))
    lapse(db, "w", "2026-01-05", arm="treated", returned_at=f"{NOW - 30 * DAY:%Y-%m-%dT%H:%M}", returned_how="page",
          returned_subscription_id="sub_w")  # fmt: skip


def _invoice_of(name: str) -> Invoice:
    return Invoice(
        id=f"in_{name}",
        customer_id=f"cus_{name}",
        subscription_id=f"sub_{name}",
        status="paid",
        currency="usd",
        amount_due_minor=2000,
        amount_paid_minor=2000,
        amount_remaining_minor=0,
        attempt_count=2,
        paid_out_of_band=False,
        needs_action=False,
        refunded_minor=0,
        seen_at=NOW,
        seen_live=False,
    )


def test_a_life_ends_with_its_subscription_and_is_watched_until_today(database: Database) -> None:
    four_lives(database)
    with database.read() as session:
        found = {key: (mine.durations, mine.ended) for key, mine in lives(session, NOW).items()}
    assert {key: sorted(zip(*value, strict=True)) for key, value in found.items()} == {
        (After.VISIT, False): [(20, True), (40, False), (100, False)],
        (After.SAVE, False): [(20, True), (100, False)],
        (After.RETURN, False): [(30, False)],
        (After.RECOVERY, True): [(30, True)],
    }


def test_the_newest_curves_take_the_place_of_the_old_ones(database: Database) -> None:
    four_lives(database)
    for now in (NOW - DAY, NOW):
        with database.write() as session:
            keep(session, curves(session, now), now=now)
    with database.read() as session:
        found = {(view.after, view.held_out): view for view in survivals(session)}
    steps = ((0.0, 1.0), (20.0, 0.5))
    assert found["save", False] == SurvivalView("save", False, 2, 1, steps, (2, 1, 1, 1, 0, 0), 2, None, NOW)
    assert found["recovery", True].steps == ((0.0, 1.0), (30.0, 0.0))
    assert len(found) == 4


def test_a_customer_who_visits_twice_is_one_life_of_the_curve_after_a_visit(database: Database) -> None:
    """From the first visit of the period on. Without a visit, or with nobody held out, there is none."""
    subscriber(database, "a")
    subscriber(database, "e")
    subscriber(database, "n")
    leaver(database, "a", "2026-03-02", "cancelled")
    leaver(database, "a", "2026-04-11", "cancelled", case="2")
    leaver(database, "e", "2026-03-02", "cancelled", visits=0)
    leaver(database, "n", "2026-03-02", "cancelled", experiment="cancellation:2026:0", propensity=1.0)
    with database.read() as session:
        found = lives(session, NOW)
    assert {key: mine.durations for key, mine in found.items()} == {(After.VISIT, False): [100]}


def paid_late(name: str, *, held_out: bool, left: bool, **drawn: Any) -> list[Base]:
    """Somebody who paid on 5 March 2026, and left ten days later or never."""
    gone: dict[str, Any] = {"status": "canceled", "ended_at": day(PAID) + 10 * DAY} if left else {}
    return [
        case_of(name, "dunning", "minimal", "2026-03-01", held_out=held_out, **drawn),
        late(name, "2026-03-01", 2900, **paid_on(PAID, 2900)),
        invoice(name, 0, PAID, 2900),
        subscription(name, **gone),
    ]


def arms_of(db: Database, treated: int, held_out: int) -> dict[bool, SurvivalView]:
    """Arms of these sizes: ten of the treated leave, and twenty of the held out. And forty of a year before, in which
    nobody was held out, who all leave."""
    before: dict[str, Any] = {"experiment": "dunning:2025:0", "propensity": 1.0}
    people = [
        *(paid_late(f"t{i}", held_out=False, left=i < 10) for i in range(treated)),
        *(paid_late(f"h{i}", held_out=True, left=i < 20) for i in range(held_out)),
        *(paid_late(f"b{i}", held_out=False, left=True, **before) for i in range(40)),
    ]
    with db.write() as session:
        session.add_all(row for rows in people for row in rows)
    with db.write() as session:
        keep(session, curves(session, NOW), now=NOW)
    with db.read() as session:
        return {view.held_out: view for view in survivals(session)}


def test_the_two_curves_are_tested_by_who_could_have_come_to_either(database: Database) -> None:
    """On the one day on which anybody left, 60 were there, 30 of each arm: of the 30 who left, 15 are expected among
    the treated and 10 were. The variance is 30 x 30 x 30 x 30 / (60 x 60 x 59), so p is 0.010."""
    found = arms_of(database, 30, 30)
    chi_square = (10 - 15) ** 2 / (30**4 / (60**2 * 59))
    assert [found[arm].logrank_p for arm in (False, True)] == pytest.approx([erfc(sqrt(chi_square / 2))] * 2)
    assert round(found[True].logrank_p or 0, 3) == 0.010
    assert [(found[arm].n, found[arm].compared) for arm in (False, True)] == [(70, 30), (30, 30)]


@pytest.mark.same_on_both
def test_below_thirty_lives_in_an_arm_the_curves_are_not_tested(database: Database) -> None:
    found = arms_of(database, 40, 29)
    assert [found[arm].logrank_p for arm in (False, True)] == [None, None]


def test_the_page_of_retention_says_the_test_under_its_curve_and_that_it_decides_nothing(
    application: Application,
) -> None:
    arms_of(application.db, 30, 30)
    with application.db.write() as session:
        add_keys(session)
    browser = signed_in(client(create_app(application)), Scope.READ)
    page = browser.get("/ops/retention").text
    curve = page.split('id="sheet-after_recovery"')[1].split("</section>")[0]
    assert "Log-rank test, treated against held out: p = 0.01. Secondary: it decides nothing" in curve
    [line] = csv.DictReader(io.StringIO(browser.get("/ops/retention.csv?by=apart").text))
    assert list(line.values()) == ["After a recovery", "30", "30", "0.01", "secondary, decides nothing"]
