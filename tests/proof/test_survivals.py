"""How long those who were saved, came back or paid late are still there, kept by the daily look."""

from __future__ import annotations

from datetime import timedelta

from app.billing.models import Invoice
from app.cases.models import Case
from app.core.db import Database
from app.proof.lives import After, lives
from app.proof.reading import SurvivalView, survivals
from app.proof.survivals import curves, keep
from tests.stats.factories import NOW, day, late_invoice
from tests.stats.leavers import grant, leaver, subscriber
from tests.stats.returners import lapse

DAY = timedelta(days=1)


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
    assert found["save", False] == SurvivalView("save", False, 2, 1, steps, (2, 1, 1, 1, 0, 0), NOW)
    assert found["recovery", True].steps == ((0.0, 1.0), (30.0, 0.0))
    assert len(found) == 3
