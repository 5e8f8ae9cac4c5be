"""What became of those who stayed: kept or left, what it came to, the hold-out; and what nobody may ever read."""

from __future__ import annotations

import pytest
import structlog
from sqlalchemy import select

from app.cancellation.models import CancelScreen, CancelVisit
from app.core.db import Database
from app.experiments.models import AssignmentRow, DecisionRow
from app.experiments.rules import draw
from app.privacy.service import erase
from tests.privacy.scan import leaks
from tests.scenarios.diary import open_diary
from tests.scenarios.leaving import FREE_MONTH, HALF_PRICE, Leaving, headline, offering
from tests.scenarios.offered import MARCH, before_offer, totals

pytestmark = pytest.mark.same_on_both

SECRET = "my-landlord-Plantagenet-is-awful"
FREE = offering({"free": FREE_MONTH})


def test_kept_is_said_after_30_60_and_90_days_of_full_price_and_pending_before(database: Database) -> None:
    """Edge case 55."""
    with open_diary(database, start=MARCH, config=FREE) as diary:
        ada = before_offer(diary)
        ada.press("accept")
        said = []
        for day in ("2026-04-15", "2026-05-30", "2026-06-01", "2026-07-01", "2026-07-31"):
            diary.until(f"{day}T12:00:00")
            grant = ada.grants()[0]
            said.append([grant.outcome_30, grant.outcome_60, grant.outcome_90])
        pending = None
        assert said == [
            [pending, pending, pending],
            [pending, pending, pending],
            ["kept", pending, pending],
            ["kept", "kept", pending],
            ["kept", "kept", "kept"],
        ]
        assert ada.grants()[0].state == "kept"


@pytest.mark.slow
def test_who_leaves_after_the_first_milestone_was_kept_for_it_and_left_for_the_others(
    database: Database,
) -> None:
    """Edge case 55."""
    with open_diary(database, start=MARCH, config=FREE) as diary:
        ada = before_offer(diary)
        ada.press("accept")
        diary.until("2026-06-05T12:00:00")
        Leaving(diary, ada.someone).press("cancel")
        diary.until("2026-08-01T12:00:00")
        grant = ada.grants()[0]
        # Paid until 1 July: on day 60, 30 June, they were still subscribed.
        assert [grant.outcome_30, grant.outcome_60, grant.outcome_90] == ["kept", "kept", "left"]
        assert grant.state == "left"
        assert sorted(str(c.outcome) for c in diary.cases()) == ["cancelled", "saved"]


def test_what_a_saved_customer_paid_is_what_was_received_after_refunds(database: Database) -> None:
    """Edge case 56: the discount is missing from the money already, and a refund is taken out."""
    config = offering({"half": HALF_PRICE | {"months": 1}})
    with open_diary(database, start=MARCH, config=config) as diary:
        ada = before_offer(diary)
        ada.press("accept")
        diary.until("2026-05-03T12:00:00")
        grant = ada.grants()[0]
        assert totals(ada)[-2:] == [1450, 2900]
        assert (grant.paid_minor, grant.cost_minor) == (4350, 1450)
        invoice = diary.newest_invoice(ada.someone)
        diary.merchant.refunds.create({"charge": diary.charge_of(invoice), "amount": 900})
        diary.until("2026-06-10T12:00:00")
        assert ada.grants()[0].paid_minor == 4350 - 900 + 2900


def test_who_is_held_out_is_written_down_before_the_page_is_made_and_sees_no_offer(
    database: Database,
) -> None:
    """Edge case 57: the same arm each time, with its share as propensity."""
    config = offering({"free": FREE_MONTH}, holdout_share=0.5)
    experiment = config.cancellation.experiment
    with open_diary(database, start=MARCH, config=config) as diary:
        seen: dict[str, str] = {}
        for number in range(8):
            mail = f"reader{number}@example.com"
            ada = before_offer(diary, email=mail, card=None, payment_method="pm_card_visa")
            seen[ada.someone.customer] = headline(ada.look())
        with diary.application.db.read() as session:
            rows = {r.customer_id: r for r in session.scalars(select(AssignmentRow))}
            shown = select(DecisionRow).where(DecisionRow.action != "open")
            decisions = {r.customer_id: r for r in session.scalars(shown)}
            opened = select(DecisionRow.customer_id).where(DecisionRow.action == "open")
            assert sorted(session.scalars(opened)) == sorted(seen)
            screens = {s.customer_id: s.shown_at for s in session.scalars(select(CancelScreen))}
        assert {r.arm for r in rows.values()} == {"no_offer", "standard"}
        for customer, first_line in seen.items():
            row = rows[customer]
            assert row.arm == draw(experiment, 0.5, 2026, customer).arm
            assert (decisions[customer].arm, decisions[customer].propensity) == (row.arm, 0.5)
            assert row.assigned_at <= screens[customer]
            wanted = "Cancel your subscription?" if row.arm == "no_offer" else "One month free"
            assert first_line == wanted
            assert decisions[customer].action == ("none" if row.arm == "no_offer" else "free")


def test_an_erasure_takes_the_words_and_the_pages_and_leaves_the_counts(database: Database) -> None:
    """Edge case 58."""
    with open_diary(database, start=MARCH, config=FREE) as diary:
        ada = Leaving(diary, diary.subscriber(email="ada.planted@example.com", name="Ada Plantington"))
        ada.press("answer", reason="too_expensive", comment=SECRET)
        ada.press("cancel")
        diary.until("2026-04-02T12:00:00")
        application = diary.application
        erase(
            application.db, ada.someone.customer, vault=application.vault, who="mira", why=None, now=diary.now
        )
        words = ("Plantagenet", "ada.planted", "Plantington")
        assert leaks(application.db, words) == []
        assert [c.outcome for c in diary.cases()] == ["cancelled"]
        with application.db.read() as session:
            assert [v.reason for v in session.scalars(select(CancelVisit))] == ["too_expensive"]


def test_neither_the_comment_nor_the_link_ever_stands_in_a_log(database: Database) -> None:
    """Edge case 59."""
    with open_diary(database, start=MARCH, config=FREE) as diary, structlog.testing.capture_logs() as log:
        ada = before_offer(diary)
        token = ada.path.removeprefix("/cancel/")
        ada.press("keep")
        ada.press("answer", reason="other", comment=SECRET)
        ada.press("cancel", comment=SECRET)
        diary.tick()
        assert log
        written = repr(log)
        for word in ("Plantagenet", token, token.rpartition(".")[2], "ada@example.com"):
            assert word not in written
